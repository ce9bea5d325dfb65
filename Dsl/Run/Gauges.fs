namespace Vantage

open System
open TorchSharp

/// What embeddings look like while a run trains. Each gauge takes embeddings n x d and gives a number.
module Gauges =
    let private normalized (z: torch.Tensor) =
        torch.nn.functional.normalize (z.to_type torch.float32, 2.0, 1L)

    /// The mean over dimensions of the standard deviation of z / |z| over the batch, times the root of d: 1 where the
    /// embeddings are spread evenly over the sphere, 0 where they are all alike (SimSiam, figure 2).
    let spread (z: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let unit = normalized z
        float (unit.std(0L).mean().item<float32>()) * sqrt (float z.shape[1])

    /// exp of the entropy of the singular values divided by their sum plus 1e-7, of z as it is (RankMe, Garrido et al. 2023,
    /// equation 1): between 1 and the smaller of n and d.
    let rankMe (z: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let sigma = torch.linalg.svdvals (z.to_type torch.float64)
        let p = sigma / sigma.sum () + Scope.number 1e-7
        exp (-(p * p.log ()).sum().item<float>())

    /// Mean squared distance of normalised pairs: 0 where both views of an image agree (Wang and Isola 2020, alpha 2).
    let alignment (a: torch.Tensor) (b: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let squared = (normalized a - normalized b).pow(Scope.number 2.0).sum 1L
        float (squared.mean().item<float32>())

    /// log of the mean over pairs of exp (-2 |x - y|^2) of normalised embeddings: lower is more uniform, 0 is collapse
    /// (Wang and Isola 2020, t = 2).
    let uniformity (z: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let unit = normalized z
        let n = unit.shape[0]
        // |x - y|^2 = 2 - 2 x.y for unit vectors; the pairs are the entries above the diagonal.
        let energy = (unit.mm (unit.t ()) * Scope.number 4.0 - Scope.number 4.0).exp().triu 1L
        log (float (energy.sum().item<float32>()) / (0.5 * float (n * (n - 1L))))

    /// What the gauges say of a run, in words; none where they say nothing is wrong.
    let warning spread rank embedding =
        if Double.IsNaN spread || spread < 0.1 then
            Some $"collapse: the embeddings hardly differ (spread {spread:F3} of 1)"
        elif rank < 0.02 * float embedding && rank < 3.0 then
            Some $"dimensional collapse: the embeddings fill {rank:F1} of {embedding} dimensions"
        else
            None
