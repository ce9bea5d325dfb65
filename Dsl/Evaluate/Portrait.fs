namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// A number that says something of a representation.
type Gauge = { Name: string; Value: float }

/// The gauges of a representation, all by one call each: what `evaluate` and `result.json` show.
module Portrait =
    let private gauges values = values |> List.map (fun (name, value) -> { Name = name; Value = value })

    /// Of features n x d alone.
    let ofFeatures (z: torch.Tensor) =
        let values = Spectrum.eigenvalues z
        let width = float z.shape[1]
        gauges [
            "spread", Gauges.spread z
            "rankMe", Gauges.rankMe z
            "effectiveRank", Spectrum.effectiveRankOf values
            "participation", Spectrum.participationOf values
            "dimensions99", float (Spectrum.dimensionsOf 0.99 values)
            "unused",
            100.0
            * (width
               - float (values |> Array.filter (fun v -> v > 1e-6 * values[0]) |> Array.length))
            / width
            "uniformity", Gauges.uniformity z
        ]

    /// Of two views' features of the same images.
    let ofPairs temperature (a: torch.Tensor) (b: torch.Tensor) =
        let accuracy, entropy = Spectrum.contrastive temperature a b
        gauges [
            "alignment", Gauges.alignment a b
            "contrastiveAccuracy", accuracy
            "contrastiveEntropy", entropy
        ]

    /// So many clusters of features by spherical k-means: of five starts, drawn from the seed, the one whose rows are nearest to their centroids. Fewer rows than clusters are refused.
    let clusters seed count (z: torch.Tensor) =
        let n = int z.shape[0]
        if count > n then
            raise (EvaluationException $"{count} clusters of {n} features: use at most {n} clusters.")
        use _ = torch.NewDisposeScope ()
        use _ = torch.no_grad ()
        let rows = Torch.UnitRows.Of (z.to_type torch.float32)
        [ 0..4 ]
        |> List.map (fun start ->
            let chosen = Order.permutation seed (0x7FFFFFF0 + start) n |> Array.truncate count
            let from = rows.index_select (0L, torch.tensor (Array.map int64 chosen))
            let struct (centroids, labels) = Torch.SphericalKMeans.Run (rows, from, 20)
            let nearness = (rows * centroids.index_select (0L, labels)).sum().item<float32>()
            nearness, labels.data<int64>().ToArray() |> Array.map int)
        |> List.maxBy fst
        |> snd

    /// Of features and labels, every class below `classes` among them: neural collapse, and clusters as many as classes.
    let ofLabels seed classes (z: torch.Tensor) (labels: int array) =
        let collapse = Structure.neuralCollapse classes z labels
        let own = clusters seed classes z
        gauges [
            "withinOverBetween", collapse.Within
            "lengths", collapse.Lengths
            "angles", collapse.Angles
            "nearestMean", collapse.Nearest
            "clusterEntropy", Structure.entropy own
            "classEntropyInCluster", Structure.conditionalEntropy own labels
            "purity", Structure.purity own labels
            "mutualInformation", Structure.mutualInformation own labels
        ]

    /// What a gauge says, in words; with the number it has where nothing is wrong, or where all is collapsed.
    let words =
        function
        | "spread" -> "std of normalised features x root d; 1: even, 0: collapsed"
        | "rankMe" -> "exp of the entropy of singular values; at most d"
        | "effectiveRank" -> "the same of centred features"
        | "participation" -> "(sum of eigenvalues)^2 / sum of squares"
        | "dimensions99" -> "directions that hold 99 % of the variance"
        | "unused" -> "% of dimensions without variance (below 1e-6 of the largest)"
        | "uniformity" -> "log mean exp (-2 |x - y|^2) of pairs; lower: more uniform, 0: collapsed"
        | "alignment" -> "mean squared distance of an image's two views; 0: they agree"
        | "contrastiveAccuracy" -> "% of views whose nearest other view is their own image's"
        | "contrastiveEntropy" -> "nats, of the choice among all images"
        | "withinOverBetween" -> "NC1, variance within classes over that between; 0: each class a point"
        | "lengths" -> "NC2, relative deviation of the lengths of class means; 0: equal"
        | "angles" -> "NC2, mean deviation of class means' cosines from a simplex; 0: at its corners"
        | "nearestMean" -> "NC4, % of images nearest to their own class's mean"
        | "clusterEntropy" -> "nats, of cluster sizes; log k: equal, 0: one cluster"
        | "classEntropyInCluster" -> "nats, of classes given the cluster; 0: each cluster one class"
        | "purity" -> "% of images of the most frequent class of their cluster"
        | "mutualInformation" -> "of clusters and classes, normalised; 1: the same, 0: unrelated"
        | other -> invalidArg (nameof other) $"there is no gauge {other}"
