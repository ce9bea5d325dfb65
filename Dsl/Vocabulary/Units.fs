namespace Vantage

/// Pixels.
[<Measure>]
type px

/// Passes over the training images.
[<Measure>]
type epoch
