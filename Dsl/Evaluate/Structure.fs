namespace Vantage

open System
open TorchSharp

/// Neural collapse (Papyan, Han and Donoho 2020): how near features of labelled images are to one point a class, the points at the corners of a simplex.
type NeuralCollapse = {
    /// NC1, tr (within-class covariance x pseudo-inverse of between-class covariance) / classes: 0 where each class is a point.
    Within: float
    /// NC2, the deviation over classes of the lengths of class means, divided by their mean: 0 at equal lengths.
    Lengths: float
    /// NC2, the mean over pairs of classes of |cosine + 1 / (classes - 1)| of class means: 0 at the corners of a simplex.
    Angles: float
    /// NC4, the share in percent of images that are nearest to the mean of their own class.
    Nearest: float
}

/// How features lie about classes and clusters.
module Structure =
    let private entropyOf (counts: float seq) =
        let sum = Seq.sum counts
        counts
        |> Seq.sumBy (fun c -> if c > 0.0 then -(c / sum) * log (c / sum) else 0.0)

    /// The entropy in nats of how many images each cluster has: 0 for one cluster, log k for k equal ones.
    let entropy (assignments: int array) =
        assignments |> Array.countBy id |> Seq.map (snd >> float) |> entropyOf

    /// The mean entropy in nats of one's classes given one's cluster: 0 where each cluster holds one class only.
    let conditionalEntropy (assignments: int array) (labels: int array) =
        let joint =
            Array.zip assignments labels
            |> Array.countBy id
            |> Seq.map (snd >> float)
            |> entropyOf
        max 0.0 (joint - entropy assignments)

    /// The share in percent of images that belong to the most frequent class of their cluster.
    let purity (assignments: int array) (labels: int array) =
        let right =
            Array.zip assignments labels
            |> Array.groupBy fst
            |> Array.sumBy (fun (_, own) -> own |> Array.countBy snd |> Array.map snd |> Array.max)
        100.0 * float right / float labels.Length

    /// Mutual information of clusters and classes divided by the mean of their entropies: 1 where they are the same but for names, 0 where they say
    /// nothing of each other, not a number where both are single.
    let mutualInformation (assignments: int array) (labels: int array) =
        let a, b = entropy assignments, entropy labels
        2.0 * (b - conditionalEntropy assignments labels) / (a + b)

    /// The measures of neural collapse of features n x d with labels from 0. Every class below `classes` must occur.
    let neuralCollapse classes (features: torch.Tensor) (labels: int array) =
        use _ = torch.NewDisposeScope ()
        let present = labels |> Array.distinct |> Array.length
        if present <> classes || classes < 2 then
            invalidArg
                (nameof labels)
                $"{present} of {classes} classes occur; neural collapse needs images of every class, and at least 2 classes"
        let x = features.cpu().to_type torch.float64
        let index = torch.tensor (Array.map int64 labels)
        let hot = torch.nn.functional.one_hot(index, int64 classes).to_type torch.float64
        let counts = hot.sum([| 0L |], false).unsqueeze 1L
        let means = hot.t().mm(x) / counts
        let offsets = means - x.mean ([| 0L |], true)
        let within = x - means.index_select (0L, index)
        let withinCovariance = within.t().mm(within) / Scope.number (float labels.Length)
        let betweenCovariance = offsets.t().mm(offsets) / Scope.number (float classes)
        // At most classes - 1 eigenvalues are not 0; what is below 1e-10 of the largest is rounding.
        let inverse = torch.linalg.pinv (betweenCovariance, 0.0, 1e-10, true)
        let lengths = offsets.norm (1)
        let unit = offsets / lengths.unsqueeze 1L
        let off = (unit.mm (unit.t ()) + Scope.number (1.0 / float (classes - 1))).abs().triu 1L
        let distances = torch.cdist (x, means)
        let near = distances.argmin(1L).eq(index).sum().item<int64>()
        {
            Within = withinCovariance.mm(inverse).trace().item<float>() / float classes
            Lengths = lengths.std(false).item<float>() / lengths.mean().item<float>()
            Angles = off.sum().item<float>() / (0.5 * float (classes * (classes - 1)))
            Nearest = 100.0 * float near / float labels.Length
        }
