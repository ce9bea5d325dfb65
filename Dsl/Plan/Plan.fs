namespace Vantage

/// One step with the numbers of its random draws. Sites count from 0 in the order in which the tree is read; a step that
/// is dropped or moved keeps its sites, so the same draws give the same view.
[<RequireQualifiedAccess>]
type Planned =
    /// An operation whose draws start at this site, and the steps of a view engine that it becomes.
    | Do of site: int * draws: int * slots: int * Augmentation
    /// The inside happens where the draw at this site is below the probability.
    | Gate of site: int * probability: float * Planned list
    /// The branches in the order of their draws, one site for each branch from this one on.
    | Shuffle of site: int * Planned list list
    /// One branch, by weight, by the draw at this site.
    | Choose of site: int * weights: float list * Planned list list
    /// The `count` branches with the smallest draws, in their own order; one site for each branch from this one on.
    | Pick of site: int * count: int * Planned list list

/// An augmentation lowered to steps: what a view engine will be asked to do for every image.
type Plan = {
    Steps: Planned list
    /// Random numbers of one view of one image.
    Sites: int
    /// Steps of one view of one image, closed gates included.
    Slots: int
    /// The size of the image after all steps, before it is cut into tiles.
    Extent: Extent
    /// Tiles and their side; none where the view is one image.
    Tiles: (int * int<px>) option
    /// Channels of the view; none where they are the image's own.
    Channels: int option
    /// The mean and deviation that end the view.
    Standardize: float list * float list
}

/// Lowers augmentations. Pure: it opens neither the kernels nor TorchSharp.
module Plan =
    /// Attempts of a random box before it falls back (torchvision's get_params).
    let cropAttempts = 10

    /// Attempts of a block-wise mask to place a rectangle, all together.
    let blockAttempts = 300

    /// Random numbers that one view can have: the sites that the counter of a draw tells apart.
    let mostSites = 1 <<< 18

    /// Patches that one step of a view engine can mask.
    let patchesPerStep = 96

    let private patchesOf extent patch =
        match extent with
        | Sized (h, w) when patch > 0<px> ->
            let rows, columns = Extent.patches patch (h, w)
            rows * columns
        | _ -> 0

    /// Random numbers that an operation uses on an image of this extent: two an attempt for a box (area, aspect) and two for its place;
    /// one for each distribution; one for each thing that is put in order.
    let draws extent operation =
        match operation with
        | Augmentation.Crop _
        | Augmentation.RandomErasing _ -> 2 * cropAttempts + 2
        | Augmentation.DropChannels _
        | Augmentation.ShuffleChannels -> 3
        | Augmentation.Noise _ -> 3
        | Augmentation.Cutout _ -> 2
        | Augmentation.MaskPatches (patch, _, MaskShape.Scattered) -> 1 + patchesOf extent patch
        | Augmentation.MaskPatches (_, _, MaskShape.Blocks _) -> 1 + 4 * blockAttempts
        | Augmentation.Jigsaw (n, _) -> 3 * n * n
        | other -> (Augmentation.distributions other).Length

    /// Steps of a view engine that an operation becomes on an image of this extent.
    let slots extent operation =
        match operation with
        | Augmentation.MaskPatches (patch, _, _) ->
            (patchesOf extent patch + patchesPerStep - 1) / patchesPerStep |> max 1
        | other -> Extent.tiles extent other |> Option.defaultValue 1

    let rec private lower (site, extent) (step: Augmentation) : Planned list * (int * Extent) =
        let branches start inner = List.mapFold lower (start, extent) inner
        match step with
        | Augmentation.Sequence inner ->
            let planned, after = List.mapFold lower (site, extent) inner
            List.concat planned, after
        | Augmentation.AnyOrder inner ->
            let planned, after = branches (site + inner.Length) inner
            [ Planned.Shuffle (site, planned) ], after
        | Augmentation.Pick (count, inner) ->
            let planned, after = branches (site + inner.Length) inner
            [ Planned.Pick (site, count, planned) ], after
        | Augmentation.OneOf choices ->
            let planned, after = branches (site + 1) (List.map snd choices)
            [ Planned.Choose (site, List.map fst choices, planned) ], after
        | Augmentation.Sometimes (probability, inner) ->
            let planned, after = lower (site + 1, extent) inner
            [ Planned.Gate (site, probability, planned) ], after
        | Augmentation.Standardize _ -> [], (site, extent)
        | operation ->
            let draws = draws extent operation
            [ Planned.Do (site, draws, slots extent operation, operation) ],
            (site + draws, Extent.after extent operation)

    /// Steps of a view engine that these fill, whatever is drawn.
    let rec width planned =
        planned
        |> List.sumBy (function
            | Planned.Do (_, _, slots, _) -> slots
            | Planned.Gate (_, _, inside) -> width inside
            | Planned.Shuffle (_, branches) -> List.sumBy width branches
            | Planned.Choose (_, _, branches) -> branches |> List.map width |> List.fold max 0
            | Planned.Pick (_, count, branches) ->
                branches
                |> List.map width
                |> List.sortDescending
                |> List.truncate (max 0 count)
                |> List.sum)

    /// The plan of an augmentation.
    let ofAugmentation augmentation =
        let steps, (sites, extent) = lower (0, Stored) augmentation
        let parts = Augmentation.parts augmentation
        let last choose fallback = parts |> List.tryPick choose |> Option.defaultValue fallback
        {
            Steps = steps
            Sites = sites
            Slots = width steps
            Extent = extent
            Tiles =
                last
                    (function
                    | Augmentation.Jigsaw (_, patch)
                    | Augmentation.PatchGrid (patch, _) as cut ->
                        Extent.tiles extent cut |> Option.map (fun count -> Some (count, patch))
                    | _ -> None)
                    None
            Channels =
                last
                    (function
                    | Augmentation.KeepChannels (_, count) -> Some (Some count)
                    | _ -> None)
                    None
            Standardize =
                last
                    (function
                    | Augmentation.Standardize (mean, deviation) -> Some (mean, deviation)
                    | _ -> None)
                    ([ 0.0 ], [ 1.0 ])
        }

    let private words operation =
        (Print.augmentation operation).Replace("Augmentation.", "").Replace("Distribution.", "")

    let private range site count =
        match count with
        | 0 -> "no draw"
        | 1 -> $"draw {site}"
        | n -> $"draws {site}-{site + n - 1}"

    /// Steps in words, a line for each.
    let rec lines indent planned =
        let inside = lines (indent + "  ")
        let each branches =
            branches
            |> List.collect (function
                | [] -> [ $"{indent}  nothing" ]
                | branch -> inside branch)
        planned
        |> List.collect (function
            | Planned.Do (site, draws, _, operation) -> [ $"{indent}{words operation} ({range site draws})" ]
            | Planned.Gate (site, probability, steps) ->
                $"{indent}where draw {site} < {probability}:" :: inside steps
            | Planned.Shuffle (site, branches) ->
                $"{indent}in the order of {range site branches.Length}:" :: each branches
            | Planned.Choose (site, weights, branches) ->
                let shares = weights |> List.map string |> String.concat " : "
                $"{indent}one of these by draw {site}, weights {shares}:" :: each branches
            | Planned.Pick (site, count, branches) ->
                $"{indent}the {count} with the smallest of {range site branches.Length}:"
                :: each branches)

    /// The plan in words, a line for each step.
    let explain plan = lines "" plan.Steps
