namespace Vantage

open TorchSharp
open Vantage.Kernels

/// A linear classifier that learns beside a run, from representations without gradient: it tells how the encoder gets on, and changes nothing of it.
[<Sealed>]
type OnlineProbe(width: int, classes: int, rate: float, device: torch.Device) =
    let zeros (sizes: int64 array) = (Kept (torch.zeros(sizes, device = device).requires_grad_ true)).Value

    let weight = zeros [| int64 classes; int64 width |]
    let bias = zeros [| int64 classes |]
    let rule = Optim.AdamW ([| struct ("weight", weight); struct ("bias", bias) |], 0.0)

    /// Everything that a later step depends on, by name.
    member _.State: (string * torch.Tensor) list = [
        "weight", weight
        "bias", bias
        for struct (name, tensor) in rule.State do
            name, tensor
    ]

    /// The share of representations, n x d, whose label it tells. It learns nothing from them.
    member _.Right(representations: torch.Tensor, labels: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        use _ = torch.no_grad ()
        let scores = torch.nn.functional.linear (representations, weight, bias)
        float (scores.argmax(1L).eq(labels).to_type(torch.float32).mean().item<float32>())

    /// The share of representations, n x d, whose label it tells; then it learns from them.
    member _.Step(representations: torch.Tensor, labels: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let scores = torch.nn.functional.linear (representations.detach (), weight, bias)
        let right = scores.argmax(1L).eq(labels).to_type(torch.float32).mean().item<float32>()
        rule.ZeroGrad ()
        torch.nn.functional.cross_entropy(scores, labels).backward()
        rule.Step rate
        float right
