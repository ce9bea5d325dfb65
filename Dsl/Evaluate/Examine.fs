namespace Vantage

open TorchSharp

/// Every gauge of a network on some images of a split: what `result.json` and the battery show.
module Examine =
    /// Images that are looked at.
    let looked = 2000

    /// So many images of a split, drawn from the seed; all of a smaller one.
    let chosen seed (split: Split) = Order.permutation seed 0x7FFFFFFC split.Count |> Array.truncate looked

    /// The labels of images, where they have any, there are at least two classes and each occurs: without that, neural collapse and clusters say nothing.
    let labels classes (split: Split) (indices: int array) =
        split.Labels
        |> Option.map (fun all -> indices |> Array.map (fun i -> all[i]))
        |> Option.filter (fun own -> classes > 1 && (Array.distinct own).Length = classes)

    /// Gauges by what they are of: representations h, embeddings z, embeddings of two views; h again beside labels.
    let gauges
        (trainer: Trainer)
        (split: Split)
        (indices: int array)
        classes
        (anatomy: Anatomy)
        : (string * Gauge) list =
        let recipe = trainer.Recipe
        let h, z = Anatomy.part "h" anatomy, Anatomy.part "z" anatomy
        let a, b = Anatomy.views trainer split indices
        let pairs =
            Portrait.ofPairs
                (Objective.temperature recipe.Objective)
                (Anatomy.embed trainer a)
                (Anatomy.embed trainer b)
        let of' name = List.map (fun gauge -> name, gauge)
        of' "h" (Portrait.ofFeatures h)
        @ of' "z" (Portrait.ofFeatures z)
        @ of' "z of two views" pairs
        @ (match labels classes split indices with
           | Some labels -> of' "h" (Portrait.ofLabels recipe.Seed classes h labels)
           | None -> [])

    /// The gauges of a trainer's network on its set's test images, or on training images where there are none to test on.
    let trainer (data: Dataset) (trainer: Trainer) =
        use _ = torch.NewDisposeScope ()
        let split = defaultArg data.Test data.Train
        let indices = chosen trainer.Recipe.Seed split
        Anatomy.ofImages trainer split indices
        |> gauges trainer split indices data.Classes.Length
