namespace Vantage

/// How strong an equality a rewrite keeps.
[<RequireQualifiedAccess>]
type Equality =
    /// The same draws give the same view, up to rounding.
    | Pathwise
    /// The views have the same distribution.
    | InDistribution

/// A simplification of plans, with the equality that it keeps.
type Rewrite = { Name: string; Keeps: Equality; Apply: Planned list -> Planned list }

/// The rewrites that run before anything is drawn. Each keeps pathwise equality and never renumbers a site; a property of the same name
/// tests it on generated trees.
module Rewrite =
    /// Applies f to every list of steps, the innermost first.
    let rec private everywhere f planned =
        planned
        |> List.map (function
            | Planned.Do _ as step -> step
            | Planned.Gate (site, p, inside) -> Planned.Gate (site, p, everywhere f inside)
            | Planned.Shuffle (site, branches) -> Planned.Shuffle (site, List.map (everywhere f) branches)
            | Planned.Choose (site, weights, branches) ->
                Planned.Choose (site, weights, List.map (everywhere f) branches)
            | Planned.Pick (site, count, branches) ->
                Planned.Pick (site, count, List.map (everywhere f) branches))
        |> f

    let private each f = everywhere (List.collect f)

    /// A gate that is always open is its inside; one that is always closed, or holds nothing, is nothing.
    let deadGates = {
        Name = "dead gates dropped"
        Keeps = Equality.Pathwise
        Apply =
            each (function
                | Planned.Gate (_, _, [])
                | Planned.Gate (_, 0.0, _) -> []
                | Planned.Gate (_, 1.0, inside) -> inside
                | step -> [ step ])
    }

    /// A choice with one branch is that branch; an order of one, a pick of all, too; branches that hold nothing need no order.
    let flatChoices = {
        Name = "choices without a choice flattened"
        Keeps = Equality.Pathwise
        Apply =
            each (function
                | Planned.Shuffle (_, [ only ])
                | Planned.Choose (_, _, [ only ]) -> only
                | Planned.Pick (_, count, branches) when count = branches.Length -> List.concat branches
                | Planned.Pick (_, 0, _) -> []
                | Planned.Shuffle (_, branches)
                | Planned.Choose (_, _, branches)
                | Planned.Pick (_, _, branches) when List.forall List.isEmpty branches -> []
                | step -> [ step ])
    }

    /// Operations whose every draw leaves the image as it is are dropped.
    let idle = {
        Name = "idle operations dropped"
        Keeps = Equality.Pathwise
        Apply =
            each (function
                | Planned.Do (_, _, _, operation) as step ->
                    match operation with
                    | Augmentation.Brightness (Distribution.Exactly 1.0)
                    | Augmentation.Contrast (Distribution.Exactly 1.0)
                    | Augmentation.ContrastByChannel (Distribution.Exactly 1.0)
                    | Augmentation.Saturation (Distribution.Exactly 1.0)
                    | Augmentation.Sharpness (Distribution.Exactly 1.0)
                    | Augmentation.AddBrightness (Distribution.Exactly 0.0)
                    | Augmentation.Hue (Distribution.Exactly 0.0)
                    | Augmentation.Blur (Distribution.Exactly 0.0, _)
                    | Augmentation.BoxBlur (Distribution.Exactly 0.0)
                    | Augmentation.Noise (Distribution.Exactly 0.0) -> []
                    | Augmentation.QuarterTurns n when n % 4 = 0 -> []
                    | _ -> [ step ]
                | step -> [ step ])
    }

    /// Whether mirroring before and after a step are the same.
    let rec private mirrors planned =
        match planned with
        | Planned.Do (_, _, _, operation) ->
            match operation with
            | Augmentation.Crop _
            | Augmentation.CenterCrop _
            | Augmentation.Resize _
            | Augmentation.QuarterTurns _
            | Augmentation.Affine _
            | Augmentation.Noise _
            | Augmentation.Cutout _
            | Augmentation.RandomErasing _
            | Augmentation.MaskPatches _
            | Augmentation.Jigsaw _
            | Augmentation.PatchGrid _ -> false
            | _ -> true
        | Planned.Gate (_, _, inside) -> List.forall mirrors inside
        | Planned.Shuffle (_, branches)
        | Planned.Choose (_, _, branches)
        | Planned.Pick (_, _, branches) -> branches |> List.forall (List.forall mirrors)

    let private isFlip =
        function
        | Planned.Do (_, _, _, Augmentation.FlipHorizontal)
        | Planned.Gate (_, _, [ Planned.Do (_, _, _, Augmentation.FlipHorizontal) ]) -> true
        | _ -> false

    let private isCrop =
        function
        | Planned.Do (_, _, _, Augmentation.Crop _) -> true
        | _ -> false

    /// A flip moves back over the steps that mirroring does not disturb to the crop before them, where the fast engine does both as one warp.
    let flipToCrop = {
        Name = "crop and flip as one warp"
        Keeps = Equality.Pathwise
        Apply =
            everywhere (fun planned ->
                ([], planned)
                ||> List.fold (fun before step ->
                    // `before` is in reverse.
                    let passed = before |> List.takeWhile (fun s -> mirrors s && not (isFlip s))
                    let rest = List.skip passed.Length before
                    match List.skipWhile isFlip rest with
                    | crop :: _ when isFlip step && isCrop crop -> passed @ step :: rest
                    | _ -> step :: before)
                |> List.rev)
    }

    /// All of them, in the order in which they run.
    let all = [ deadGates; flatChoices; idle; flipToCrop ]

    /// The plan after all rewrites, again and again until none changes it, and the names of those that did.
    let plan (plan: Plan) =
        let rec settle steps used =
            let after, names =
                ((steps, used), all)
                ||> List.fold (fun (steps, used) rewrite ->
                    let after = rewrite.Apply steps
                    after, (if after = steps then used else rewrite.Name :: used))
            if after = steps then steps, names else settle after names
        let steps, used = settle plan.Steps []
        { plan with Steps = steps; Slots = Plan.width steps }, List.distinct (List.rev used)
