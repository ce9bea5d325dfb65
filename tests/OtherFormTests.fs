/// Where a paper and its official code differ, the form that is not the default: what it computes, beside the one that is.
module Vantage.Tests.OtherFormTests

open System
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels
open Vantage.Tests.Objectives
open Vantage.Tests.Terms

// What is asked of the decoder in the first step of a recipe.
let private asked (recipe: Recipe) =
    let trainer =
        Train.prepare (ViewEngine.Best ()) torch.CPU recipe (Generators.patterns "other forms" 64 1 18 8)
    let order = Array.init recipe.Batch id
    let values = Array.zeroCreate<float32>(Array.last (Views.offsets trainer.Viewer order.Length))
    Views.render trainer.Viewer 0 order (Array.map trainer.Split.Read order) 1 values
    let _, branches = Trainer.branches trainer { Step = 0; Epoch = 0; Indices = order; Values = values }
    branches.Restored

// The loss of ten embeddings of five classes, the last two labelled, with one term on the others; and without that term.
let private classified (term: Unlabelled) (logits: torch.Tensor) =
    let setting = { Device = torch.CPU; Seed = 1UL; Type = logits.dtype }
    let labelled = Labelled.PerClass (1, 2)
    let branches =
        Branches.alone (Objective.Classify (labelled, Annealing.Off, [ term ])) 0 None [ logits ] [ logits ]
    let loss terms = (ClassLoss.loss setting labelled Annealing.Off terms 0 branches).item<float>()
    loss [ term ] - loss []

