/// What `Collapse` says against the numbers of the very loss that training uses, for published strategies, their ablations and combinations nobody published.
module Vantage.Tests.CollapseTests

open Expecto
open FsCheck
open FsCheck.FSharp
open Vantage

/// A loss is higher by more than float32 rounding of sums of some hundred terms.
let private above = 1e-3

let private inLoss kind objective avoid =
    Collapse.findings objective avoid
    |> List.find (fun f -> f.Kind = kind)
    |> fun f -> f.Prevented |> List.exists _.InLoss

let private byTraining objective avoid =
    Collapse.findings objective avoid
    |> List.find (fun f -> f.Kind = CollapseKind.Complete)
    |> fun f -> f.Prevented |> List.exists (fun p -> not p.InLoss)

/// What the findings say of the loss is what its numbers say.
let private agrees objective avoid =
    let numbers = CollapseNumbers.measure objective avoid
    let about = $"{Print.objective objective} %A{List.map Mechanism.kind avoid}: %A{numbers}"
    if inLoss CollapseKind.Complete objective avoid then
        Expect.isGreaterThan numbers.Constant (numbers.Spread + above) $"a constant costs more. {about}"
    // A centre alone makes the targets of a constant even, which costs their entropy but moves nothing: what counts there is training (below).
    elif not (byTraining objective avoid) && (Mechanism.centre avoid).IsNone then
        Expect.isLessThan numbers.Constant (numbers.Spread + above) $"a constant costs no more. {about}"
    // With prototypes the constant is the cheaper of all images on one and of none in particular: both kinds of cluster collapse.
    if inLoss CollapseKind.Cluster objective avoid then
        Expect.isGreaterThan numbers.Constant (numbers.Spread + above) $"one cluster costs more. {about}"
    if
        inLoss CollapseKind.Dimensional objective avoid
        && Collapse.prevented objective avoid
    then
        Expect.isGreaterThan
            numbers.OneDimension
            (numbers.Spread + above)
            $"one dimension costs more. {about}"

let private objectives = Strategies.all |> List.map (fun (_, r) -> r.Objective) |> List.distinct

let private mechanisms = Strategies.all |> List.collect (fun (_, r) -> r.Avoid) |> List.distinct

/// An objective with some of the mechanisms that it understands, one of a kind.
type Combination = { Objective: Objective; Avoid: Mechanism list }

type Combinations =
    static member Combination() =
        gen {
            let! objective = Gen.elements objectives
            let! chosen = Gen.subListOf (mechanisms |> List.filter (Objective.understands objective))
            let avoid = chosen |> List.distinctBy Mechanism.kind
            let avoid =
                if (Mechanism.momentum avoid).IsSome then
                    avoid |> List.filter ((<>) stopGradient)
                else
                    avoid
            return { Objective = objective; Avoid = avoid }
        }
        |> fun generator ->
            Arb.fromGenShrink (
                generator,
                fun c -> seq {
                    for i in 0 .. c.Avoid.Length - 1 do
                        { c with Avoid = List.removeAt i c.Avoid }
                }
            )

let private combinations = {
    FsCheckConfig.defaultConfig with
        arbitrary = [ typeof<Combinations> ]
        maxTest = 60
}

/// The spread of embeddings (1: even over the sphere, 0: all alike) after 200 steps on 64 small images of 8 classes.
let private trainedSpread (recipe: Recipe) =
    let split = Generators.patterns "collapse" 64 1 18 8
    let recipe = {
        recipe with
            Batch = 32
            Epochs = 100<epoch>
            Optimizer = { Rule = Rule.Sgd 0.9; Rate = constant 0.1; Decay = 1e-4 }
    }
    let trainer = Train.prepare (Vantage.Kernels.ViewEngine.Best ()) TorchSharp.torch.CPU recipe split
    let last = ref nan
    Train.run
        trainer
        Position.start
        (fun metric -> last.Value <- metric.Spread)
        ignore
        ignore
        System.Threading.CancellationToken.None
    |> ignore
    last.Value

