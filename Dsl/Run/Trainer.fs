namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// What one step of training is made of: views to branches, branches to gradients, gradients to weights.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Trainer =
    // The views of a batch as tensors, in the order of the recipe: n x channels x height x width each, tiles after n where they have any.
    let private views trainer (values: float32 array) =
        let n = trainer.Recipe.Batch + Objective.labelledBeside trainer.Recipe.Objective
        let all = torch.tensor(values).``to`` trainer.Network.Weights.Device
        let starts = Views.offsets trainer.Viewer n
        trainer.Viewer.Shapes
        |> List.mapi (fun v shape ->
            let one = [| int64 shape.Channels; int64 shape.Height; int64 shape.Width |]
            let tiles = if shape.Tiles = 1 then [||] else [| int64 shape.Tiles |]
            all
                .narrow(0L, int64 starts[v], int64 (n * shape.Length))
                .view(Array.concat [ [| int64 n |]; tiles; one ]))

    // Embeddings of views: each alone, or all of one size that follow one another in one pass.
    let private embed passes (through: torch.Tensor -> torch.Tensor) (views: torch.Tensor list) =
        let folder (view: torch.Tensor) (groups: torch.Tensor list list) =
            match groups with
            | (first :: _ as group) :: rest when passes = Passes.Together && first.shape = view.shape ->
                (view :: group) :: rest
            | _ -> [ view ] :: groups
        List.foldBack folder views []
        |> List.collect (function
            | [ one ] -> [ through one ]
            | group ->
                let n = group.Head.shape[0]
                let z = through (torch.cat (List.toArray group, 0L))
                group |> List.mapi (fun i _ -> z.narrow (0L, int64 i * n, n)))

    // Predictions of other images than the views: running statistics stay as they are.
    let private model trainer images =
        let network = trainer.Network
        let still (through: torch.Tensor -> torch.Tensor) x =
            network.Weights.Following <- false
            try
                through x
            finally
                network.Weights.Following <- true
        {
            Images = images
            Logits = still (network.Encode >> network.Project >> network.Predict)
            Turns =
                fun x ->
                    let turned = [| for k in 0L .. 3L -> x.rot90 (k, struct (2L, 3L)) |]
                    let through = still network.Encode (torch.cat (turned, 0L))
                    network.Turn.Value through
            Teach =
                fun run x ->
                    let _, logits = trainer.Teachers |> List.find (fun (own, _) -> own = run)
                    logits x
        }

    /// What the views of a batch become: the embeddings, global views first, and what the objective compares. One-way objectives look at the first view as it is and at the second through the target only.
    let branches trainer (batch: Batch) =
        let recipe, network = trainer.Recipe, trainer.Network
        let isGlobal =
            function
            | View.Global _ -> true
            | View.Local _ -> false
        let globals, locals =
            List.zip recipe.Views (views trainer batch.Values)
            |> List.partition (fst >> isGlobal)
        let globals, locals = List.map snd globals, List.map snd locals
        let oneWay =
            match recipe.Objective, Mechanism.negatives recipe.Avoid with
            | Objective.InfoNce _, Some (Negatives.Bank _) -> false
            | Objective.InfoNce (_, bothWays), _ -> not bothWays
            | _ -> false
        // Of every group of channels, the global views of all groups first.
        let through (branch: Branch) views =
            let each =
                branch.Towers
                |> List.map (fun stream ->
                    let z = embed recipe.Passes stream.Embed views
                    List.splitAt (min globals.Length z.Length) z)
            List.collect fst each @ List.collect snd each
        let online = through network.Online
        let predicted = network.Ahead |> Option.map (fun ahead -> List.map ahead globals)
        let restored =
            match network.Restore, recipe.Objective with
            | Some restore, Objective.Restore (_, it) -> Some (Hide.restore trainer batch it restore globals)
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
            | None when scales.IsSome -> scales.Value |> List.map _.Image
            | None when predicted.IsSome -> predicted.Value |> List.map fst
            | None -> online (if oneWay then [ globals.Head ] else globals @ locals)
        let sought = if oneWay then [ List.last globals ] else globals
        let targets =
            match network.Target with
            | Some _ when hiding.IsSome ->
                let _, teachers, _ = hiding.Value
                teachers
            | Some target -> Scope.withoutGradient (fun () -> through target sought)
            | None when oneWay -> online sought |> List.map _.detach()
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
            Prototypes =
                network.Online.Prototypes
                |> Option.map (fun learnt ->
                    learnt, network.Target |> Option.bind _.Prototypes |> Option.defaultValue learnt)
            Epoch = batch.Epoch
            Progress = float batch.Step / float (max 1 trainer.Total)
            Model = model trainer globals.Head
            Images = torch.tensor(batch.Indices |> Array.map int64).``to`` trainer.Network.Weights.Device
            Labels =
                trainer.Split.Labels
                |> Option.map (fun labels ->
                    let own = batch.Indices |> Array.map (fun i -> int64 labels[i])
                    torch.tensor(own).``to`` trainer.Network.Weights.Device)
        }

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
        let view = List.head (views trainer batch.Values)
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

    /// The loss of a batch with its gradients in the weights, the embeddings, what was compared, and what to do once the weights have been stepped.
    let gradients trainer (batch: Batch) =
        trainer.Network.Weights.Step <- batch.Step
        trainer.Clock.Begin ()
        normalizePrototypes trainer
        let embeddings, branches = branches trainer batch
        trainer.Clock.Forward ()
        let loss, remember = trainer.Criterion.Loss (branches, batch.Step)
        let value = float (loss.item<float32>())
        trainer.Clock.Loss ()
        if not (Double.IsFinite value) then
            let rate = rateAt trainer batch.Step trainer.Recipe.Optimizer.Rate
            raise (NotFinite (batch.Step, batch.Epoch, rate, batch.Indices))
        trainer.Optimizer.ZeroGrad ()
        loss.backward ()
        trainer.Clock.Backward ()
        value, embeddings, branches, remember

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
