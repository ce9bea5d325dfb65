/// What `Collapse` says of one embedding for all, against the gradient there and against training that starts there.
module Vantage.Tests.FixedPointTests

open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels

let private inLoss (recipe: Recipe) =
    Collapse.findings recipe.Objective recipe.Avoid
    |> List.find (fun f -> f.Kind = CollapseKind.Complete)
    |> fun f -> f.Prevented |> List.exists _.InLoss

/// Every strategy and every ablation of one, each objective under the same mechanisms once.
let private known =
    Strategies.all
    |> List.collect (fun (name, recipe) -> (recipe :: Recipe.ablations recipe) |> List.map (fun r -> name, r))
    |> List.distinctBy (fun (_, r) -> r.Objective, r.Avoid)

let private prevented, others = known |> List.partition (snd >> inLoss)

/// Labels of an epoch are of embeddings as they were before: they share images out though their embeddings are one.
let private labelled, unprevented =
    others |> List.partition (fun (_, r) -> (Mechanism.labelling r.Avoid).IsSome)

let private describe (name, recipe: Recipe) = $"{name}: %A{List.map Mechanism.kind recipe.Avoid}"

/// Lengths that count pull all embeddings alike, further and further: no constant is a minimum, though all stay one.
let private lengthsCount objective =
    Objective.isRaw objective
    || match Objective.inner objective with
       | Objective.PredictAhead _
       | Objective.LocalGlobal _
       | Objective.BiGan _ -> true
       | _ -> false

/// A target sharper than the student pulls all embeddings alike towards a prototype and a little beyond.
let private pulls (recipe: Recipe) =
    lengthsCount recipe.Objective || (Mechanism.sharpness recipe.Avoid).IsSome

/// Steps, and the noise on a start that is nearly one embedding.
let private steps, noise = 20, 0.01

let private apart noise (recipe: Recipe) =
    CollapseNumbers.apartAfter steps noise recipe.Objective recipe.Avoid

let private gradient (recipe: Recipe) = (CollapseNumbers.measure recipe.Objective recipe.Avoid).Gradient

let private batch (trainer: Trainer) step : Batch =
    let order = Array.init trainer.Recipe.Batch (fun i -> step * trainer.Recipe.Batch + i)
    let values = Array.zeroCreate<float32>(Array.last (Views.offsets trainer.Viewer order.Length))
    Views.render trainer.Viewer 0 order (Array.map trainer.Split.Read order) 1 values
    { Step = step; Epoch = 0; Indices = order; Values = values }

/// The mean deviation of directions over a batch, in the fifth step of the trainer itself, of a network whose last layer gives all images one embedding at first.
let private trained (recipe: Recipe) =
    use _ = torch.NewDisposeScope ()
    let recipe = { recipe with Optimizer = { Rule = Rule.Sgd 0.9; Rate = constant 0.1; Decay = 0.0 } }
    let trainer =
        Train.prepare (ViewEngine.Best ()) torch.CPU recipe (Generators.patterns "fixed point" 64 1 18 8)
    let last = recipe.Projector |> fun (Head layers) -> layers.Length - 1
    let set () =
        use _ = torch.no_grad ()
        for name, weight in trainer.Network.Weights.Parameters do
            if name = $"projector.{last}.weight" then
                weight.zero_ () |> ignore
            elif name = $"projector.{last}.bias" then
                weight.copy_ (torch.linspace (1.0, 2.0, weight.shape[0])) |> ignore
        Network.follow 0.0 trainer.Network
    let step k =
        use _ = torch.NewDisposeScope ()
        let _, embeddings, _, remember = Trainer.gradients trainer (batch trainer k)
        let batchOf = batch trainer k
        Trainer.advance trainer batchOf remember |> ignore
        use _ = torch.no_grad ()
        (Torch.UnitRows.Of(embeddings.Head.detach ()).std 0L).mean().item<float32>()
        |> float
    set ()
    let all = [ for k in 0..4 -> step k ]
    Expect.isLessThan all.Head Close.together "one embedding for all at first"
    List.last all

[<Tests>]
let tests =
    testList "Fixed points" [
        test "where nothing in the loss prevents it, the gradient at one embedding for all is 0" {
            let still = unprevented |> List.filter (snd >> pulls >> not)
            Expect.isGreaterThan still.Length 25 "recipes"
            for each in still do
                Expect.isLessThan (gradient (snd each)) Close.stationary (describe each)
        }
        test "where lengths count or targets are sharper, all embeddings are pulled, but alike" {
            let pulled = unprevented |> List.filter (snd >> pulls)
            Expect.isGreaterThan pulled.Length 4 "recipes"
            Expect.exists pulled (fun (_, r) -> gradient r > 0.1) "lengths"
        }
        test
            "where nothing in the loss prevents it, one embedding for all is a fixed point under the mechanisms" {
            for each in unprevented do
                Expect.isLessThan (apart 0.0 (snd each)) Close.together (describe each)
        }
        test "labels of an epoch take images away from one embedding for all, though the loss there is least" {
            Expect.isNonEmpty labelled "recipes"
            for each in labelled do
                Expect.isGreaterThan (apart 0.0 (snd each)) 1e-3 (describe each)
        }
        test "where the loss prevents it, images leave one embedding for all, or part as soon as they differ" {
            let before (recipe: Recipe) = CollapseNumbers.apartAfter 0 noise recipe.Objective recipe.Avoid
            for name, recipe in prevented do
                let parts =
                    (CollapseNumbers.measure recipe.Objective recipe.Avoid).Apart > 1e-4
                    || apart 0.0 recipe > 1e-3
                    || apart noise recipe > 1.2 * before recipe
                Expect.isTrue parts (describe (name, recipe))
        }
        test
            "DINO: near one embedding for all, centre and sharpening together move images apart, either alone does not" {
            let dino = Strategies.named "DINO"
            let apart without =
                let left = dino.Avoid |> List.filter (fun m -> Mechanism.kind m <> without)
                (CollapseNumbers.measure dino.Objective left).Apart
            Expect.isGreaterThan (apart "") 1e-3 "both"
            Expect.isLessThan (apart "centre") 0.0 "sharpening alone: closer, to one prototype"
            // 1e-4, the step that counts as apart, of which an even target gives a sixth.
            Expect.isLessThan (apart "sharpen") 1e-4 "a centre alone"
        }
        for name, without in
            [
                "BYOL", "predict"
                "SimSiam", "predict"
                "SimCLR", "repel"
                "MoCo", "repel"
                "alignment and uniformity", "matchPrior"
                "VICReg", "keepVariance"
            ] do
            test $"{name} without {without} trains on from one embedding for all and stays there" {
                let recipe = Strategies.named name
                let left = recipe.Avoid |> List.filter (fun m -> Mechanism.kind m <> without)
                Expect.isLessThan (trained { recipe with Avoid = left }) Close.together name
            }
        for name in [ "BYOL"; "SimSiam" ] do
            test
                $"{name} stays at exactly one embedding for all where batch norm hides it from the predictor, and trains away from it where not" {
                let recipe = Strategies.named name
                Expect.isLessThan (trained recipe) Close.together "a predictor with batch norm"
                let plain = predict [ linear 16; relu; linear 8 ]
                let avoid = plain :: (recipe.Avoid |> List.filter (fun m -> Mechanism.kind m <> "predict"))
                Expect.isGreaterThan (trained { recipe with Avoid = avoid }) 1e-4 "a predictor without"
            }
        test "a prior trains away from one embedding for all" {
            Expect.isGreaterThan (trained (Strategies.named "sliced Wasserstein to a sphere")) 1e-4 "spread"
        }
    ]
