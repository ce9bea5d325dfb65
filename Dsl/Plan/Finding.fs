namespace Vantage

/// A way in which embeddings stop saying anything.
[<RequireQualifiedAccess>]
type CollapseKind =
    /// All images get one embedding.
    | Complete
    /// Embeddings fill a few of their dimensions.
    | Dimensional
    /// All images get one prototype, or none in particular.
    | Cluster
    /// Targets change faster than they can be followed, and training does not settle.
    | Oscillation

/// Why a collapse does not happen.
type Prevention = {
    /// What prevents it, all of these together; none where the objective itself does.
    By: Mechanism list
    Why: string
    /// Where that is argued or measured.
    Source: string
    /// Whether the loss itself costs more when collapsed; otherwise the dynamics of training keep away from it.
    InLoss: bool
}

/// What is known of one kind of collapse in a recipe.
type Finding = {
    Kind: CollapseKind
    /// Whether the recipe has what this collapse needs: prototypes, a queue.
    Applies: bool
    Prevented: Prevention list
}
