namespace Vantage

/// Words for runs whose recipe is at hand.
[<AutoOpen>]
module TrainedWords =
    /// A finished run of this very recipe in this folder.
    let trainedBy (recipe: Recipe) folder = {
        Folder = folder
        Fingerprint = Some (Print.fingerprint recipe)
        Encoder = recipe.Encoder
        Projector = recipe.Projector
    }
