namespace Vantage

open TorchSharp

/// What the views of a batch became.
type Branches = {
    /// Predictions of the views, n x d each, global views first; without a predictor, their embeddings.
    Predictions: torch.Tensor list
    /// What they are compared with: one for each global view.
    Targets: torch.Tensor list
    /// The learnt prototypes, and those of the target, where the objective has any.
    Prototypes: (torch.Tensor * torch.Tensor) option
    /// Numbers of the images in their set.
    Images: torch.Tensor
    /// Which epoch of the run this is: images are labelled anew when one begins.
    Epoch: int
    /// Their classes, where the set has labels.
    Labels: torch.Tensor option
}
