/// Verification of objectives and recipes: the right ones pass, planted errors are caught.
module Vantage.Tests.VerifyObjectiveTests

open Expecto
open TorchSharp
open Vantage

let private broken verdicts = verdicts |> List.filter (fun v -> v.Counterexample.IsSome)

let private number (x: float) = Scope.number x

let private unit (z: torch.Tensor) = torch.nn.functional.normalize (z, 2.0, 1L)

/// NT-Xent in tensors, with what each planted error turns.
let private contrastive sign mean twice mask (a: torch.Tensor) (b: torch.Tensor) =
    let t = 0.5
    let u = unit (torch.cat ([| a; b |], 0L))
    let n = a.shape[0]
    let s = u.mm (u.t ()) / number (if twice then t * t else t)
    let logits =
        if mask then
            s.masked_fill (torch.eye (2L * n, dtype = torch.bool), number -infinity)
        else
            s
    let own =
        (u.narrow (0L, 0L, n) * u.narrow (0L, n, n)).sum 1L
        / number (if twice then t * t else t)
    let each = torch.logsumexp (logits, 1L) - number sign * own.repeat 2L
    if mean then each.mean () else each.sum ()

let private contrastiveClaims = [
    Claim.OrderFree
    Claim.Symmetric
    Claim.ScaleFree
    Claim.RotationFree
    Claim.EqualGives (fun n _ -> log (2.0 * float n - 1.0))
    Claim.OrthonormalGives (fun n -> log (1.0 + (2.0 * float n - 2.0) * exp -2.0))
]

let private correlationOf (a: torch.Tensor) (b: torch.Tensor) =
    let c = a.t().mm(b) / number (float a.shape[0])
    let off = torch.ones_like c - torch.eye (c.shape[0], dtype = c.dtype)
    ((c.diagonal () - number 1.0).square()).sum()
    + (c * off).square().sum() * number 0.005

let private standard over (z: torch.Tensor) =
    let centred = z - z.mean ([| over |], true)
    centred / (centred.square().mean([| over |], true) + number 1e-5).sqrt()

let private correlation over a b = correlationOf (standard over a) (standard over b)

let private correlationOfBoth (a: torch.Tensor) (b: torch.Tensor) =
    let both = standard 0L (torch.cat ([| a; b |], 0L))
    correlationOf (both.narrow (0L, 0L, a.shape[0])) (both.narrow (0L, a.shape[0], a.shape[0]))

let private regression stop (p: torch.Tensor) (z: torch.Tensor) =
    let target = if stop then z.detach () else z
    number 2.0 * (number 1.0 - (unit p * unit target).sum(1L).mean())

let private planted = [
    "the sign of a term",
    "known loss",
    Verify.loss "NT-Xent" contrastiveClaims 20 (contrastive -1.0 true false true)
    "a sum for a mean",
    "known loss",
    Verify.loss "NT-Xent" contrastiveClaims 20 (contrastive 1.0 false false true)
    "a temperature applied twice",
    "known loss",
    Verify.loss "NT-Xent" contrastiveClaims 20 (contrastive 1.0 true true true)
    "a diagonal that is not masked",
    "known loss",
    Verify.loss "NT-Xent" contrastiveClaims 20 (contrastive 1.0 true false false)
    "a missing stop-gradient",
    "targets get no gradient",
    Verify.loss "BYOL" [ Claim.StopsTargets ] 20 (regression false)
    "batch norm over the wrong axis",
    "a factor and a shift",
    Verify.loss "Barlow Twins" [ Claim.Standardizing ] 20 (correlation 1L)
    "batch norm over both views where each has its own",
    "a factor and a shift",
    Verify.loss "Barlow Twins" [ Claim.Standardizing ] 20 correlationOfBoth
    "batch norm after unit length",
    "lengths change nothing",
    Verify.loss "BYOL" [ Claim.ScaleFree ] 20 (fun p z -> regression true (unit p) (standard 0L z))
]

let private shape = { Images = 64; Channels = 3; Height = 18<px>; Width = 18<px> }

[<Tests>]
let tests =
    testSequenced
    <| testList "Verify objectives" [
        test "right objectives of one's own pass" {
            for verdicts in
                [
                    Verify.loss "NT-Xent" contrastiveClaims 20 (contrastive 1.0 true false true)
                    Verify.loss "BYOL" [ Claim.StopsTargets; Claim.ScaleFree ] 20 (regression true)
                    Verify.loss "Barlow Twins" [ Claim.Standardizing ] 20 (correlation 0L)
                ] do
                Expect.isEmpty (broken verdicts) (Verify.report verdicts)
        }
        test "a factor multiplies the loss and its gradient" {
            use _ = torch.NewDisposeScope ()
            let a = torch.randn (5L, 4L, torch.float64)
            let b = torch.randn (5L, 4L, torch.float64)
            let run objective avoid =
                let x = a.clone().requires_grad_ true
                let loss = (Subjects.ofRecipe objective avoid).Loss [ x; b ] [ a; b ]
                loss.backward ()
                loss, nonNull x.grad
            for objective, avoid in
                [
                    ntXent 0.5, [ repel inBatch ]
                    supCon 0.1, [ repel inBatch ]
                    raw (decoupled 0.5), [ repel inBatch ]
                    infoNce 0.2, [ repel (queue 32); momentumTarget 0.99 ]
                    infoNce 0.2, [ repel (bank 0.5) ]
                ] do
                let plain, slope = run objective avoid
                let times, steep = run (scaled 2.5 objective) avoid
                let same (x: torch.Tensor) (y: torch.Tensor) = x.allclose (y * number 2.5, 1e-12, 1e-14)
                Expect.isTrue (same times plain) $"{Objective.name objective}: value"
                Expect.isTrue (same steep slope) $"{Objective.name objective}: gradient"
            let inside = raw (scaled 2.0 (ntXent 0.5))
            let found = Check.onImages shape { Strategies.named "SimCLR" with Objective = inside }
            Expect.equal found [ RecipeError.NothingScaled inside ] "a factor stands outermost"
        }
        for error, law, verdicts in planted do
            test $"{error} is caught" {
                let found = broken verdicts |> List.map _.Law
                Expect.exists found (fun name -> name.Contains law) (Verify.report verdicts)
            }
        test "a counterexample is small and says what is wrong" {
            let verdicts = Verify.loss "NT-Xent" contrastiveClaims 20 (contrastive 1.0 true false false)
            let text = (broken verdicts).Head.Counterexample.Value
            Expect.stringContains text "2 pairs of 2 values" "shrunk to the least"
            Expect.stringContains text "not" "what was expected"
        }
        for name, recipe in Strategies.all do
            test $"the objective of {name} keeps its laws" {
                let verdicts = Verify.objective recipe.Objective recipe.Avoid
                Expect.isEmpty (broken verdicts) (Verify.report verdicts)
            }
        for name, recipe in Strategies.all do
            test $"{name} keeps the laws of a recipe" {
                let verdicts = VerifyRecipe.run 2 shape recipe
                Expect.isEmpty (broken verdicts) (Verify.report verdicts)
            }
        test "verify runs the laws of views, objective and networks" {
            let verdicts = Verify.recipe shape (Strategies.named "BYOL")
            Expect.isEmpty (broken verdicts) (Verify.report verdicts)
            for law in
                [
                    "the engine does what the reference means"
                    "the gradient is the slope"
                    "the target follows by its momentum"
                ] do
                Expect.exists verdicts (fun v -> v.Law = law) law
        }
    ]
