namespace Vantage

open System
open FsCheck
open FsCheck.FSharp
open TorchSharp
open Vantage.Kernels

/// Verification of whole recipes: the laws of their networks and of a training step, on images of noise.
module VerifyRecipe =
    /// Images of a batch; a queue is as long.
    let private batch = 8

    /// Float32 through some ten layers, each adding roundings of 2^-24 and batch norms dividing by deviations below 1.
    let tolerance = 1e-3

    let private noise (shape: ImageShape) seed : Split =
        let length = shape.Channels * int shape.Height * int shape.Width
        let pixels =
            Array.init (2 * batch * length) (fun i ->
                byte (Philox.Bits (uint64 (seed: int), 21, int64 i, 0, 0)))
        {
            Name = "noise"
            Count = 2 * batch
            Channels = shape.Channels
            Height = int shape.Height
            Width = int shape.Width
            Labels = Some (Array.init (2 * batch) (fun i -> i % 4))
            Read = fun i -> Image (pixels, i * length, shape.Channels, int shape.Height, int shape.Width)
            Marks = None
            Encoded = None
        }

    let private small (recipe: Recipe) = {
        recipe with
            Batch = batch
            Passes =
                match recipe.Passes with
                | Passes.InPieces (_, inner) -> Passes.InPieces (2, inner)
                | plain -> plain
            Epochs = 4<epoch>
            Precision = Precision.Float32
            // A rate that moves weights without blowing them up, from the first step on.
            Optimizer = { Rule = Rule.Sgd 0.0; Rate = Schedule.Constant 1e-3; Decay = 0.0 }
            Objective =
                match recipe.Objective with
                | Objective.Classify (Labelled.PerClass (count, _), annealing, terms) ->
                    Objective.Classify (Labelled.PerClass (count, batch), annealing, terms)
                | other -> other
            Avoid =
                recipe.Avoid
                |> List.map (function
                    | Mechanism.Repel (Negatives.Queue _) -> Mechanism.Repel (Negatives.Queue (2 * batch))
                    | Mechanism.BalanceOver (_, from) -> Mechanism.BalanceOver (2 * batch, from)
                    | Mechanism.Repel (Negatives.Bank (noise, m)) when noise > batch ->
                        Mechanism.Repel (Negatives.Bank (batch, m))
                    | Mechanism.Repel (Negatives.BankSum (noise, m)) when noise > batch ->
                        Mechanism.Repel (Negatives.BankSum (batch, m))
                    | Mechanism.Whiten (_, epsilon) -> Mechanism.Whiten (batch, max 0.1 epsilon)
                    | other -> other)
    }

    // Nor with pieces, whose statistics depend on who is in them.
    let private withoutDropout (recipe: Recipe) =
        let plain (Head layers) =
            layers
            |> List.filter (function
                | Layer.Dropout _ -> false
                | _ -> true)
            |> Head
        {
            recipe with
                Passes = Passes.within recipe.Passes
                Encoder =
                    match recipe.Encoder with
                    | Encoder.ViT it -> Encoder.ViT { it with DropPath = 0.0; Dropped = 0.0 }
                    | other -> other
                Projector = plain recipe.Projector
                Avoid =
                    recipe.Avoid
                    |> List.map (function
                        | Mechanism.Predict (layers, rate) -> Mechanism.Predict (plain layers, rate)
                        | other -> other)
        }

    let private prepare (shape: ImageShape) recipe seed =
        Train.prepare
            (ViewEngine.Best ())
            torch.CPU
            { small recipe with Seed = uint64 (seed: int) }
            (noise shape seed)

    // The views of images 0 .. 7 in this order, in the given epoch; labelled ones beside them come last, always the same.
    let private views trainer epoch (order: int array) : Batch =
        let beside = Objective.labelledBeside trainer.Recipe.Objective
        let order = Array.append order (Array.init beside (fun i -> i % batch))
        let values = Array.zeroCreate<float32>(Array.last (Views.offsets trainer.Viewer order.Length))
        Views.render trainer.Viewer epoch order (Array.map trainer.Split.Read order) 1 values
        { Step = epoch; Epoch = epoch; Indices = order; Values = values }

    let private first = Array.init batch id

    let private number (t: torch.Tensor) = float (t.to_type(torch.float64).item<float>())

    let private worst (a: torch.Tensor) (b: torch.Tensor) = number ((a - b).abs().max())

    let private reaches trainer =
        let _ = Trainer.gradients trainer (views trainer 0 first)
        trainer.Network.Weights.Parameters
        |> List.filter (fun (_, t) -> t.dim () > 1L)
        |> List.tryPick (fun (name, t) ->
            match Option.ofObj t.grad with
            | Some g when number (g.abs().max()) > 0.0 -> None
            | _ -> Some $"no gradient reaches {name}")

    let private stopped trainer =
        let avoid = trainer.Recipe.Avoid
        let _, _, branches, _ = Trainer.gradients trainer (views trainer 0 first)
        let held = (Mechanism.momentum avoid).IsSome || List.contains Mechanism.StopGradient avoid
        let leaking = branches.Targets |> List.exists _.requires_grad
        if held && leaking then
            Some "a target carries gradient"
        else
            trainer.Network.Target
            |> Option.bind (fun target ->
                target.Weights.Parameters
                |> List.tryPick (fun (name, t) ->
                    if t.requires_grad || Option.ofObj t.grad |> Option.isSome then
                        Some $"the target's {name} learns by gradient"
                    else
                        None))

    let private follows trainer =
        match trainer.Network.Target, Mechanism.momentum trainer.Recipe.Avoid with
        | Some target, Some momentum ->
            let before = target.Weights.Parameters |> List.map (fun (_, t) -> t.clone ())
            let batch = views trainer 0 first
            let _, _, _, remember = Trainer.gradients trainer batch
            Trainer.advance trainer batch remember |> ignore
            let m = Scope.number (Schedule.at trainer.PerEpoch trainer.Total 0 momentum)
            let rest = Scope.number (1.0 - Schedule.at trainer.PerEpoch trainer.Total 0 momentum)
            List.zip3
                before
                target.Weights.Parameters
                (List.truncate before.Length trainer.Network.Weights.Parameters)
            |> List.tryPick (fun (was, (name, now), (_, learnt)) ->
                let off = worst now (was * m + learnt * rest)
                if off <= 1e-6 then
                    None
                else
                    Some $"{name} is {off} away from m target + (1 - m) learnt")
        | _ -> None

    let private orderless trainer =
        let value order =
            let value, _, _, _ = Trainer.gradients trainer (views trainer 0 order)
            value
        let straight, turned = value first, value (Array.rev first)
        if abs (straight - turned) <= tolerance * (1.0 + abs straight) then
            None
        else
            Some $"the loss is {straight}, of the same images in another order {turned}"

    let private apart trainer =
        let recipe = trainer.Recipe
        let embeddings order2 =
            let one, other = views trainer 0 first, views trainer 1 order2
            let start = (Views.offsets trainer.Viewer (one.Indices.Length))[1]
            let values = Array.copy one.Values
            Array.blit other.Values start values start (values.Length - start)
            let z, _ = Trainer.branches trainer { one with Values = values }
            z.Head.detach ()
        let off = worst (embeddings first) (embeddings (Array.rev first))
        match Passes.within recipe.Passes with
        | Passes.EachView when off > 0.0 ->
            Some $"the first view's embeddings change by {off} with the images of the second"
        | _ -> None

    let private queued trainer =
        match Mechanism.negatives trainer.Recipe.Avoid with
        | Some (Negatives.Queue _) ->
            let bothWays =
                match trainer.Recipe.Objective with
                | Objective.InfoNce (_, bothWays) -> bothWays
                | _ -> false
            let step epoch =
                let batch = views trainer epoch first
                let _, _, branches, remember = Trainer.gradients trainer batch
                let keys = if bothWays then branches.Targets else [ List.last branches.Targets ]
                let keys = keys |> List.map (fun k -> Torch.UnitRows.Of (k.detach ()))
                remember ()
                torch.cat (List.toArray keys, 0L)
            let old, fresh = step 0, step 1
            let queue = trainer.Criterion.State |> List.find (fun (name, _) -> name = "queue") |> snd
            let expected = if bothWays then fresh else torch.cat ([| old; fresh |], 0L)
            if worst queue expected = 0.0 then
                None
            else
                Some "the queue does not hold the last keys in the order in which they came"
        | _ -> None

    let private repeats (shape: ImageShape) recipe seed =
        let state () =
            let trainer = prepare shape recipe seed
            for epoch in 0..1 do
                let batch = views trainer epoch first
                let _, _, _, remember = Trainer.gradients trainer batch
                Trainer.advance trainer batch remember |> ignore
            Train.state trainer
        List.zip (state ()) (state ())
        |> List.tryPick (fun ((name, a), (_, b)) ->
            if a.equal(b).all().item<bool>() then
                None
            else
                Some $"{name} differs between two runs of one seed")

    let private isBank (recipe: Recipe) =
        match Mechanism.negatives recipe.Avoid with
        | Some (Negatives.Bank _ | Negatives.BankSum _) -> true
        | _ -> false

    /// Tries every law of a recipe on batches of noise images of this shape, so many times each.
    let run trials (shape: ImageShape) (recipe: Recipe) =
        let on law seed = law (prepare shape recipe seed)
        let laws = [
            "gradient reaches every matrix that learns", on reaches
            "targets get no gradient", on stopped
            "the target follows by its momentum", on follows
            if not (isBank recipe) then
                "the order of images changes nothing",
                (fun seed -> orderless (prepare shape (withoutDropout recipe) seed))
            if recipe.Views.Length > 1 then
                "views share statistics only where the recipe says", on apart
            "a queue holds the last keys in order", on queued
            "one seed gives the same bits", repeats shape recipe
        ]
        laws
        |> List.map (fun (name, law) ->
            let fault seed =
                use _ = torch.NewDisposeScope ()
                law seed |> Option.map (fun text -> $"{recipe.Name}, seed {seed}: {text}")
            let seeds = Arb.fromGen (Gen.choose (0, Int32.MaxValue))
            Verdict.tryLaw trials seeds (fun _ -> true) "it was never tried" name fault)
