namespace Vantage

open System
open FsCheck
open FsCheck.FSharp
open Vantage.Kernels

/// Verification of augmentations: the laws of a user's own tree or engine.
module VerifyViews =
    /// Before standardization: what lies in [0, 1].
    let private bare (plan: Plan) = { plan with Standardize = [ 0.0 ], [ 1.0 ] }

    let private apart (a: float32 array) (b: float32 array) =
        Array.map2
            (fun (x: float32) y -> if Single.IsNaN x || Single.IsNaN y then infinity else float (abs (x - y)))
            a
            b
        |> Array.fold max 0.0

    /// Engines round to float32; a chain of a few steps multiplies that, and posterize, equalize and solarize may move a value on a threshold.
    let tolerance = 5e-5

    /// Operations at whose thresholds rounding decides: for them a law of equality allows a few values to differ.
    let private jumps tree =
        Augmentation.parts tree
        |> List.exists (function
            | Augmentation.Posterize _
            | Augmentation.Equalize
            | Augmentation.AutoContrast -> true
            | Augmentation.Solarize (Distribution.Exactly 0.5) -> false
            | Augmentation.Solarize _ -> true
            | _ -> false)

    let private agree tree (a: float32 array) (b: float32 array) =
        let off =
            Seq.zip a b
            |> Seq.filter (fun (x, y) -> not (abs (x - y) <= float32 tolerance))
            |> Seq.length
        // A threshold reached by rounding is rare: one value, or two per cent of a large view, is far above what it takes.
        if jumps tree then off <= max 1 (a.Length / 50) else off = 0

    let rec private sites planned =
        planned
        |> List.collect (function
            | Planned.Do (site, draws, _, _) -> [ for k in 0 .. draws - 1 -> site + k ]
            | Planned.Gate (site, _, inside) -> site :: sites inside
            | Planned.Choose (site, _, branches) -> site :: List.collect sites branches
            | Planned.Shuffle (site, branches)
            | Planned.Pick (site, _, branches) ->
                [ for k in 0 .. branches.Length - 1 -> site + k ] @ List.collect sites branches)

    /// Two sites that are one: a draw that decides two things.
    let sharedDraw (plan: Plan) =
        sites plan.Steps
        |> List.countBy id
        |> List.tryFind (fun (_, count) -> count > 1)
        |> Option.map fst

    /// A law: its name, and what is wrong with a trial, in words, where anything is.
    type private Law = string * (Trial -> string option)

    let private laws (lower: Augmentation -> Plan) (engine: IViewEngine) : Law list =
        let plan trial = lower trial.Tree |> bare
        let all trial = [| 0 .. trial.Images.Length - 1 |]
        let worst a b = $"values differ by {apart a b:E2}"
        [
            "every draw decides one thing",
            (fun trial ->
                sharedDraw (plan trial)
                |> Option.map (fun site -> $"draw {site} decides two things"))
            "views are finite and lie in [0, 1]",
            (fun trial ->
                let values, _ = Trial.render engine (plan trial) trial (all trial) 1
                values
                |> Array.tryFind (fun x -> not (x >= 0.0f && x <= 1.0f))
                |> Option.map (fun x -> $"a value is {x}"))
            "the engine does what the reference means",
            (fun trial ->
                let found, _ = Trial.render engine (plan trial) trial (all trial) 1
                let meant, _ = Trial.render ViewEngine.Reference (plan trial) trial (all trial) 1
                if agree trial.Tree found meant then None else Some (worst found meant))
            "a view made alone is the view made in a batch",
            (fun trial ->
                let shape = Trial.shapeOf trial (plan trial)
                let together, _ = Trial.render engine (plan trial) trial (all trial) 1
                all trial
                |> Array.tryPick (fun i ->
                    let alone, _ = Trial.render engine (plan trial) trial [| i |] 1
                    let batched = Array.sub together (i * shape.Length) shape.Length
                    if alone = batched then None else Some $"image {i}: {worst alone batched}"))
            "a permuted batch gives permuted views",
            (fun trial ->
                let shape = Trial.shapeOf trial (plan trial)
                let straight, _ = Trial.render engine (plan trial) trial (all trial) 1
                let reversed, _ = Trial.render engine (plan trial) trial (Array.rev (all trial)) 1
                let back = reversed |> Array.chunkBySize shape.Length |> Array.rev |> Array.concat
                if back = straight then None else Some (worst back straight))
            "the number of threads changes nothing",
            (fun trial ->
                // More images than one thread takes at a time.
                let many = Array.init 19 id
                let one, _ = Trial.render engine (plan trial) trial many 1
                let three, _ = Trial.render engine (plan trial) trial many 3
                if one = three then None else Some (worst one three))
            "rewrites change nothing",
            (fun trial ->
                let rewritten, _ = Rewrite.plan (plan trial)
                let before, _ = Trial.render engine (plan trial) trial (all trial) 1
                let after, _ = Trial.render engine rewritten trial (all trial) 1
                if agree trial.Tree before after then None else Some (worst before after))
        ]

    /// Whether the tree can be done to images of this size at all: a blur may need more pixels than there are.
    let private possible lower trial =
        try
            Trial.render
                ViewEngine.Reference
                (lower trial.Tree |> bare)
                trial
                [| 0 .. trial.Images.Length - 1 |]
                1
            |> ignore
            true
        with :? ArgumentException ->
            false

    let private run trials lower engine generator =
        laws lower engine
        |> List.map (fun (name, law) ->
            let fault trial =
                try
                    law trial
                with :? ArgumentException as e ->
                    Some $"the engine refused what the reference does: {e.Message}"
                |> Option.map (fun fault -> Trial.describe trial fault lower)
            Verdict.tryLaw
                trials
                (Arb.fromGenShrink (generator, Trial.shrink))
                (possible lower)
                "it was never tried: the tree can be done to none of the images, which have at most 47 px"
                name
                fault)

    let private refuse tree =
        match CheckView.errors tree with
        | [] -> ()
        | errors ->
            errors
            |> List.map RecipeError.message
            |> String.concat "\n"
            |> invalidArg (nameof tree)

    /// Runs every law on a tree under an engine, `trials` times each, on images of odd sizes.
    let augmentationOn (engine: IViewEngine) trials channels tree =
        refuse tree
        run trials Plan.ofAugmentation engine (Trial.trialOf tree channels (Trial.sizesFor tree))

    /// Runs every law on trees of a generator: for testing an engine, or a way of lowering trees of one's own.
    let engine
        (engine: IViewEngine)
        (lower: Augmentation -> Plan)
        trials
        channels
        (trees: Gen<Augmentation>)
        =
        gen {
            let! tree = trees
            return! Trial.trialOf tree channels (Trial.sizesFor tree)
        }
        |> run trials lower engine
