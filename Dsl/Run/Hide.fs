namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// The loss stopped being a number.
exception NotFinite of step: int * epoch: int * rate: float with
    override this.Message =
        $"The loss is not finite at step {this.step} (epoch {this.epoch}, learning rate {this.rate:G4}). Lower the rate, or lengthen the warm-up; the last checkpoint is from before it."

/// Everything that a run of a recipe needs while it trains.
type Trainer = {
    Recipe: Recipe
    Split: Split
    Viewer: Viewer
    Network: Network
    Criterion: Criterion
    Optimizer: Optim.Optimizer
    Total: int
    PerEpoch: int
}

/// Patches that a transformer is asked about without seeing them.
module Hide =
    // Which patches of a view are hidden: a share drawn for each image, block-wise (BEiT's rectangles, as iBOT's).
    let private masks trainer (batch: Batch) (hidden: Hidden) side view =
        let mask index =
            let draw site =
                float (
                    Philox.Uniform (trainer.Recipe.Seed, batch.Epoch, int64 (index: int), 0x4000 + view, site)
                )
            if draw 0 < hidden.Probability then
                Patches.mask
                    draw
                    1
                    1<px>
                    hidden.Share
                    (MaskShape.Blocks (max 1 (side / 3) * max 1 (side / 3)))
                    side
                    side
            else
                Array.create (side * side) false
        let all = batch.Indices |> Array.collect mask
        torch.tensor(all).view(int64 batch.Indices.Length, int64 (side * side)).``to``
            trainer.Network.Weights.Device

    // Embeddings of the global views with patches hidden, those of the target network without, and of the patches of both.
    let views trainer batch hidden (target: Branch) (globals: torch.Tensor list) =
        let online = trainer.Network.Online
        let side =
            match trainer.Recipe.Encoder with
            | Encoder.ViT it -> int globals.Head.shape[2] / int it.Patch
            | _ -> invalidOp "only a transformer hides patches; `check` refuses others"
        let through (views: torch.Tensor) hidden =
            let flat (t: torch.Tensor) = t.flatten (0L, 1L)
            let mine = online.See (Some hidden) views
            let student, places = online.Project mine.Pooled, online.Project (flat mine.Patches)
            Scope.withoutGradient (fun () ->
                let theirs = target.See None views
                let teacher = target.Project theirs.Pooled
                student,
                teacher,
                { Student = places; Teacher = target.Project (flat theirs.Patches); Hidden = hidden })
        let masks = globals |> List.mapi (fun v _ -> masks trainer batch hidden side v)
        match trainer.Recipe.Passes with
        | Passes.EachView -> List.map2 through globals masks |> List.unzip3
        | Passes.Together ->
            let student, teacher, places =
                through (torch.cat (List.toArray globals, 0L)) (torch.cat (List.toArray masks, 0L))
            let n = globals.Head.shape[0]
            // Of both views alike: the mean over all images is the mean over views of the means.
            let part (t: torch.Tensor) = globals |> List.mapi (fun v _ -> t.narrow (0L, int64 v * n, n))
            part student, part teacher, [ places ]
