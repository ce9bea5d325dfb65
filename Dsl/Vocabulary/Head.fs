namespace Vantage

/// A layer of a head. Every one works on rows: n x width in, n x width out.
[<RequireQualifiedAccess>]
type Layer =
    /// Dense, to this many values, with a bias or without.
    | Linear of width: int * bias: bool
    /// Over the batch; with a learnt scale and offset, or without.
    | BatchNorm of scale: bool * offset: bool
    /// Over the values of each row; learnt scale and offset.
    | LayerNorm
    /// max(x, 0).
    | Relu
    /// x times the normal distribution function of x (Hendrycks and Gimpel 2016), exact.
    | Gelu
    /// Values set to 0 with this probability while training, the others scaled up; not in a momentum target.
    | Dropout of probability: float
    /// Each row divided by its length.
    | UnitLength
    /// For views of tiles: the rows of an image's tiles side by side, brought back to the width of one by a dense layer (PIRL, section 3.2). Rows of whole images pass as they
    /// are. Once, in a projector.
    | JoinTiles

/// What stands between the representation h and the loss.
type Head = Head of Layer list
