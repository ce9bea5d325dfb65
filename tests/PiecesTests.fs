module Vantage.Tests.PiecesTests

open System
open System.Threading
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels

let private split = Generators.patterns "train" 40 3 18 4

let private prepare recipe = Train.prepare (ViewEngine.Best ()) torch.CPU recipe split

// Norms over each image: what one image becomes does not depend on those beside it.
let private alone (recipe: Recipe) = {
    recipe with
        Encoder =
            match recipe.Encoder with
            | Encoder.ViT it -> Encoder.ViT { it with DropPath = 0.0; Dropped = 0.0 }
            | Encoder.Continued _ -> recipe.Encoder
            | Encoder.Split (groups, inner) -> Encoder.Split (groups, Encoder.LayerNormed inner)
            | other -> Encoder.LayerNormed other
        Projector = head [ linear 16; relu; linear 8 ]
}

let private accumulated pieces (recipe: Recipe) = {
    recipe with
        Optimizer = { recipe.Optimizer with Rule = Rule.Accumulated (pieces, recipe.Optimizer.Rule) }
}

let private cached pieces (recipe: Recipe) = { recipe with Passes = inPieces pieces recipe.Passes }

let private batch (trainer: Trainer) : Batch =
    let n = trainer.Recipe.Batch
    let order = Array.init n (fun i -> 3 * i % split.Count)
    let values = Array.zeroCreate<float32>(Array.last (Views.offsets trainer.Viewer n))
    Views.render trainer.Viewer 0 order (Array.map split.Read order) 1 values
    { Step = 0; Epoch = 0; Indices = order; Values = values }

// Loss, gradients by name and running statistics after one backward pass.
let private slopes training recipe =
    let trainer = prepare recipe
    trainer.Network.Training <- training
    let value, _, _, _ = Trainer.gradients trainer (batch trainer)
    let found =
        trainer.Network.Weights.Parameters
        |> List.map (fun (name, t) ->
            name, Option.ofObj t.grad |> Option.defaultWith (fun () -> torch.zeros_like t))
    value, found, trainer.Network.Weights.Buffers

let private largest (t: torch.Tensor) = t.abs().max().to_type(torch.float64).item<float>()

// How far gradients are apart, of the largest of all.
let private off (a: (string * torch.Tensor) list) (b: (string * torch.Tensor) list) =
    let size = b |> List.map (snd >> largest) |> List.max
    List.map2 (fun (_, x: torch.Tensor) (_, y) -> largest (x - y)) a b
    |> List.max
    |> fun worst -> worst / size

let private state (trainer: Trainer) =
    Train.state trainer
    |> List.map (fun (name, t) -> name, t.cpu().contiguous().bytes.ToArray())

// The small recipes whose loss is a mean over images; predictors without batch norm too.
let private means =
    Strategies.all
    |> List.filter (fun (_, recipe) ->
        Recipe.isMeanOverImages recipe
        && Objective.labelledBeside recipe.Objective = 0
        && not (Encoder.normsOverBatch (alone recipe).Encoder))
    |> List.map (fun (name, recipe) ->
        let avoid =
            recipe.Avoid
            |> List.map (function
                | Mechanism.Predict _ -> predict [ linear 16; relu; linear 8 ]
                | other -> other)
        name, { alone recipe with Avoid = avoid })

