namespace Vantage

open TorchSharp
open Vantage.Kernels

/// Labels of images by their embeddings of the epoch before (DeepCluster-v2, SeLa-v2): a memory of one unit row for each image, and what it says at the start of an epoch.
/// The tensors belong to the caller, who saves them; of several sets of prototypes, each has labels and draws of its own.
[<Sealed>]
type Labels
    (
        labelling: Labelling,
        memory: torch.Tensor,
        labels: torch.Tensor,
        labelled: torch.Tensor,
        seed: uint64,
        set: int
    ) =

    // K rows of the memory, all different, drawn for the epoch.
    let start (epoch: int) (count: int64) =
        let n = int memory.shape[0]
        let keys = Array.init n (fun i -> Philox.Bits (seed, epoch, int64 i, 0xFFFA, set))
        let order = Array.init n int64
        System.Array.Sort (keys, order)
        let chosen = Array.init (int count) (fun k -> order[k % n])
        memory.index_select (0L, torch.tensor(chosen).``to`` memory.device)

    /// Labels all images when an epoch begins; by k-means, the prototypes become its centroids.
    member _.Begin(epoch: int, prototypes: torch.Tensor) =
        if labelled.item<int64>() <> int64 epoch then
            use _ = torch.no_grad ()
            use _ = torch.NewDisposeScope ()
            match labelling with
            | Labelling.KMeans iterations ->
                let struct (centroids, found) =
                    Torch.SphericalKMeans.Run (memory, start epoch prototypes.shape[0], iterations)
                prototypes.copy_ centroids |> ignore
                labels.copy_ found |> ignore
            | Labelling.Transport (epsilon, iterations) ->
                let scores = memory.mm ((Torch.UnitRows.Of prototypes).t())
                labels.copy_ (Torch.Sinkhorn.Codes(scores, epsilon, iterations).argmax 1L)
                |> ignore
            labelled.fill_ (Scope.number (float epoch)) |> ignore

    /// The mean over views of the cross-entropy of their scores, n x K each, with their images' labels.
    member _.Loss(scores: torch.Tensor list, images: torch.Tensor, temperature: float) =
        let own = labels.index_select (0L, images)
        let losses =
            scores
            |> List.map (fun s -> Torch.Classification.Loss (s / Scope.number temperature, own, 1.0))
        (losses |> List.reduce (fun a b -> a + b)) / Scope.number (float scores.Length)

    /// Remembers the embeddings of these images, n x d.
    member _.Store(embeddings: torch.Tensor, images: torch.Tensor) =
        use _ = torch.no_grad ()
        memory.index_copy_ (0L, images, Torch.UnitRows.Of (embeddings.detach ()))
        |> ignore

    /// One for each set of prototypes. They take turns in whose view's memory they look at (main_deepclusterv2.py). `rows` makes a memory, `keep` makes and names what a
    /// checkpoint holds.
    static member OfSets
        (
            labelling,
            sets: int,
            views: int,
            images: int,
            rows: unit -> torch.Tensor,
            keep: string -> (unit -> torch.Tensor) -> torch.Tensor,
            seed
        ) =
        let named name k = if k = 0 then name else $"{name}{k}"
        let memories = [ for v in 0 .. min sets views - 1 -> keep (named "memory" v) rows ]
        [
            for k in 0 .. sets - 1 ->
                let own = keep (named "of" k) (fun () -> torch.zeros (int64 images, torch.int64))
                let epoch () = torch.full ([| 1L |], Scope.number -1.0, torch.int64)
                Labels (labelling, memories[k % memories.Length], own, keep (named "epoch" k) epoch, seed, k)
        ]
