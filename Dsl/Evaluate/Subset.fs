namespace Vantage

/// Parts of a labelled split, drawn from a seed: a part is the places of its images, in rising order.
module Subset =
    // Draws of subsets and of held-out parts use epochs that training does not reach.
    let private subsetEpoch, holdOutEpoch = 0x7FFFFFFE, 0x7FFFFFFD

    /// The images whose labels a share allows. Shares drawn from one seed are nested: 10 % holds all of 1 %.
    let ofShare seed classes share (labels: int array) =
        let count = Protocol.labelled classes labels.Length share
        let order = Order.permutation seed subsetEpoch labels.Length
        match share with
        | LabelShare.Random _ -> Array.truncate count order |> Array.sort
        | LabelShare.Balanced percent ->
            let each = count / classes
            let byClass = order |> Array.groupBy (fun i -> labels[i]) |> Map
            [| 0 .. classes - 1 |]
            |> Array.collect (fun c ->
                let own = byClass |> Map.tryFind c |> Option.defaultValue [||]
                if own.Length < each then
                    raise (
                        EvaluationException
                            $"class {c} has {own.Length} training images, and {percent} %% of balanced labels take {each} of each class. Take a smaller share, or randomLabels."
                    )
                Array.truncate each own)
            |> Array.sort

    /// Two parts without a common image: the one to fit on, and a share (between 0 and 1) of each class held out. A class keeps at least one image to fit on.
    let holdOut seed (share: float) (labels: int array) =
        let held =
            Order.permutation seed holdOutEpoch labels.Length
            |> Array.groupBy (fun i -> labels[i])
            |> Array.collect (fun (_, own) ->
                Array.truncate (min (own.Length - 1) (max 1 (int (round (share * float own.Length))))) own)
            |> Array.sort
        if held.Length = 0 then
            raise (
                EvaluationException
                    $"no image can be held out of {labels.Length}: each class has one image only. Use a protocol without a validation split (linearProbe), or more labels."
            )
        let isHeld = Array.zeroCreate<bool> labels.Length
        for i in held do
            isHeld[i] <- true
        [|
            for i in 0 .. labels.Length - 1 do
                if not isHeld[i] then
                    i
        |],
        held
