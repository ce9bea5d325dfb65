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
        | Protocol.FewLabels ((LabelShare.Balanced percent | LabelShare.Random percent), inner) ->
            positive percent && percent <= 100.0 && good inner
        | Protocol.PerClass inner -> good inner
        | Protocol.Classifier -> true

    let rec private shares =
        function
        | Protocol.FewLabels _ -> true
        | Protocol.PerClass inner -> shares inner
        | _ -> false

    let rec private averages =
        function
        | Protocol.PerClass _ -> true
        | Protocol.FewLabels (_, inner) -> averages inner
        | _ -> false

    // The first protocol that holds another one that it cannot hold.
    let rec private misfit protocol =
        match protocol with
        | Protocol.FewLabels (_, inner) when inner = Protocol.Classifier || shares inner ->
            Some (protocol, inner)
        | Protocol.PerClass inner when inner = Protocol.Classifier || averages inner -> Some (protocol, inner)
        | Protocol.FewLabels (_, inner)
        | Protocol.PerClass inner -> misfit inner
        | _ -> None

    /// Errors that the recipe alone shows.
    let errors (recipe: Recipe) : RecipeError list = [
        for protocol in recipe.Evaluate do
            if not (good protocol) then
                RecipeError.BadProtocol protocol
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
        | Protocol.FewLabels (share, inner) ->
            onImages { shape with Images = min shape.Images (Protocol.labelled 1 shape.Images share) } inner
        | Protocol.PerClass inner -> onImages shape inner
        | _ -> []
