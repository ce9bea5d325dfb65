namespace Vantage

/// Where a random parameter comes from, as data.
[<RequireQualifiedAccess>]
type Distribution =
    /// Always this value.
    | Exactly of float
    /// Every value from low to high alike.
    | Uniform of low: float * high: float
    /// Every ratio alike: the logarithm is uniform. Both ends are positive.
    | LogUniform of low: float * high: float

/// Functions over distributions.
module Distribution =
    /// The quantile function: carries u, uniform on [0, 1), to a value of the distribution.
    let at u =
        function
        | Distribution.Exactly x -> x
        | Distribution.Uniform (low, high) -> low + u * (high - low)
        | Distribution.LogUniform (low, high) -> low * ((high / low) ** u)

    /// The smallest and the largest value that can be drawn.
    let bounds =
        function
        | Distribution.Exactly x -> x, x
        | Distribution.Uniform (low, high)
        | Distribution.LogUniform (low, high) -> low, high
