namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// Fine-tuning as a protocol: what trained the encoder stays as it is, a copy learns.
module FineTuning =
    /// A copy of a recipe's encoder and of the first layers of its projector, with the weights and statistics that they have now.
    let copy (recipe: Recipe) (network: Network) layers =
        let (Head all) = recipe.Projector
        // Nothing but the encoder and these layers is built: no prototypes, no predictor, no target.
        let bare = {
            recipe with
                Projector = Head (List.truncate layers all)
                Objective = Objective.NtXent 1.0
                Avoid = []
        }
        let fresh = (Network.ofRecipe network.Weights.Device network.Channels bare).Online
        use _ = torch.NewDisposeScope ()
        use _ = torch.no_grad ()
        let source = Map (network.Weights.Parameters @ network.Weights.Buffers)
        for name, tensor in fresh.Weights.Parameters @ fresh.Weights.Buffers do
            tensor.copy_ source[name] |> ignore
        fresh

    // A crop of at least so much, at the size that whole images have, mirrored by chance; then what the channels mean.
    let internal plan (viewer: Viewer) (shape: ViewShape) least =
        let side = LanguagePrimitives.Int32WithMeasure<px>(min shape.Height shape.Width)
        let cropped = if least = 1.0 then [] else [ crop side (between least 1.0) ]
        augment (cropped @ [ flip ] @ viewer.Channel)
        |> Plan.ofAugmentation
        |> Rewrite.plan
        |> fst,
        if least = 1.0 then
            shape
        else
            ViewShape (shape.Channels, int side, int side, shape.Mean, shape.Deviation)

    let internal views
        (viewer: Viewer)
        (plan: Plan, shape: ViewShape)
        seed
        epoch
        (split: Split)
        (chosen: int array)
        =
        let images = Array.Parallel.map split.Read chosen
        let table = Array.zeroCreate<Step>(images.Length * plan.Slots)
        for i in 0 .. images.Length - 1 do
            let draws = { Seed = seed; Epoch = epoch; Image = int64 chosen[i]; View = 0 }
            Draw.row plan draws images[i].Height images[i].Width table (i * plan.Slots)
        let values = Array.zeroCreate<float32>(images.Length * shape.Length)
        viewer.Engine.Render (
            ReadOnlyMemory<Image> images,
            ReadOnlyMemory<Step> table,
            plan.Slots,
            shape,
            Memory<float32> values,
            Environment.ProcessorCount
        )
        torch
            .tensor(values)
            .reshape(int64 images.Length, int64 shape.Channels, int64 shape.Height, int64 shape.Width)

    let private optimizer (settings: FineTune) parameters : Optim.Optimizer =
        match settings.Stepping with
        | Stepping.Nesterov momentum -> new Optim.Sgd (parameters, momentum, settings.Decay, true)
        | Stepping.Lars momentum -> new Optim.Lars (parameters, momentum, settings.Decay)

    let private release (tensors: torch.Tensor seq) =
        for tensor in tensors do
            tensor.Dispose ()

    /// Scores, m x classes on the CPU, of other images by a copy that was fine-tuned with this highest rate on the chosen images of a split.
    let private tuned
        seed
        (settings: FineTune)
        (rate: float)
        (recipe: Recipe)
        (network: Network)
        (viewer: Viewer)
        (split: Split)
        (labels: int array)
        (chosen: int array)
        classes
        (look: (torch.Tensor -> torch.Tensor) -> torch.Tensor)
        =
        if settings.Batch > chosen.Length then
            raise (
                EvaluationException
                    $"finetune-{settings.Name}: a batch of {settings.Batch} is larger than the {chosen.Length} labelled images. Use a batch of at most {chosen.Length}; its rate follows."
            )
        let branch = copy recipe network settings.Layers
        let weights = branch.Weights
        let width = branch.Embedding * branch.Towers.Length
        let zeros (sizes: int64 array) = fun _ -> torch.zeros (sizes)
        let dense = weights.Parameter ("classifier.weight", zeros [| int64 classes; int64 width |])
        let bias = weights.Parameter ("classifier.bias", zeros [| int64 classes |])
        let logits x = torch.nn.functional.linear (x |> branch.Encode |> branch.Project, dense, bias)
        let steps =
            optimizer
                settings
                (weights.Parameters
                 |> List.map (fun (name, tensor) -> struct (name, tensor))
                 |> List.toArray)
        try
            weights.Training <- true
            let drawn = plan viewer (Views.plainShape viewer split) settings.Crop
            let perEpoch = chosen.Length / settings.Batch
            for epoch in 0 .. settings.Epochs - 1 do
                let order = Order.permutation seed epoch chosen.Length
                for step in 0 .. perEpoch - 1 do
                    Scope.scoped (fun () ->
                        let at = epoch * perEpoch + step
                        weights.Step <- at
                        let images =
                            Array.sub order (step * settings.Batch) settings.Batch
                            |> Array.map (fun i -> chosen[i])
                        let x = (views viewer drawn seed epoch split images).``to`` weights.Device
                        let truth =
                            torch.tensor(images |> Array.map (fun i -> int64 labels[i])).``to``
                                weights.Device
                        let loss = torch.nn.functional.cross_entropy (logits x, truth)
                        steps.ZeroGrad ()
                        Scope.backward loss
                        steps.Step (LinearProbe.rateAt settings.Decline settings.Epochs rate at perEpoch))
                    Scope.settle ()
            if not (dense.isfinite().all().item<bool>()) then
                raise (
                    EvaluationException
                        $"finetune-{settings.Name}: the weights are not finite after {settings.Epochs} epochs at rate {rate}. Use a lower rate."
                )
            weights.Training <- false
            look logits
        finally
            release (weights.Parameters @ weights.Buffers |> List.map snd)
            release (steps.State |> Seq.map (fun struct (_, tensor) -> tensor))

    /// Scores, m x classes, of test images by a fine-tuned copy; the rate is chosen on held-out images where there are several.
    let scores
        seed
        (settings: FineTune)
        (recipe: Recipe)
        (network: Network)
        viewer
        (train: Split)
        (labels: int array)
        (chosen: int array)
        (test: Split)
        classes
        =
        use _ = torch.NewDisposeScope ()
        let device = network.Weights.Device
        let run rate images = tuned seed settings rate recipe network viewer train labels images classes
        let rate =
            match settings.Rates with
            | [ one ] -> one
            | rates ->
                let own = chosen |> Array.map (fun i -> labels[i])
                let fitted, held = Subset.holdOut seed settings.HoldOut own
                let at places = places |> Array.map (fun i -> chosen[i])
                let images = at held
                let part = { train with Count = images.Length; Read = fun i -> train.Read images[i] }
                let few = { settings with Batch = min settings.Batch fitted.Length }
                rates
                |> List.maxBy (fun rate ->
                    use _ = torch.NewDisposeScope ()
                    let said =
                        tuned
                            seed
                            few
                            rate
                            recipe
                            network
                            viewer
                            train
                            labels
                            (at fitted)
                            classes
                            (fun logits -> Probe.features viewer part logits device)
                    Accuracy.top1 (Probe.largest said) (images |> Array.map (fun i -> labels[i])))
        (run rate chosen (fun logits -> Probe.features viewer test logits device)).MoveToOuterDisposeScope()
