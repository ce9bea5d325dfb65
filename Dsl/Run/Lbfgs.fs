namespace Vantage

open System
open TorchSharp

/// Limited-memory BFGS with unit steps, as PyTorch's optimiser of the same name runs it without a line search (torch/optim/lbfgs.py):
/// history 100, first step min (1, 1 / |g|_1), stops where no gradient is above 1e-7 or nothing moves by 1e-9.
module Lbfgs =
    let private history = 100
    let private gradientTolerance = 1e-7
    let private changeTolerance = 1e-9

    let private dot (a: torch.Tensor) (b: torch.Tensor) = float (a.dot(b).item<float32>())

    let private largest (a: torch.Tensor) = float (a.abs().max().item<float32>())

    // The direction -H g by the two-loop recursion over pairs (step, change of gradient), newest first (Nocedal 1980).
    let private direction pairs (scale: float) (gradient: torch.Tensor) =
        let q = gradient.neg ()
        let factors =
            pairs
            |> List.map (fun (s: torch.Tensor, y: torch.Tensor, rho) ->
                let factor = rho * dot s q
                q.add_ (y, alpha = Scope.number -factor) |> ignore
                s, y, rho, factor)
        q.mul_ (Scope.number scale) |> ignore
        for s, y, rho, factor in List.rev factors do
            q.add_ (s, alpha = Scope.number (factor - rho * dot y q)) |> ignore
        q

    /// Minimises a function over a vector of float32, in place, by at most this many iterations; `slope` gives its value and gradient.
    let minimizeBy iterations (slope: torch.Tensor -> float * torch.Tensor) (x: torch.Tensor) =
        let evaluate () = slope x
        let rec go iteration pairs scale (value: float) (gradient: torch.Tensor) =
            let d = direction pairs scale gradient
            let t =
                if iteration = 1 then
                    min 1.0 (1.0 / float (gradient.abs().sum().item<float32>()))
                else
                    1.0
            if dot gradient d <= -changeTolerance then
                let step = d * Scope.number t
                x.add_ step |> ignore
                if iteration < iterations then
                    let next, after = evaluate ()
                    let still =
                        largest after > gradientTolerance
                        && largest step > changeTolerance
                        && abs (next - value) >= changeTolerance
                    if still then
                        let y = after - gradient
                        let ys = dot y step
                        if ys > 1e-10 then
                            let pairs = (step, y, 1.0 / ys) :: pairs |> List.truncate history
                            go (iteration + 1) pairs (ys / dot y y) next after
                        else
                            go (iteration + 1) pairs scale next after
        use _ = torch.NewDisposeScope ()
        let value, gradient = evaluate ()
        if largest gradient > gradientTolerance then
            go 1 [] 1.0 value gradient

    /// Minimises `loss` over a vector of float32, in place, its gradient by the rules of libtorch.
    let minimize iterations (loss: torch.Tensor -> torch.Tensor) (x: torch.Tensor) =
        let slope (x: torch.Tensor) =
            use _ = torch.NewDisposeScope ()
            let leaf = x.detach().requires_grad_ true
            let value = loss leaf
            value.backward ()
            float (value.item<float32>()), (nonNull leaf.grad).MoveToOuterDisposeScope()
        minimizeBy iterations slope x
