namespace Vantage

open TorchSharp

/// How a representation fills its space. Each function takes features n x d, computes in double on the features' device and gives numbers. `Gauges` has the
/// cheap ones that training prints: the spread against 1 / sqrt d, RankMe, alignment, uniformity.
module Spectrum =
    let private double (z: torch.Tensor) = z.to_type torch.float64

    let private centred (z: torch.Tensor) =
        let z = double z
        z - z.mean ([| 0L |], true)

    /// The eigenvalues of the covariance of the features, the largest first: min (n, d) of them.
    /// Isotropic features have equal ones, collapsed ones only zeros; a rotation of the features changes none of them.
    let eigenvalues (z: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let sigma = torch.linalg.svdvals (centred z)
        (sigma * sigma / Scope.number (float (z.shape[0] - 1L))).cpu().data<float>().ToArray()

    // exp of the entropy of values divided by their sum; 0 for nothing at all.
    let private perplexity (values: float array) =
        let sum = Array.sum values
        if sum > 0.0 then
            values
            |> Array.sumBy (fun v -> if v > 0.0 then -(v / sum) * log (v / sum) else 0.0)
            |> exp
        else
            0.0

    /// The effective rank from eigenvalues.
    let effectiveRankOf (values: float array) = values |> Array.map sqrt |> perplexity

    /// exp of the entropy of the singular values of the centred features, divided by their sum (Roy and Vetterli 2007, "The effective rank", definition 1): r for
    /// features that fill r dimensions evenly, 0 for collapsed ones. RankMe is the same of features that are not centred, with 1e-7 added to each share.
    let effectiveRank z = eigenvalues z |> effectiveRankOf

    /// Participation from eigenvalues.
    let participationOf (values: float array) =
        let squares = values |> Array.sumBy (fun v -> v * v)
        if squares > 0.0 then Array.sum values ** 2.0 / squares else 0.0

    /// (sum of eigenvalues)^2 / sum of their squares: as effective rank, but the small ones count less.
    let participation z = eigenvalues z |> participationOf

    /// Dimensions from eigenvalues.
    let dimensionsOf share (values: float array) =
        let goal = share * Array.sum values
        if Array.sum values > 0.0 then
            values
            |> Array.scan (+) 0.0
            |> Array.findIndex (fun v -> v >= goal * (1.0 - 1e-12))
        else
            0

    /// How many eigenvalues, the largest first, hold this share of the variance; 0 for collapsed features.
    let dimensions share z = eigenvalues z |> dimensionsOf share

    /// Linear centred kernel alignment of two representations of the same images, n x p and n x q, from 0 to 1:
    /// |Y'X|^2 / (|X'X| |Y'Y|) of centred columns in Frobenius norms (Kornblith et al. 2019, section 3). A rotation or a scale of either changes nothing.
    /// Not a number where one of them is collapsed: then there is nothing to compare.
    let cka (x: torch.Tensor) (y: torch.Tensor) =
        if x.shape[0] <> y.shape[0] then
            invalidArg
                (nameof y)
                $"{x.shape[0]} images against {y.shape[0]}: both representations must be of the same images"
        use _ = torch.NewDisposeScope ()
        let x, y = centred x, centred y
        let norm (a: torch.Tensor) (b: torch.Tensor) = a.t().mm(b).norm().item<float>()
        norm y x ** 2.0 / (norm x x * norm y y)

    /// The contrastive task on two views' features of the same images: the share, in percent, of rows of `a` whose most similar row of `b` by cosine is their own,
    /// and the mean entropy, in nats, of the softmax of similarity / temperature over all rows of `b`. All alike: entropy log n.
    let contrastive (temperature: float) (a: torch.Tensor) (b: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let unit (z: torch.Tensor) = torch.nn.functional.normalize (double z, 2.0, 1L)
        let logits = (unit a).mm((unit b).t()) / Scope.number temperature
        let logp = logits.log_softmax 1L
        let entropy = -(logp.exp () * logp).sum(1L).mean().item<float>()
        let own = torch.arange (a.shape[0], device = a.device)
        let right = logits.argmax(1L).eq(own).sum().item<int64>()
        100.0 * float right / float a.shape[0], entropy