let private wrong =
    let small = Generators.small
    let named = Strategies.named
    let whitened = accumulated 2 (named "W-MSE")
    [
        "momentum of an accumulated rule",
        {
            small with
                Optimizer = { small.Optimizer with Rule = Rule.Accumulated (2, Rule.Sgd 1.0) }
        },
        RecipeError.BadMomentum 1.0
        "pieces that leave images over", accumulated 3 small, RecipeError.BadPieces (3, 8)
        "no piece", accumulated 0 small, RecipeError.BadPieces (0, 8)
        "pieces of one image", cached 8 small, RecipeError.BadPieces (8, 8)
        "pieces of pieces that leave images over",
        accumulated 2 (cached 3 small),
        RecipeError.BadPieces (3, 4)
        "pieces of passes in pieces",
        cached 2 (cached 2 small),
        RecipeError.PiecesWithin (inPieces 2 (inPieces 2 small.Passes))
        "pieces beside labelled images",
        accumulated 2 (named "FixMatch"),
        RecipeError.PiecesOfLabelled (accumulated 2 (named "FixMatch")).Optimizer.Rule
        for name in [ "AMDIM"; "iBOT"; "CAN"; "CPC" ] do
            let recipe = cached 2 (named name)
            $"cached pieces of {name}", recipe, RecipeError.PiecesNotOfViews (recipe.Passes, recipe.Objective)
        "whitening of more images than a piece", whitened, RecipeError.WhiteningDoesNotFit (8, 4, 3)
    ]

