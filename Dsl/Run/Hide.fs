namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// The loss of a batch of these images stopped being a number.
exception NotFinite of step: int * epoch: int * rate: float * images: int array with
    override this.Message =
        $"The loss is not finite at step {this.step} (epoch {this.epoch}, learning rate {this.rate:G4}). Lower the rate, or lengthen the warm-up; the last checkpoint is from before it."

/// Everything that a run of a recipe needs while it trains.
type Trainer = {
    Recipe: Recipe
    Split: Split
    Viewer: Viewer
    Network: Network
    Criterion: Criterion
    /// Finished runs that are learnt from: images to their logits.
    Teachers: (Trained * (torch.Tensor -> torch.Tensor)) list
    Optimizer: Optim.Optimizer
    Total: int
    PerEpoch: int
    Clock: Clock
    /// A linear classifier beside the run, where the recipe asks for one and the images have labels.
    Online: OnlineProbe option
    /// Labelled images on which that classifier is measured at the end of each epoch; they teach it nothing.
    Tested: Split option
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
            let mine = online.See (Sight.Masked hidden) views
            let student, places = online.Project mine.Pooled, online.Project (flat mine.Patches)
            Scope.withoutGradient (fun () ->
                let theirs = target.See Sight.Whole views
                let teacher = target.Project theirs.Pooled
                student,
                teacher,
                { Student = places; Teacher = target.Project (flat theirs.Patches); Hidden = hidden })
        let masks = globals |> List.mapi (fun v _ -> masks trainer batch hidden side v)
        match Passes.within trainer.Recipe.Passes with
        | Passes.EachView -> List.map2 through globals masks |> List.unzip3
        | _ ->
            let student, teacher, places =
                through (torch.cat (List.toArray globals, 0L)) (torch.cat (List.toArray masks, 0L))
            let n = globals.Head.shape[0]
            // Of both views alike: the mean over all images is the mean over views of the means.
            let part (t: torch.Tensor) = globals |> List.mapi (fun v _ -> t.narrow (0L, int64 v * n, n))
            part student, part teacher, [ places ]

    // Normal values for each image of a view, and the deviation that they are scaled by.
    let private noise trainer (batch: Batch) (it: Restoration) (view: torch.Tensor) v =
        let size = view.shape |> Array.tail
        let bits index word =
            uint64 (Philox.Bits (trainer.Recipe.Seed, batch.Epoch, int64 (index: int), 0x5000 + v, word))
        let values =
            batch.Indices
            |> Array.map (fun index ->
                use generator = new torch.Generator ((bits index 0 <<< 32) ||| bits index 1, torch.CPU)
                torch.randn (size, generator = generator))
        let deviation =
            batch.Indices
            |> Array.map (fun index ->
                float32 it.Deviation
                * Philox.Uniform (trainer.Recipe.Seed, batch.Epoch, int64 index, 0x5000 + v, 2))
        let deviation = torch.tensor(deviation).``to`` view.device
        let scale = deviation.view (-1L, 1L, 1L, 1L)
        (torch.stack values).``to`` view.device * scale, deviation

    // Which patches of each image are shown, n x k in ascending order, and which are not, n x p.
    let private shown trainer (batch: Batch) (it: Restoration) rows columns v =
        let mask index =
            let draw site =
                float (
                    Philox.Uniform (trainer.Recipe.Seed, batch.Epoch, int64 (index: int), 0x6000 + v, site)
                )
            Patches.mask draw 0 1<px> (Distribution.Exactly it.Share) MaskShape.Scattered rows columns
        let masks = batch.Indices |> Array.map mask
        let seen =
            masks
            |> Array.collect (fun mask -> [|
                for i in 0 .. mask.Length - 1 do
                    if not mask[i] then
                        int64 i
            |])
        let n, device = int64 masks.Length, trainer.Network.Weights.Device
        torch.tensor(seen).view(n, -1L).``to`` device,
        torch.tensor(Array.concat masks).view(n, int64 (rows * columns)).``to`` device

    /// Embeddings of the global views under noise, some of their patches hidden, and what is told of those; `noised` asks for values with their noise.
    let restore trainer batch noised (it: Restoration) (restore: Restore) (globals: torch.Tensor list) =
        let drawn =
            globals
            |> List.mapi (fun v (view: torch.Tensor) ->
                let noise, deviation = noise trainer batch it view v
                let seen, hidden =
                    shown
                        trainer
                        batch
                        it
                        (int view.shape[2] / restore.Patch)
                        (int view.shape[3] / restore.Patch)
                        v
                view, noise, deviation, seen, hidden)
        let through (view: torch.Tensor, noise: torch.Tensor, deviation, seen, hidden) =
            let shown = view + noise
            let z, told = restore.Through shown seen deviation
            z,
            {
                Told = told
                Values = Decoder.patches restore.Patch (if noised then shown else view)
                Noise = Decoder.patches restore.Patch noise
                Hidden = hidden
            }
        match Passes.within trainer.Recipe.Passes with
        | Passes.EachView -> drawn |> List.map through |> List.unzip
        | _ ->
            let all pick = drawn |> List.map pick |> List.toArray |> fun parts -> torch.cat (parts, 0L)
            let z, told =
                through (
                    all (fun (a, _, _, _, _) -> a),
                    all (fun (_, a, _, _, _) -> a),
                    all (fun (_, _, a, _, _) -> a),
                    all (fun (_, _, _, a, _) -> a),
                    all (fun (_, _, _, _, a) -> a)
                )
            // Of all views alike: the mean over all images is the mean over views of the means.
            let n = globals.Head.shape[0]
            globals |> List.mapi (fun v _ -> z.narrow (0L, int64 v * n, n)), [ told ]
