namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// What one step of training is made of: views to branches, branches to gradients, gradients to weights.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Trainer =
    // Predictions of other images than the views: running statistics stay as they are.
    let private model trainer (views: torch.Tensor list) =
        let network = trainer.Network
        let still (through: torch.Tensor -> torch.Tensor) x =
            network.Weights.Following <- false
            try
                through x
            finally
                network.Weights.Following <- true
        {
            Images = views.Head
            Logits = still (network.Encode >> network.Project >> network.Predict)
            Turns =
                fun x ->
                    let turned = [| for k in 0L .. 3L -> x.rot90 (k, struct (2L, 3L)) |]
                    let through = still network.Encode (torch.cat (turned, 0L))
                    network.Turn.Value through
            Exemplars =
                fun () ->
                    still network.Encode (torch.cat (List.toArray views, 0L))
                    |> network.Exemplar.Value
            Teach =
                fun run x ->
                    let _, logits = trainer.Teachers |> List.find (fun (own, _) -> own = run)
                    logits x
        }

    // What views become, the images of the batch being theirs; and what is left to do when the loss has been followed back to the embeddings.
    let private branchesOf trainer views (batch: Batch) =
        let recipe, network = trainer.Recipe, trainer.Network
        let isGlobal =
            function
            | View.Global _ -> true
            | View.Local _ -> false
        let globals, locals = List.zip recipe.Views views |> List.partition (fst >> isGlobal)
        let globals, locals = List.map snd globals, List.map snd locals
        let oneWay =
            match recipe.Objective, Mechanism.negatives recipe.Avoid with
            | Objective.InfoNce _, Some (Negatives.Bank _ | Negatives.BankSum _) -> false
            | Objective.InfoNce (_, bothWays), _ -> not bothWays
            | _ -> false
        // Of every group of channels, the global views of all groups first.
        let through (branch: Branch) views =
            let each =
                branch.Towers
                |> List.map (fun stream ->
                    let z = Pieces.embed recipe.Passes stream.Embed views
                    List.splitAt (min globals.Length z.Length) z)
            List.collect fst each @ List.collect snd each
        let pieces = Passes.pieces recipe.Passes
        let again = ResizeArray<unit -> unit>()
        let online views =
            if pieces = 1 then
                through network.Online views
            else
                let embeddings, backward = Pieces.cached pieces network.Weights (through network.Online) views
                again.Add backward
                embeddings
        let still (branch: Branch) views =
            Scope.withoutGradient (fun () -> Pieces.each pieces (through branch) views)
        let predicted = network.Ahead |> Option.map (fun ahead -> List.map ahead globals)
        let restored =
            match network.Restore, recipe.Objective with
            | Some restore, Objective.Restore (_, it) ->
                Some (Hide.restore trainer batch false it restore globals)
            | Some restore, Objective.RestoreNoised (_, it) ->
                Some (Hide.restore trainer batch true it restore globals)
            | _ -> None
        let contested =
            match network.Rivals, recipe.Objective with
            | Some rivals, Objective.BiGan contest ->
                Some (globals |> List.mapi (Rivalry.play trainer batch contest rivals))
            | _ -> None
        let scales = network.Compare |> Option.map (fun compare -> List.map compare globals)
        let hiding =
            match Objective.hidden recipe.Objective, network.Target with
            | Some hidden, Some target -> Some (Hide.views trainer batch hidden target globals)
            | _ -> None
        let embeddings =
            match hiding with
            | Some (students, _, _) -> students @ online locals
            | None when restored.IsSome -> fst restored.Value
            | None when contested.IsSome -> contested.Value |> List.map fst
            | None when scales.IsSome -> scales.Value |> List.map _.Image
            | None when predicted.IsSome -> predicted.Value |> List.map fst
            | None -> online (if oneWay then [ globals.Head ] else globals @ locals)
        let sought = if oneWay then [ List.last globals ] else globals
        let targets =
            match network.Target with
            | Some _ when hiding.IsSome ->
                let _, teachers, _ = hiding.Value
                teachers
            | Some target -> still target sought
            | None when oneWay -> still network.Online sought
            | None ->
                let z = List.truncate (globals.Length * network.Online.Towers.Length) embeddings
                if List.contains Mechanism.StopGradient recipe.Avoid then
                    z |> List.map _.detach()
                else
                    z
        let predictions =
            if (Mechanism.predictor recipe.Avoid).IsSome then
                embeddings |> List.map network.Predict
            else
                embeddings
        embeddings,
        {
            Predictions = predictions
            Targets = targets
            Places = hiding |> Option.map (fun (_, _, places) -> places) |> Option.defaultValue []
            Restored = restored |> Option.map snd |> Option.defaultValue []
            Scales = Option.defaultValue [] scales
            Ahead = predicted |> Option.map (List.collect snd) |> Option.defaultValue []
            Scores = contested |> Option.map (List.map snd) |> Option.defaultValue []
            Prototypes =
                network.Online.Prototypes
                |> Option.map (fun learnt ->
                    learnt, network.Target |> Option.bind _.Prototypes |> Option.defaultValue learnt)
            Epoch = batch.Epoch
            Progress = float batch.Step / float (max 1 trainer.Total)
            Model = model trainer globals
            Images = torch.tensor(batch.Indices |> Array.map int64).``to`` trainer.Network.Weights.Device
            Labels =
                trainer.Split.Labels
                |> Option.map (fun labels ->
                    let own = batch.Indices |> Array.map (fun i -> int64 labels[i])
                    torch.tensor(own).``to`` trainer.Network.Weights.Device)
        },
        fun () -> Seq.iter (fun backward -> backward ()) again

    let private whole trainer (batch: Batch) =
        let count = batch.Indices.Length
        branchesOf trainer (Pieces.views trainer batch.Values count 0 count) batch

    /// What the views of a batch become: the embeddings, global views first, and what the objective compares. One-way objectives look at the first view as it is and at the second through the target only.
    let branches trainer (batch: Batch) =
        let embeddings, branches, _ = whole trainer batch
        embeddings, branches

    // K-means sets its prototypes; they are not learnt.
    let private isCentroids (recipe: Recipe) =
        match Mechanism.labelling recipe.Avoid with
        | Some (Labelling.KMeans _) -> true
        | _ -> false

    // How a weight's rate differs from the schedule's: a predictor's may, and prototypes stand still for the first epochs (null).
    let private rateOf (recipe: Recipe) epoch rate (name: string) : Nullable<float> =
        match Mechanism.predictor recipe.Avoid, Objective.prototypes recipe.Objective with
        | _, Some _ when name.StartsWith "prototypes." && isCentroids recipe -> Nullable ()
        | Some (_, PredictorRate.Undecayed), _ when name.StartsWith "predictor." ->
            Nullable (List.max (Schedule.values recipe.Optimizer.Rate))
        | Some (_, PredictorRate.Times factor), _ when name.StartsWith "predictor." ->
            Nullable (rate * factor)
        | _, Some p when name.StartsWith "prototypes." && epoch < int p.Frozen -> Nullable ()
        | _ -> Nullable rate

    let private rateAt trainer step schedule = Schedule.at trainer.PerEpoch trainer.Total step schedule

    // SwAV's prototypes have length 1 by value at the start of each step; the gradient does not know of it.
    let private normalizePrototypes trainer =
        match trainer.Recipe.Objective, trainer.Network.Online.Prototypes with
        | Objective.SwapCodes _, Some prototypes ->
            use _ = torch.no_grad ()
            prototypes.copy_ (Torch.UnitRows.Of prototypes) |> ignore
        | _ -> ()

    /// The first view of a batch as representations without gradient, tiles averaged: running statistics and draws stay as they are.
    let look trainer (batch: Batch) =
        let network = trainer.Network
        let images = batch.Indices.Length
        let view = List.head (Pieces.views trainer batch.Values images 0 images)
        network.Training <- false
        try
            Scope.withoutGradient (fun () ->
                if view.dim () = 5L then
                    let h = network.Encode (view.flatten (0L, 1L))
                    h.view(view.shape[0], view.shape[1], -1L).mean [| 1L |]
                else
                    network.Encode view)
        finally
            network.Training <- true

    /// Lets the criterion take note of a batch's embeddings, without a step.
    let note trainer (batch: Batch) =
        trainer.Network.Weights.Step <- batch.Step
        Scope.withoutGradient (fun () ->
            let embeddings, branches = branches trainer batch
            trainer.Criterion.Note (embeddings, branches.Images)
            embeddings)
        |> ignore

    // The same of images from .. from + count - 1 of a batch, their share of its gradient added to what the weights have.
    let private ofPiece trainer (batch: Batch) pieces from =
        let all = batch.Indices.Length
        let count = all / pieces
        let views = Pieces.views trainer batch.Values all from count
        let embeddings, branches, again =
            branchesOf trainer views { batch with Indices = Array.sub batch.Indices from count }
        trainer.Clock.Forward ()
        let loss, remember = trainer.Criterion.Loss (branches, batch.Step)
        let value = float (loss.item<float32>())
        trainer.Clock.Loss ()
        if not (Double.IsFinite value) then
            let rate = rateAt trainer batch.Step trainer.Recipe.Optimizer.Rate
            raise (NotFinite (batch.Step, batch.Epoch, rate, batch.Indices))
        let share = if pieces = 1 then loss else loss / Scope.number (float pieces)
        Scope.backward share
        again ()
        trainer.Clock.Backward ()
        value, embeddings, branches, remember

    /// The loss of a batch with its gradients in the weights, the embeddings, what was compared, and what to do once the weights have been stepped. Of a batch in pieces that are
    /// not compared with one another the mean loss, the embeddings and targets of all, and what was compared in the last.
    let gradients trainer (batch: Batch) =
        trainer.Network.Weights.Step <- batch.Step
        trainer.Clock.Begin ()
        normalizePrototypes trainer
        trainer.Optimizer.ZeroGrad ()
        match Rule.pieces trainer.Recipe.Optimizer.Rule with
        | 1 -> ofPiece trainer batch 1 0
        | pieces ->
            let count = batch.Indices.Length / pieces
            let each = List.init pieces (fun k -> ofPiece trainer batch pieces (k * count))
            let joined pick =
                each
                |> List.map (pick >> List.map (fun (t: torch.Tensor) -> t.detach ()))
                |> List.transpose
                |> List.map (fun parts -> torch.cat (List.toArray parts, 0L))
            let _, _, last, _ = List.last each
            List.averageBy (fun (value, _, _, _) -> value) each,
            joined (fun (_, embeddings, _, _) -> embeddings),
            { last with Targets = joined (fun (_, _, branches, _) -> branches.Targets) },
            (fun () -> each |> List.iter (fun (_, _, _, remember) -> remember ()))

    /// Steps the weights by their gradients; then the target follows, and queue, bank or centre remember.
    let advance trainer (batch: Batch) remember =
        let recipe = trainer.Recipe
        let rate = rateAt trainer batch.Step recipe.Optimizer.Rate
        trainer.Optimizer.Step (rate, rateOf recipe batch.Epoch rate)
        Mechanism.momentum recipe.Avoid
        |> Option.iter (fun momentum -> Network.follow (rateAt trainer batch.Step momentum) trainer.Network)
        remember ()
        trainer.Clock.Updated ()
        rate