/// Batches in pieces: gradients that are accumulated, and gradients that are cached.
[<Tests>]
let tests =
    testList "Pieces" [
        for name, recipe, error in wrong do
            test $"finds {name}, with a remedy" {
                Expect.equal (Check.recipe recipe) [ error ] "errors"
                Expect.stringContains (Check.message error) " " "a sentence"
                Expect.isFalse ((Check.message error).Contains "RecipeError") "words, not a type"
            }
        for name, recipe in means do
            test $"k pieces of a loss that is a mean over images give the gradient of the batch: {name}" {
                use _ = torch.NewDisposeScope ()
                let value, whole, _ = slopes true recipe
                for pieces in [ 2; 4 ] do
                    let mean, parts, _ = slopes true (accumulated pieces recipe)
                    Expect.isLessThan (abs (value - mean)) Close.pieces "loss"
                    Expect.isLessThan (off parts whole) Close.pieces "gradients"
            }
        test "what is a mean over images is known of the published methods" {
            let names = List.map fst means
            for name in [ "BYOL"; "SimSiam"; "MoCo"; "DINO"; "InstDisc" ] do
                Expect.contains names name "a mean"
            for name in [ "SimCLR"; "SwAV"; "Barlow Twins"; "VICReg"; "W-MSE" ] do
                Expect.isFalse (List.contains name names) name
        }
        test "explain says what pieces mean" {
            let shape = { Images = 40; Channels = 3; Height = 20<px>; Width = 18<px> }
            let said recipe = Explain.recipe recipe shape
            let contrastive = said (accumulated 2 Generators.small)
            Expect.stringContains contrastive "compared within a piece of 4 only" "negatives"
            Expect.stringContains contrastive "inPieces 2" "the remedy"
            Expect.stringContains contrastive "statistics over a piece" "batch norm"
            let mean = said (accumulated 2 (alone (Strategies.named "MoCo")))
            Expect.stringContains mean "accumulated over 2 pieces of 4 images" "accumulated"
            Expect.isFalse
                (mean.Contains "within a piece" || mean.Contains "statistics over")
                "nothing is lost"
            Expect.stringContains (said (cached 2 Generators.small)) "in 2 pieces of 4 images" "cached"
        }
        test "accumulated pieces of a contrastive loss are not compared with one another" {
            use _ = torch.NewDisposeScope ()
            let plain = alone Generators.small
            let value, whole, _ = slopes true plain
            let mean, parts, _ = slopes true (accumulated 2 plain)
            // 7 candidates in place of 15: log 7 and log 15 are 0.76 apart.
            Expect.isLessThan mean (value - 0.3) "fewer negatives"
            Expect.isGreaterThan (off parts whole) 0.01 "another gradient"
        }
        for name in
            [
                "SimCLR"
                "MoCo"
                "MoCo v3"
                "BYOL"
                "SimSiam"
                "SwAV"
                "DINO"
                "InstDisc"
                "CMC"
                "LeJEPA"
                "DINO on a transformer"
            ] do
            for pieces in [ 2; 4 ] do
                test $"cached gradients are those of the whole batch: {name}, {pieces}" {
                    use _ = torch.NewDisposeScope ()
                    let plain = Strategies.named name |> alone
                    let value, whole, _ = slopes true plain
                    let again, parts, _ = slopes true (cached pieces plain)
                    Expect.isLessThan (abs (value - again)) Close.pieces "loss"
                    Expect.isLessThan (off parts whole) Close.pieces "gradients"
                }
        test "cached gradients are those of the whole batch with batch norm in evaluation" {
            use _ = torch.NewDisposeScope ()
            let value, whole, _ = slopes false Generators.small
            let again, parts, _ = slopes false (cached 4 Generators.small)
            Expect.isLessThan (abs (value - again)) Close.pieces "loss"
            Expect.isLessThan (off parts whole) Close.pieces "gradients"
        }
        test "batch norm's statistics are of a piece, and follow it once" {
            use _ = torch.NewDisposeScope ()
            let _, whole, _ = slopes true Generators.small
            let _, parts, follows = slopes true (cached 2 Generators.small)
            let _, _, others = slopes true (accumulated 2 Generators.small)
            Expect.isGreaterThan (off parts whole) 1e-3 "another gradient than of statistics over the batch"
            for (name, a), (_, b) in List.zip follows others do
                Expect.isTrue (a.equal(b).all().item<bool>()) name
        }
        test "a piece draws the second time what it drew the first time" {
            use _ = torch.NewDisposeScope ()
            let weights = Weights (torch.CPU, 3UL, Precision.Float32, true)
            let layer = Layers.linear weights "l" 6 6 true
            let drop, other = Layers.dropout weights 0 0.5, Layers.dropout weights 1 0.5
            let seen = ResizeArray<float32 array>()
            let through (views: torch.Tensor list) =
                views
                |> List.map (fun view ->
                    let z = view |> layer |> drop |> other
                    seen.Add (z.detach().data<float32>().ToArray())
                    z)
            let view = torch.randn (8L, 6L)
            weights.Step <- 4
            drop view |> ignore // what was drawn before stays drawn
            let leaves, backward = Pieces.cached 4 weights through [ view ]
            leaves.Head.sum().backward()
            backward ()
            Expect.equal seen.Count 8 "four pieces, twice"
            for k in 0..3 do
                Expect.equal seen[k] seen[k + 4] $"piece {k}"
                if k > 0 then
                    let zeros values = Array.map (fun v -> v = 0.0f) values
                    Expect.notEqual (zeros seen[k]) (zeros seen[0]) "pieces draw for themselves"
        }
        for name, change in
            [ "accumulated", accumulated 2; "cached", cached 2; "both", cached 2 >> accumulated 2 ] do
            test $"a run in pieces learns, with the same bits from the same seed: {name}" {
                let recipe = { change Generators.small with Epochs = 2<epoch> }
                Expect.isEmpty (Check.recipe recipe) "nothing wrong"
                let run () =
                    let trainer = prepare recipe
                    let found = ResizeArray<Metric>()
                    Train.run trainer Position.start found.Add ignore ignore CancellationToken.None
                    |> ignore
                    Expect.all found (fun m -> Double.IsFinite m.Loss && Double.IsFinite m.Accuracy) "finite"
                    state trainer
                let first = run ()
                Expect.equal (run ()) first "bits"
                Expect.notEqual first (state (prepare recipe)) "weights move"
            }
        test "a queue takes the keys of all pieces in order" {
            let keys change =
                let recipe = Strategies.named "MoCo" |> alone |> change
                let trainer = prepare recipe
                use _ = torch.NewDisposeScope ()
                let batch = batch trainer
                let _, _, _, remember = Trainer.gradients trainer batch
                Trainer.advance trainer batch remember |> ignore
                let queue = trainer.Criterion.State |> List.find (fun (name, _) -> name = "queue") |> snd
                queue.data<float32>().ToArray() |> Array.map float
            Expect.isLessThan (Close.worst (keys id) (keys (accumulated 2))) Close.pieces "accumulated"
            Expect.isLessThan (Close.worst (keys id) (keys (cached 2))) Close.pieces "cached"
        }
    ]
