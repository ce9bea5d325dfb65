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
        | Protocol.Classifier -> true

    // What a protocol does to the one inside it; each may be done once.
    let private around =
        function
        | Protocol.FewLabels (_, inner) -> Some ("share", inner)
        | Protocol.PerClass inner
        | Protocol.MeanPrecision inner -> Some ("figure", inner)
        | Protocol.Transfer (_, inner) -> Some ("set", inner)
        | _ -> None

    let rec private kinds protocol =
        match around protocol with
        | Some (kind, inner) -> kind :: kinds inner
        | None -> []

    // The first protocol that holds another one that it cannot hold. Another set is said first, around everything else.
    let rec private misfit protocol =
        match around protocol with
        | Some (kind, inner) ->
            let inside = kinds inner
            if
                Protocol.core inner = Protocol.Classifier && inside.IsEmpty
                || List.contains kind inside
                || List.contains "set" inside
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
            | None, Protocol.Classifier, Objective.Classify _ -> ()
            | None, Protocol.Classifier, objective -> RecipeError.NoClassifier objective
            | _ -> ()
        for name, twice in recipe.Evaluate |> List.countBy Protocol.name do
            if twice > 1 then
                RecipeError.ProtocolTwice name
    ]

    /// Errors of a protocol on a set of this shape. How many classes it has is not known here: a balanced share counts as of one class, the least it can be.
    let rec onImages (shape: ImageShape) protocol : RecipeError list =
        match protocol with
        | Protocol.Knn (k, _) when k > shape.Images -> [ RecipeError.NeighboursMoreThanImages (k, shape) ]
        | Protocol.LinearSgd s when s.Batch > shape.Images -> [
            RecipeError.ProbeBatchLargerThanSet (protocol, shape.Images)
          ]
        | Protocol.FineTune s when s.Batch > shape.Images -> [
            RecipeError.ProbeBatchLargerThanSet (protocol, shape.Images)
          ]
        | Protocol.FewLabels (share, inner) ->
            onImages { shape with Images = min shape.Images (Protocol.labelled 1 shape.Images share) } inner
        | Protocol.PerClass inner
        | Protocol.MeanPrecision inner -> onImages shape inner
        | _ -> []