[<Tests>]
let tests =
    testList "Other forms" [
        property
            "pseudo-labels by their share: the mean of all rows times the share of sure ones"
            (fun n k seed ->
                let p, t = numbers seed (n * k), numbers (seed + 1UL) (n * k)
                let share threshold = value (Reference.PseudoLabel.ByShare (p, t, n, threshold))
                let all = value (Reference.PseudoLabel.Loss (p, t, n, 0.0))
                let sure =
                    softmax k t
                    |> Array.chunkBySize k
                    |> Array.filter (fun row -> Array.max row >= 0.6)
                near 1e-12 (share 0.6) (all * float sure.Length / float n)
                && near 1e-12 (share 0.0) all
                && share 1.5 = 0.0)
        property
            "divergence turned round: never below 0, no gradient where both are one, the straight one with both exchanged"
            (fun n k seed ->
                let p, t = numbers seed (n * k), numbers (seed + 1UL) (n * k)
                let turned p t = value (Reference.Consistency.Turned (p, t, n))
                let struct (same, slope) = Reference.Consistency.Turned (p, p, n)
                let straight p t = value (Reference.Consistency.Loss (p, t, n, 1.0, 0.0))
                let close = Array.map2 (fun a b -> a + 1e-3 * (b - a)) p t
                abs same < 1e-12
                && slope |> Array.forall (fun g -> abs g < 1e-12)
                && turned p t >= 0.0
                && near 1e-12 (turned p t) (straight t p)
                // To second order in their difference the two are one.
                && abs (turned close p / straight close p - 1.0) < 2e-2)
        property
            "the adversary's loss turned round is the turned divergence after the same step"
            (fun n d seed ->
                let w = matrix (numbers seed (d * 3)) d
                let x, start =
                    matrix (numbers (seed + 1UL) (n * d)) n, matrix (numbers (seed + 2UL) (n * d)) n
                let model = Func<_, _>(fun (x: torch.Tensor) -> x.mm w)
                let r = Torch.VirtualAdversary.Direction (model, x, start, 1e-2, 2.0, 1)
                let values (z: torch.Tensor) = z.data<float>().ToArray()
                let disturbed, clean = values ((x + r).mm w), values (x.mm w)
                let found turned =
                    Torch.VirtualAdversary.Loss(model, x, start, 1e-2, 2.0, 1, turned).item<float>()
                near 1e-9 (found true) (value (Reference.Consistency.Turned (disturbed, clean, n)))
                && near
                    1e-9
                    (found false)
                    (value (Reference.Consistency.Loss (disturbed, clean, n, 1.0, 0.0))))
        property
            "Barlow Twins, unbiased: a view with itself costs d / N^2 and its redundancy"
            (fun n d seed ->
                // C is (N - 1) / N times the correlations, but for the 1e-5 in variances: columns are so large that it does not count.
                let a = numbers seed (n * d) |> Array.map (fun v -> 1e4 * v)
                let loss lambda unbiased =
                    let struct (loss: float, _, _) = Reference.BarlowTwins.Loss (a, a, n, lambda, unbiased)
                    loss
                let diagonal = loss 0.0 true
                let peak = float (n - 1) / float n
                near 1e-8 diagonal (float d / float (n * n))
                && near 1e-8 (loss 1.0 true - diagonal) (peak * peak * loss 1.0 false))
        test "a recipe's word is the kernel's form" {
            use _ = torch.NewDisposeScope ()
            let logits = matrix (numbers 8UL 50) 10
            let rest = numbers 8UL 50 |> Array.take 40
            let expected = value (Reference.PseudoLabel.ByShare (rest, rest, 8, 0.5))
            let plain = value (Reference.PseudoLabel.Loss (rest, rest, 8, 0.5))
            let found = classified (pseudoLabelByShare 0.5 0.7 0.0) logits
            Expect.isTrue (near 1e-9 found (0.7 * expected)) $"by share: {found}, expected 0.7 x {expected}"
            Expect.isGreaterThan (abs (expected - plain)) 1e-3 "the two differ here"
            // The model gives its embeddings back, so that the step is a random one of length 2: the divergence both ways.
            let straight, turned =
                classified (vat 2.0 1.0 0.0) logits, classified (vatTurned 2.0 1.0 0.0) logits
            Expect.isGreaterThan straight 0.0 "straight"
            Expect.isGreaterThan (abs (turned - straight)) 1e-4 "turned is another number"
            let a, b = matrix (numbers 9UL 40) 8, matrix (numbers 10UL 40) 8
            let pair objective =
                let criterion =
                    Criterion (objective, [ decorrelate ], 5, 1, 2, 8, torch.CPU, 3UL, torch.float64)
                let loss, _ = criterion.Loss (Branches.alone objective 0 None [ a; b ] [ a; b ], 0)
                loss.item<float>()
            let struct (unbiased, _, _) =
                Reference.BarlowTwins.Loss (numbers 9UL 40, numbers 10UL 40, 8, 0.01, true)
            Expect.isTrue (near 1e-9 (pair (barlowTwinsUnbiased 0.01)) unbiased) "the unbiased deviation"
            Expect.isGreaterThan (abs (pair (barlowTwins 0.01) - unbiased)) 1e-3 "the two differ here"
        }
        test "noised targets are what is seen: the clean values and the noise on them" {
            use _ = torch.NewDisposeScope ()
            let recipe = Strategies.named "CAN"
            let clean = asked recipe
            let noised = asked { recipe with Objective = noisedTargets recipe.Objective }
            Expect.hasLength noised clean.Length "views"
            for c, n in List.zip clean noised do
                Expect.isTrue (n.Values.allclose (c.Values + c.Noise, 1e-6, 1e-6)) "values"
                Expect.isTrue (n.Noise.equal(c.Noise).all().item<bool>()) "noise"
                Expect.isFalse (n.Values.allclose (c.Values, 1e-3, 1e-3)) "there is noise"
        }
        property
            "PIRL's sum form: what equations 3 and 4 say, and equal scores cost log (m + 1) + m log ((m + 1) / m)"
            (fun n m seed ->
                let t = 0.3
                let scores = numbers seed (n * (m + 1))
                let literal =
                    scores
                    |> Array.chunkBySize (m + 1)
                    |> Array.averageBy (fun row ->
                        let e = row |> Array.map (fun s -> exp (s / t))
                        let noise = Array.sum e[1..]
                        let h x = x / (x + noise)
                        -log(h e[0]) - Array.sumBy (fun x -> log (1.0 - h x)) e[1..])
                let even = log (float m + 1.0) + float m * log (float (m + 1) / float m)
                near 1e-9 (value (Reference.NoiseContrast.Sum (scores, n, t))) literal
                && near
                    1e-12
                    (value (Reference.NoiseContrast.Sum (Array.create (n * (m + 1)) 0.7, n, t)))
                    even)
        test "other forms print and read back" {
            for objective in
                [
                    barlowTwinsUnbiased 0.005
                    noisedTargets (restore 0.1 0.5 0.1)
                    infoNce 0.07
                    semiSupervised 2 8 [ vatTurned 6.0 0.3 0.4; pseudoLabelByShare 0.95 1.0 0.4 ]
                ] do
                let recipe = {
                    Generators.small with
                        Objective = objective
                        Avoid = [ repel (bankSum 12 0.5) ]
                }
                Expect.equal (Read.recipe (Print.recipe recipe)) recipe (Objective.name objective)
                Expect.isGreaterThan (Equation.lines objective).Length 1 "its formula"
        }
        test "what does not fit is refused" {
            use _ = torch.NewDisposeScope ()
            let z = torch.randn (4L, 3L)
            refused "threshold is -0.5" (fun () -> Torch.PseudoLabel.ByShare (z, z, -0.5))
            refused "at least one noise" (fun () -> Torch.NoiseContrast.Sum (z.narrow (1L, 0L, 1L), 0.1))
            refused "[4, 2]" (fun () -> Torch.Consistency.Turned (z, z.narrow (1L, 0L, 2L)))
        }
    ]
