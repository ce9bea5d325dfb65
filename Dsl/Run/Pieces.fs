namespace Vantage

open System
open System.Runtime.InteropServices
open TorchSharp

/// Batches that go through a network as a whole or in pieces.
module Pieces =
    let private copied (values: float32 array) (start: int) (size: int64 array) =
        let into = torch.empty (size, dtype = torch.float32)
        let length = int (Array.fold (*) 1L size)
        values.AsSpan(start, length).CopyTo(MemoryMarshal.Cast<byte, float32> into.bytes)
        into

    /// Images from .. from + count - 1 of the views of `all` images, in the order of the recipe: count x channels x height x width each, tiles after count where they have any.
    let views trainer (values: float32 array) all from count =
        let device = trainer.Network.Weights.Device
        let starts = Views.offsets trainer.Viewer all
        let size (shape: Vantage.Kernels.ViewShape) = [|
            int64 count
            if shape.Tiles > 1 then
                int64 shape.Tiles
            int64 shape.Channels
            int64 shape.Height
            int64 shape.Width
        |]
        if count = all then
            let batch = torch.tensor(values).``to`` device
            trainer.Viewer.Shapes
            |> List.mapi (fun v shape ->
                batch.narrow(0L, int64 starts[v], int64 (all * shape.Length)).view(size shape))
        else
            trainer.Viewer.Shapes
            |> List.mapi (fun v shape ->
                (copied values (starts[v] + from * shape.Length) (size shape)).``to`` device)

    /// Embeddings of views: each alone, or all of one size that follow one another in one pass.
    let embed passes (through: torch.Tensor -> torch.Tensor) (views: torch.Tensor list) =
        let together = Passes.within passes = Passes.Together
        let folder (view: torch.Tensor) (groups: torch.Tensor list list) =
            match groups with
            | (first :: _ as group) :: rest when together && first.shape = view.shape ->
                (view :: group) :: rest
            | _ -> [ view ] :: groups
        List.foldBack folder views []
        |> List.collect (function
            | [ one ] -> [ through one ]
            | group ->
                let n = group.Head.shape[0]
                let z = through (torch.cat (List.toArray group, 0L))
                group |> List.mapi (fun i _ -> z.narrow (0L, int64 i * n, n)))

    let private part pieces (views: torch.Tensor list) k =
        views
        |> List.map (fun view ->
            let count = view.shape[0] / int64 pieces
            view.narrow (0L, int64 k * count, count))

    /// The embeddings of all images, made piece by piece.
    let each pieces (through: torch.Tensor list -> torch.Tensor list) views =
        if pieces = 1 then
            through views
        else
            List.init pieces (part pieces views >> through)
            |> List.transpose
            |> List.map (fun parts -> torch.cat (List.toArray parts, 0L))

    /// Embeddings whose gradient is kept, made piece by piece without a graph; and what follows that gradient to the weights: each piece once more, with its graph, drawing by
    /// chance what it drew before (GradCache, Gao et al. 2021, section 3.2: equation 6 for the first, 7 for the second). Running statistics follow the second time only.
    let cached pieces (weights: Weights) (through: torch.Tensor list -> torch.Tensor list) views =
        let before = weights.Calls
        let embeddings =
            weights.Following <- false
            try
                Scope.withoutGradient (fun () -> each pieces through views)
            finally
                weights.Following <- true
        let leaves = embeddings |> List.map (fun z -> z.detach().requires_grad_ true)
        let backward () =
            let after = weights.Calls
            weights.Calls <- before
            for k in 0 .. pieces - 1 do
                use _ = torch.NewDisposeScope ()
                let found =
                    List.zip leaves (through (part pieces views k))
                    |> List.choose (fun (leaf, z) ->
                        Option.ofObj leaf.grad
                        |> Option.map (fun slope -> z, (part pieces [ slope ] k).Head))
                if not found.IsEmpty then
                    let ends, slopes = List.unzip found
                    use _ = Vantage.Kernels.Torch.Once.Releasing ()
                    torch.autograd.backward (List.toArray ends, List.toArray slopes)
            weights.Calls <- after
        leaves, backward
