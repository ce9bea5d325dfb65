namespace Vantage

open System
open FsCheck
open FsCheck.FSharp
open TorchSharp
open Vantage.Kernels

/// What an objective says of itself, each a law that is tried.
[<RequireQualifiedAccess>]
type Claim =
    /// The order of pairs changes nothing.
    | OrderFree
    /// Swapping the two views changes nothing.
    | Symmetric
    /// Lengths of embeddings do not matter: a positive factor for each row changes nothing.
    | ScaleFree
    /// Only angles and lengths matter: one rotation of all embeddings changes nothing.
    | RotationFree
    /// Values are standardized over the batch: a positive factor and a shift of any value, in either view, change nothing.
    | Standardizing
    /// No gradient goes into targets.
    | StopsTargets
    /// Weights of terms are taken from the embeddings but held constant, so that the gradient is not the slope.
    | HoldsWeights
    /// The loss of N pairs of d values when all embeddings are equal.
    | EqualGives of (int -> int -> float)
    /// The loss of N pairs of equal unit vectors, pairs at right angles to one another.
    | OrthonormalGives of (int -> float)

/// An objective to be verified: a function of the predictions of two views and of what they are compared with, N x d each.
type Subject = {
    Name: string
    /// Predictions of both views, targets of both views: a scalar. It is called with float64 and float32.
    Loss: torch.Tensor list -> torch.Tensor list -> torch.Tensor
    LeastPairs: int
    Claims: Claim list
}

/// One trial: so many pairs of so many values, drawn from a seed.
type ObjectiveTrial = { Pairs: int; Width: int; Seed: int }

