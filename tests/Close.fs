/// Named tolerances, each with its reason. A tolerance is never widened to turn a test green.
module Vantage.Tests.Close

/// Largest |a - b| over two arrays of equal length.
let worst (a: float[]) (b: float[]) =
    if a.Length <> b.Length then
        invalidArg (nameof b) $"{b.Length} values against {a.Length}"
    if a.Length = 0 then
        0.0
    else
        Array.map2 (fun (x: float) y -> if x = y then 0.0 else abs (x - y)) a b
        |> Array.max

/// The ratio of two bars' areas, counted in whole pixels of one colour: each bar's edges may lose a pixel to blending, of
/// about a hundred across and six hundred high.
let barArea = 0.04

/// A loss in double against a golden float32: half a unit in the last place is 6e-8; sums of a few hundred terms were rounded too.
let goldenLoss = 1e-6

/// A gradient against a golden float32 gradient, absolute: entries are of the order 0.01 to 0.1.
let goldenGradient = 1e-5

/// A loss computed in float32, relative: products of up to 32 values at 1 / temperature up to 20, 2^-24 each.
let float32Loss = 1e-4

/// A similarity of unit rows in float32, before it is divided by the temperature: products of up to 128 values, 2^-24 each, of
/// which half cancel. Over the temperature it is the error of a logit, and of a log-sum-exp.
let float32Cosine = 1e-6

/// e^x by a polynomial in float32 against Math.Exp, relative: two to three roundings of 6e-8; x itself is exact.
let exponential = 2e-7

/// Vector kernel against double, log-sum-exp: float32 sums of some thousand exponentials in partial sums of a vector's lanes.
let vectorSum = 5e-6

/// A similarity of unit rows rounded to bfloat16: each value of both moves by at most 2^-9 of itself, and the magnitudes of the products sum to at most 1. Over the temperature
/// it is the error of a logit and of a log-sum-exp.
let bfloat16Cosine = 1.0 / 256.0

/// A weight of a softmax rounded to bfloat16, relative.
let bfloat16Weight = 1.0 / 512.0

/// Vector kernel against double, gradient, of its largest entry: the sums' error, and products of some hundred weights each.
let vectorGradient = 1e-5

/// A reference in double against torchvision's float32 answers in [0, 1]: torchvision rounds every intermediate to 2^-24 and
/// computes the weights of a resize or blur in float32 too, whose coordinates of some hundred pixels lose up to 1e-5.
let golden = 1e-5

/// The reference in double against torchvision's rotations and affine maps of images up to 200 px: their sampling grid is float32 and normalised, so places are
/// off by up to 200 x 2^-24 x 2 = 2.4e-5 px, times a step of at most 1 between neighbours. OperationTests shows both halves of this.
let goldenGrid = 2.4e-5

/// A view in [0, 1] by float32 against the same in double: each step rounds a few times by 2^-24 = 6e-8 and enlarges the errors
/// before it by at most about 3 (a factor up to 2 blends as 2 x - m); five such steps reach 3^5 x 6e-8 = 1.5e-5.
let view = 2e-5

/// One operation by float32 tensors against the same in double, values in [0, 1]: weights are rounded by 2^-24, sums of up to some hundred products too, and
/// Lab multiplies what was rounded by 500 / 184.
let batched = 1e-5

/// Two ways to the same view in one precision, where the last float32 may round the other way; values lie in [0, 1].
let lastBit = 1.2e-7

/// Exact equalities done in double precision: a handful of roundings of 1e-16.
let double = 1e-12

/// Standard errors that a statistic of fixed draws may lie off its expectation: 6, which chance exceeds once in 5e8.
let sigmas = 6.0

/// A weight, or a state beside it, stepped by vectors against the same by tensor operations in float32, of the largest value: each step rounds some five times, fused or not,
/// each by 2^-24 of a term no larger than that, and a layer's length may differ by 2^-22 where a long sum is cut otherwise; after six steps.
let vectorStep = 2e-6

/// The gradient at embeddings that are one, of all of them together, where it is 0: 64 rows of 8 values in each of which u - (u . u) u cancels, 2^-24 a value, over the 64 of the mean.
let stationary = 1e-7

/// Deviation of directions that are one, after some twenty steps in float32 that treat all rows alike: 2^-24 of each value, if kernels round rows differently by where they stand.
let together = 1e-6

/// Gradients of one batch, made whole or in pieces, of the largest entry, in float32: each is a sum over images and places, some thousand terms of 2^-24 each, added up in another
/// order, through some ten layers.
let pieces = 2e-5
