namespace Vantage

/// One step with the numbers of its random draws. Sites count from 0 in the order in which the tree is read; a step that
/// is dropped or moved keeps its sites, so the same draws give the same view.
[<RequireQualifiedAccess>]
type Planned =
    /// An operation whose first draw is at this site.
    | Do of site: int * Augmentation
    /// The inside happens where the draw at this site is below the probability.
    | Gate of site: int * probability: float * Planned list
    /// The branches in the order of their draws, one site for each branch from this one on.
    | Shuffle of site: int * Planned list list

/// An augmentation lowered to steps: what a view engine will be asked to do for every image.
type Plan = {
    Steps: Planned list
    /// Random numbers of one view of one image.
    Sites: int
    /// Steps of one view of one image, closed gates included.
    Slots: int
    /// The size of the view; none where the image keeps its own.
    Size: int<px> option
    /// The mean and deviation that end the view.
    Standardize: float list * float list
}

/// Lowers augmentations. Pure: it opens neither the kernels nor TorchSharp.
module Plan =
    /// Attempts of a random resized crop before it falls back on the centre (torchvision's get_params).
    let cropAttempts = 10

    /// Random numbers that an operation uses: two an attempt for a crop (area, aspect) and two for its place.
    let draws =
        function
        | Augmentation.Crop _ -> 2 * cropAttempts + 2
        | Augmentation.Brightness _
        | Augmentation.Contrast _
        | Augmentation.Saturation _
        | Augmentation.Hue _
        | Augmentation.Blur _ -> 1
        | Augmentation.FlipHorizontal
        | Augmentation.Grayscale
        | Augmentation.Standardize _
        | Augmentation.Sequence _
        | Augmentation.AnyOrder _
        | Augmentation.Sometimes _ -> 0

    let rec private lower site (step: Augmentation) : Planned list * int =
        match step with
        | Augmentation.Sequence inner ->
            let planned, after = List.mapFold lower site inner
            List.concat planned, after
        | Augmentation.AnyOrder inner ->
            let branches, after = List.mapFold lower (site + List.length inner) inner
            [ Planned.Shuffle (site, branches) ], after
        | Augmentation.Sometimes (probability, inner) ->
            let planned, after = lower (site + 1) inner
            [ Planned.Gate (site, probability, planned) ], after
        | Augmentation.Standardize _ -> [], site
        | operation -> [ Planned.Do (site, operation) ], site + draws operation

    let rec private slots planned =
        planned
        |> List.sumBy (function
            | Planned.Do _ -> 1
            | Planned.Gate (_, _, inside) -> slots inside
            | Planned.Shuffle (_, branches) -> List.sumBy slots branches)

    /// The plan of an augmentation.
    let ofAugmentation augmentation =
        let steps, sites = lower 0 augmentation
        let parts = Augmentation.parts augmentation
        {
            Steps = steps
            Sites = sites
            Slots = slots steps
            Size =
                parts
                |> List.tryPick (function
                    | Augmentation.Crop (size, _, _) -> Some size
                    | _ -> None)
            Standardize =
                parts
                |> List.tryPick (function
                    | Augmentation.Standardize (mean, deviation) -> Some (mean, deviation)
                    | _ -> None)
                |> Option.defaultValue ([ 0.0 ], [ 1.0 ])
        }

    let private words operation =
        (Print.augmentation operation).Replace("Augmentation.", "").Replace("Distribution.", "")

    let rec private lines indent planned =
        planned
        |> List.collect (function
            | Planned.Do (site, operation) ->
                let range =
                    match draws operation with
                    | 0 -> "no draw"
                    | 1 -> $"draw {site}"
                    | n -> $"draws {site}-{site + n - 1}"
                [ $"{indent}{words operation} ({range})" ]
            | Planned.Gate (site, probability, inside) ->
                $"{indent}where draw {site} < {probability}:" :: lines (indent + "  ") inside
            | Planned.Shuffle (site, branches) ->
                $"{indent}in the order of draws {site}-{site + List.length branches - 1}:"
                :: List.collect (lines (indent + "  ")) branches)

    /// The plan in words, a line for each step.
    let explain plan = lines System.String.Empty plan.Steps
