namespace Vantage

open System

/// What is wrong with protocols.
module CheckProtocol =
    let private positive x = Double.IsFinite x && x > 0.0

    let private notNegative x = Double.IsFinite x && x >= 0.0

    let private share x = x > 0.0 && x < 1.0

    let private plain (name: string) =
        name <> "" && name |> Seq.forall (fun c -> Char.IsLetterOrDigit c || c = '-')

    let private steps =
        function
        | Decline.Cosine -> true
        | Decline.Steps epochs -> epochs |> List.forall (fun e -> e > 0)

    let rec private good =
        function
        | Protocol.Knn (k, t) -> k >= 1 && positive t
        | Protocol.Linear (decay, iterations) -> iterations >= 1 && notNegative decay
        | Protocol.LinearSweep (holdOut, iterations) -> iterations >= 1 && share holdOut
        | Protocol.LinearSgd s ->
            plain s.Name
            && not s.Rates.IsEmpty
            && List.forall positive s.Rates
            && share s.HoldOut
            && steps s.Decline
            && s.Batch >= 1
            && s.Epochs >= 1
            && s.Momentum >= 0.0
            && s.Momentum < 1.0
            && notNegative s.Decay
        | Protocol.LinearCrops (s, crop) -> good (Protocol.LinearSgd s) && positive crop && crop <= 1.0
        | Protocol.FineTune s ->
            let momentum =
                match s.Stepping with
                | Stepping.Nesterov m
                | Stepping.Lars m -> m
            plain s.Name
            && s.Layers >= 0
            && not s.Rates.IsEmpty
            && List.forall positive s.Rates
            && share s.HoldOut
            && steps s.Decline
            && s.Batch >= 2
            && s.Epochs >= 1
            && momentum >= 0.0
            && momentum < 1.0
            && notNegative s.Decay
            && positive s.Crop
            && s.Crop <= 1.0
        | Protocol.FewLabels ((LabelShare.Balanced percent | LabelShare.Random percent), inner) ->
            positive percent && percent <= 100.0 && good inner
        | Protocol.PerClass inner
        | Protocol.MeanPrecision inner -> good inner
        | Protocol.Transfer (data, inner) -> data <> "" && good inner
        | Protocol.Seeds (count, inner) -> count >= 2 && good inner
        | Protocol.Corrupted (images, corruptions, inner) ->
            images >= 1
            && not corruptions.IsEmpty
            && List.distinct corruptions = corruptions
            && good inner
        | Protocol.Transformed (Transformation.Noisy deviation, images) -> positive deviation && images >= 100
        | Protocol.Transformed (_, images) -> images >= 100
        | Protocol.Online rate -> positive rate
        | Protocol.Classifier -> true

    // What a protocol says of the one inside it, the outermost first: another set, seeds, corruptions, then a figure and a share in any order.
    let private around =
        function
        | Protocol.Transfer (_, inner) -> Some (0, inner)
        | Protocol.Seeds (_, inner) -> Some (1, inner)
        | Protocol.Corrupted (_, _, inner) -> Some (2, inner)
        | Protocol.PerClass inner
        | Protocol.MeanPrecision inner -> Some (3, inner)
        | Protocol.FewLabels (_, inner) -> Some (4, inner)
        | _ -> None

    let rec private ranks protocol =
        match around protocol with
        | Some (rank, inner) -> rank :: ranks inner
        | None -> []

    // The first protocol that holds another one that it cannot hold. The recipe's own classifier can only be looked at under corruptions, and a transformation only with several seeds or on another set.
    let rec private misfit protocol =
        match around protocol with
        | Some (rank, inner) ->
            let inside = ranks inner
            let stands =
                match Protocol.core inner with
                | Protocol.Classifier -> rank = 2
                | Protocol.Online _ -> false
                | Protocol.Transformed _ -> rank < 2
                | _ -> true
            if
                not stands
                || List.contains rank inside
                || inside |> List.exists (fun own -> own < rank && own < 3)
            then
                Some (protocol, inner)
            else
                misfit inner
        | None -> None

    let private keeps (recipe: Recipe) protocol = [
        match Protocol.core protocol, recipe.Projector with
        | Protocol.FineTune s, Head layers when s.Layers > layers.Length ->
            RecipeError.FineTuneKeepsTooMuch (protocol, layers.Length)
        | _ -> ()
    ]

    /// Errors that the recipe alone shows.
    let errors (recipe: Recipe) : RecipeError list = [
        for protocol in recipe.Evaluate do
            if not (good protocol) then
                RecipeError.BadProtocol protocol
            yield! keeps recipe protocol
            match misfit protocol, protocol, recipe.Objective with
            | Some (outer, inner), _, _ -> RecipeError.ProtocolDoesNotFit (outer, inner)
            | None, _, Objective.Classify _ -> ()
            | None, _, objective when Protocol.core protocol = Protocol.Classifier ->
                RecipeError.NoClassifier objective
            | _ -> ()
        for name, twice in recipe.Evaluate |> List.countBy Protocol.name do
            if twice > 1 then
                RecipeError.ProtocolTwice name
    ]

    /// Errors of a protocol on a set of this shape. How many classes it has is not known here: a balanced share counts as of one class, the least it can be.
    let rec onImages (shape: ImageShape) protocol : RecipeError list =
        match protocol with
        | Protocol.Knn (k, _) when k > shape.Images -> [ RecipeError.NeighboursMoreThanImages (k, shape) ]
        | (Protocol.LinearSgd s | Protocol.LinearCrops (s, _)) when s.Batch > shape.Images -> [
            RecipeError.ProbeBatchLargerThanSet (protocol, shape.Images)
          ]
        | Protocol.FineTune s when s.Batch > shape.Images -> [
            RecipeError.ProbeBatchLargerThanSet (protocol, shape.Images)
          ]
        | Protocol.FewLabels (share, inner) ->
            onImages { shape with Images = min shape.Images (Protocol.labelled 1 shape.Images share) } inner
        | Protocol.Transformed (Transformation.Grey, _) when shape.Channels <> 3 -> [
            RecipeError.TransformationNeedsColour (protocol, shape.Channels)
          ]
        | Protocol.PerClass inner
        | Protocol.MeanPrecision inner
        | Protocol.Seeds (_, inner)
        | Protocol.Corrupted (_, _, inner) -> onImages shape inner
        | _ -> []
