namespace Vantage

open TorchSharp
open Vantage.Kernels

/// Past embeddings that codes are balanced over (SwAV, main_swav.py): a ring of unit rows for each target, the newest over the oldest, used once it is full. `keep` makes and names
/// what a checkpoint holds. The official code shifts its rows in place of a ring; Sinkhorn does not look at their order.
[<Sealed>]
type CodeQueue
    (
        length: int,
        from: int<epoch>,
        targets: int,
        width: int,
        keep: string -> (unit -> torch.Tensor) -> torch.Tensor
    ) =
    let rows = keep "queue" (fun () -> torch.zeros ([| int64 targets; int64 length; int64 width |]))

    // How many rows of each target have been stored since the beginning.
    let stored = keep "stored" (fun () -> torch.zeros (1L, torch.int64))

    /// The rows of a target, length x d, or none as long as there are fewer.
    member _.Rows(target: int) =
        if stored.item<int64>() >= int64 length then
            Some (rows.select (0L, int64 target))
        else
            None

    /// Takes in a batch of each target's embeddings, once the epoch has come.
    member _.Store(epoch: int, embeddings: torch.Tensor list) =
        if epoch >= int from then
            use _ = torch.no_grad ()
            let before = stored.item<int64>()
            for q, z in List.indexed embeddings do
                let place = rows.select(0L, int64 q).narrow(0L, before % int64 length, z.shape[0])
                place.copy_ (Torch.UnitRows.Of (z.detach ())) |> ignore
            stored.fill_ (Scope.number (float (before + embeddings.Head.shape[0])))
            |> ignore