/// Verification of objectives: the laws of a loss and of its gradient.
module VerifyObjective =
    /// A gradient against central differences of 1e-6 in double precision: rounding of a loss of order 10 is 1e-15 / 1e-6 = 1e-9 of it, curvature 1e-12 times a third
    /// derivative of up to 1 / temperature^3.
    let differences = 1e-4

    /// Two ways to the same loss in double precision.
    let tolerance = 1e-8

    let private values trial salt rows =
        let at i k = float (Philox.Uniform (uint64 trial.Seed, salt, int64 i, 0, k))
        let numbers =
            Array.init (rows * trial.Width) (fun i ->
                sqrt (-2.0 * log (1.0 - at i 0)) * cos (2.0 * Math.PI * at i 1))
        torch.tensor(numbers).view(int64 rows, int64 trial.Width)

    let private views trial = values trial 1 trial.Pairs, values trial 2 trial.Pairs

    let private number (t: torch.Tensor) = t.to_type(torch.float64).item<float>()

    let private plain subject (a: torch.Tensor) (b: torch.Tensor) = number (subject.Loss [ a; b ] [ a; b ])

    let private off (x: float) (y: float) =
        if abs (x - y) <= tolerance * (1.0 + abs x) then
            None
        else
            Some $"the loss is {x}, then {y}"

    let private scaleFree subject =
        subject.Claims
        |> List.exists (function
            | Claim.ScaleFree -> true
            | _ -> false)

    let private stops subject =
        subject.Claims
        |> List.exists (function
            | Claim.StopsTargets -> true
            | _ -> false)

    let private holds subject =
        subject.Claims
        |> List.exists (function
            | Claim.HoldsWeights -> true
            | _ -> false)

    // The loss as a function of both predictions, its targets held where the objective holds them; and its gradient.
    let private slopes subject (a: torch.Tensor) (b: torch.Tensor) =
        let x, y = a.detach().clone().requires_grad_ true, b.detach().clone().requires_grad_ true
        let targets = if stops subject then [ a; b ] else [ x; y ]
        let loss = subject.Loss [ x; y ] targets
        loss.backward ()
        let slope (leaf: torch.Tensor) =
            Option.ofObj leaf.grad |> Option.defaultWith (fun () -> torch.zeros_like leaf)
        number loss, slope x, slope y

    let private differentiates trial subject =
        let a, b = views trial
        let _, da, db = slopes subject a b
        let direction salt = values trial salt trial.Pairs
        let u, v = direction 3, direction 4
        let h = 1e-6
        let loss sign =
            let move (z: torch.Tensor) (w: torch.Tensor) = z + w * Scope.number (sign * h)
            let a', b' = move a u, move b v
            number (subject.Loss [ a'; b' ] (if stops subject then [ a; b ] else [ a'; b' ]))
        let before, here, after = loss -1.0, loss 0.0, loss 1.0
        let found = (after - before) / (2.0 * h)
        let said = number ((da * u).sum() + (db * v).sum())
        let allowed = differences * (1.0 + abs found + number (da.abs().max()))
        // At a kink (a hinge, two values that change places in a sort) the slope is one side's or between.
        let left, right = (here - before) / h, (after - here) / h
        let kinked = abs (left - right) > allowed
        if
            abs (found - said) <= allowed
            || kinked && said >= min left right - allowed && said <= max left right + allowed
        then
            None
        else
            Some $"along a direction the loss changes by {found}, the gradient says {said}"

    let private permuted trial subject =
        let a, b = views trial
        let order = torch.tensor (Array.init trial.Pairs (fun i -> int64 (trial.Pairs - 1 - i)))
        off (plain subject a b) (plain subject (a.index_select (0L, order)) (b.index_select (0L, order)))

    let private stopped trial subject =
        let a, b = views trial
        let s, t = a.clone().requires_grad_ true, b.clone().requires_grad_ true
        (subject.Loss [ a.requires_grad_ true; b.requires_grad_ true ] [ s; t ]).backward()
        [ s; t ]
        |> List.choose (fun leaf -> Option.ofObj leaf.grad)
        |> List.map (fun g -> number (g.abs().max()))
        |> List.tryFind (fun g -> g <> 0.0)
        |> Option.map (fun g -> $"a target gets a gradient of {g}")

    let private rotated trial subject =
        let a, b = views trial
        let struct (q, _) = torch.linalg.qr (values trial 5 trial.Width)
        off (plain subject a b) (plain subject (a.mm q) (b.mm q))

    let private scaled trial subject =
        let a, b = views trial
        let factors salt = (values trial salt trial.Pairs).narrow(1L, 0L, 1L).exp()
        off (plain subject a b) (plain subject (a * factors 6) (b * factors 7))

    let private standardized trial subject =
        // Values of the order of 1000, against which the 1e-5 that standardizing adds to variances is nothing.
        let a, b = views trial
        let a, b = a * Scope.number 1e3, b * Scope.number 1e3
        let factor = (values trial 8 1).exp()
        let loss = plain subject a b
        let found = plain subject (a * factor + values trial 9 1) b
        if abs (loss - found) <= 1e-3 * (1.0 + abs loss) then
            None
        else
            Some $"the loss is {loss}, then {found}"

    let private equal trial subject expected =
        let one = (values trial 10 1).expand(int64 trial.Pairs, int64 trial.Width)
        let found, wanted =
            plain subject (one.contiguous ()) (one.contiguous ()), expected trial.Pairs trial.Width
        if abs (found - wanted) <= 1e-6 * (1.0 + abs wanted) then
            None
        else
            Some $"equal embeddings give {found}, not {wanted}"

    let private orthonormal trial subject (expected: int -> float) =
        let z = torch.eye (int64 trial.Pairs, int64 (max trial.Pairs trial.Width), dtype = torch.float64)
        let found, wanted = plain subject z z, expected trial.Pairs
        if abs (found - wanted) <= 1e-6 * (1.0 + abs wanted) then
            None
        else
            Some $"equal pairs at right angles give {found}, not {wanted}"

    let private extreme trial subject =
        let a, b = views trial
        let inputs = [
            "all embeddings equal", torch.ones_like a, torch.ones_like b
            "a row of zeros", a * torch.arange(int64 trial.Pairs).unsqueeze(1L).to_type torch.float64, b
            if scaleFree subject then
                "values of 1e-30", a * Scope.number 1e-30, b * Scope.number 1e-30
                "values of 1e30", a * Scope.number 1e30, b * Scope.number 1e30
        ]
        inputs
        |> List.tryPick (fun (what, a, b) ->
            let value, da, db = slopes subject (a.to_type torch.float32) (b.to_type torch.float32)
            let finite = [ da; db ] |> List.forall (fun g -> Double.IsFinite (number (g.abs().max())))
            if not (Double.IsFinite value) then Some $"{what}: the loss is {value}"
            elif not finite then Some $"{what}: the gradient is not finite"
            else None)

    let private silent trial subject =
        let a, b = views trial
        let broken = a.clone ()
        // The first row is an image without a label and the last one with, where that makes a difference; a classifier may look at the labelled ones only.
        for row in [ 0L; int64 trial.Pairs - 1L ] do
            broken[row, 0L] <- torch.tensor (nan, torch.float64)
        try
            let value = plain subject broken b
            if Double.IsFinite value then
                Some $"a value that is not a number gives the loss {value}"
            else
                None
        with :? ArgumentException ->
            None

    let private laws subject : (string * (ObjectiveTrial -> string option)) list = [
        if not (holds subject) then
            "the gradient is the slope", (fun t -> differentiates t subject)
        "extremes give finite losses and gradients", (fun t -> extreme t subject)
        "what is not a number is not passed over", (fun t -> silent t subject)
        for claim in subject.Claims do
            match claim with
            | Claim.OrderFree -> "the order of pairs changes nothing", (fun t -> permuted t subject)
            | Claim.Symmetric ->
                "swapping the views changes nothing",
                (fun t ->
                    let a, b = views t
                    off (plain subject a b) (plain subject b a))
            | Claim.ScaleFree -> "lengths change nothing", (fun t -> scaled t subject)
            | Claim.RotationFree -> "a rotation changes nothing", (fun t -> rotated t subject)
            | Claim.Standardizing ->
                "a factor and a shift of values change nothing", (fun t -> standardized t subject)
            | Claim.HoldsWeights -> ()
            | Claim.StopsTargets -> "targets get no gradient", (fun t -> stopped t subject)
            | Claim.EqualGives expected ->
                "equal embeddings give the known loss", (fun t -> equal t subject expected)
            | Claim.OrthonormalGives expected ->
                "equal pairs at right angles give the known loss", (fun t -> orthonormal t subject expected)
    ]

    let private arbitrary subject =
        Arb.fromGenShrink (
            gen {
                let! pairs = Gen.choose (max 2 subject.LeastPairs, 12)
                let! width = Gen.choose (2, 16)
                let! seed = Gen.choose (0, Int32.MaxValue)
                return { Pairs = pairs; Width = width; Seed = seed }
            },
            fun trial -> seq {
                if trial.Pairs > max 2 subject.LeastPairs then
                    { trial with Pairs = trial.Pairs - 1 }
                if trial.Width > 2 then
                    { trial with Width = trial.Width - 1 }
            }
        )

    /// Tries every law of a subject so many times, on 2 to 12 pairs of 2 to 16 values.
    let run trials subject =
        laws subject
        |> List.map (fun (name, law) ->
            let fault trial =
                use _ = torch.NewDisposeScope ()
                try
                    law trial
                with :? ArgumentException as e ->
                    Some $"refused: {e.Message}"
                |> Option.map (fun text ->
                    $"{subject.Name} of {trial.Pairs} pairs of {trial.Width} values, seed {trial.Seed}: {text}")
            Verdict.tryLaw trials (arbitrary subject) (fun _ -> true) "it was never tried" name fault)