[<Tests>]
let tests =
    testList "Collapse" [
        for name, recipe in Strategies.all do
            test $"the loss of {name} is as the findings say, whole and in every ablation" {
                agrees recipe.Objective recipe.Avoid
                for ablation in Recipe.ablations recipe do
                    agrees ablation.Objective ablation.Avoid
            }
        testPropertyWithConfig combinations "new combinations of known parts get a right answer" (fun c ->
            agrees c.Objective c.Avoid)
        test "balancing does nothing where images have labels of an epoch" {
            let objective = swapCodes 0.1 (prototypes 12 1<epoch>)
            agrees objective [ balance 0.05 3; relabelByTransport 0.05 3 ]
            agrees objective [ balance 0.05 3; relabelByKMeans 3 ]
        }
        test "published strategies are prevented from complete collapse, and these ablations of them are not" {
            for name, recipe in Strategies.all do
                Expect.isTrue (Collapse.prevented recipe.Objective recipe.Avoid) name
            // Published: BYOL table 5b, SimSiam tables 1 and 2, DINO figure 7 and table 7, SwAV's equipartition, VICReg table 7.
            for name, without in
                [
                    "SimCLR", "repel"
                    "BYOL", "predict"
                    "BYOL", "momentumTarget"
                    "SimSiam", "predict"
                    "SimSiam", "stopGradient"
                    "DINO", "momentumTarget"
                    "DINO", "centre"
                    "DINO", "sharpen"
                    "SwAV", "balance"
                    "VICReg", "keepVariance"
                    "alignment and uniformity", "matchPrior"
                ] do
                let recipe = Strategies.named name
                let left = recipe.Avoid |> List.filter (fun m -> Mechanism.kind m <> without)
                Expect.isFalse (Collapse.prevented recipe.Objective left) $"{name} without {without}"
            // And these are not known to collapse: MoCo v3 without predictor or target (table 4), Barlow Twins without redundancy reduction (table 5).
            for name, without in
                [ "MoCo v3", "predict"; "MoCo v3", "momentumTarget"; "Barlow Twins", "decorrelate" ] do
                let recipe = Strategies.named name
                let left = recipe.Avoid |> List.filter (fun m -> Mechanism.kind m <> without)
                Expect.isTrue (Collapse.prevented recipe.Objective left) $"{name} without {without}"
        }
        test "near a constant, negatives, variance and priors move images apart; alignment alone does not" {
            for name in [ "SimCLR"; "VICReg"; "alignment and uniformity"; "MoCo" ] do
                let recipe = Strategies.named name
                let apart avoid = (CollapseNumbers.measure recipe.Objective avoid).Apart
                Expect.isGreaterThan (apart recipe.Avoid) 1e-4 name
                Expect.isLessThan (abs (apart [])) 1e-4 $"{name} without its mechanisms"
        }
        // What no loss shows, training does (Chen and He 2021, tables 1 and 2; Grill et al. 2020, table 5b).
        for name in [ "SimSiam"; "BYOL" ] do
            test $"{name} trains without collapse, and collapses without either of its mechanisms" {
                let recipe = Strategies.named name
                let whole = trainedSpread recipe
                Expect.isGreaterThan whole 0.5 $"{name}: spread"
                for ablation in Recipe.ablations recipe do
                    Expect.isLessThan (trainedSpread ablation) (0.4 * whole) ablation.Name
            }
        test "a queue whose target does not follow slowly may oscillate" {
            let moco = Strategies.named "MoCo"
            let oscillation avoid =
                Collapse.findings moco.Objective avoid
                |> List.find (fun f -> f.Kind = CollapseKind.Oscillation)
            Expect.isTrue (oscillation moco.Avoid).Applies "a queue"
            Expect.isNonEmpty (oscillation moco.Avoid).Prevented "momentum 0.99"
            Expect.isEmpty (oscillation [ repel (queue 32); stopGradient ]).Prevented "no momentum"
        }
    ]
