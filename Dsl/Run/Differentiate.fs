namespace Vantage

open System
open TorchSharp

/// Functional differentiation over TorchSharp's autograd, in DiffSharp's words. A function goes from a tensor to a tensor; every result is exact,
/// a tensor of its own that needs no gradient.
[<RequireQualifiedAccess>]
module Differentiate =
    let private leaf (x: torch.Tensor) = x.detach().clone().requires_grad_ true

    let private keep (t: torch.Tensor) = t.detach().clone().MoveToOuterDisposeScope()

    let private scalar (y: torch.Tensor) =
        if y.numel () <> 1L then
            let shape = String.Join (", ", y.shape)
            invalidArg
                (nameof y)
                $"grad needs a function to a single number; this one gives [{shape}]. Use jacobian, or sum what it gives."
        y

    /// J^T v of f's outputs with respect to x; zeros where f does not use x. `twice` keeps the graph of the result.
    let private pull twice (y: torch.Tensor) (x: torch.Tensor) (v: torch.Tensor) =
        if not y.requires_grad then
            torch.zeros_like x
        else
            let found =
                torch.autograd.grad (
                    [| y |],
                    [| x |],
                    [| v |],
                    retain_graph = true,
                    create_graph = twice,
                    allow_unused = true
                )
            match Option.ofObj found[0] with
            | Some gradient -> gradient
            | None -> torch.zeros_like x

    /// v^T J with a graph of its own; none where part of it is written by hand and would count as a constant in a second pass.
    let private pullAgain (y: torch.Tensor) (x: torch.Tensor) (v: torch.Tensor) =
        let asked = Vantage.Kernels.Torch.Once.Asked
        let pulled = pull true y x v
        if Vantage.Kernels.Torch.Once.Asked = asked then Some pulled else None

    /// The value of f at x, and v^T J: the product of a vector with the Jacobian ("reverse mode"). v has the shape of f x.
    let vjp (f: torch.Tensor -> torch.Tensor) (x: torch.Tensor) (v: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let x = leaf x
        let y = f x
        let product = pull false y x v
        struct (keep y, keep product)

    /// The gradient of a function to one number, with its value first.
    let gradv (f: torch.Tensor -> torch.Tensor) (x: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let struct (value, gradient) = vjp (f >> scalar) x (torch.ones ([||], x.dtype, x.device))
        struct (keep value, keep gradient)

    /// The gradient of a function to one number, of x's shape.
    let grad f x =
        use _ = torch.NewDisposeScope ()
        let struct (_, gradient) = gradv f x
        keep gradient

    /// The derivative of a function of one number.
    let diff (f: torch.Tensor -> torch.Tensor) (x: float) =
        use _ = torch.NewDisposeScope ()
        (grad f (torch.tensor (x, torch.float64))).item<float>()

    /// The Jacobian: f's outputs as rows, x's values as columns.
    let jacobian (f: torch.Tensor -> torch.Tensor) (x: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let x = leaf x
        let y = f(x).reshape -1L
        let eye = torch.eye (y.numel (), dtype = y.dtype, device = y.device)
        let rows = Array.init (int (y.numel ())) (fun i -> (pull false y x eye[int64 i]).reshape -1L)
        torch.stack rows |> keep

    /// J v: the product of the Jacobian with a vector of x's shape ("forward mode"), of the shape of f x. Two reverse passes where the function can be
    /// differentiated twice; one for each output where its gradient is written by hand.
    let jvp (f: torch.Tensor -> torch.Tensor) (x: torch.Tensor) (v: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let input = leaf x
        let y = f input
        let dual = torch.zeros_like(y).requires_grad_ true
        let product =
            match pullAgain y input dual with
            | Some pulled when pulled.requires_grad -> pull false pulled dual v
            | Some _ -> torch.zeros_like y // f does not use x
            | None -> (jacobian f x).mv(v.reshape -1L).reshape y.shape
        keep product

    /// The Hessian of a function to one number: x's values as rows and columns. A function whose gradient is written by hand cannot be differentiated
    /// twice by autograd and is refused.
    let hessian (f: torch.Tensor -> torch.Tensor) (x: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let x = leaf x
        let y = scalar (f x)
        let gradient =
            match pullAgain y x (torch.ones_like y) with
            | Some gradient -> gradient
            | None ->
                invalidArg
                    (nameof f)
                    "part of this function's gradient is written by hand, so autograd cannot differentiate it again. Write the function in tensor operations, or take differences of grad."
        let gradient = gradient.reshape -1L
        let eye = torch.eye (gradient.numel (), dtype = x.dtype, device = x.device)
        let rows =
            Array.init (int (gradient.numel ())) (fun i -> (pull false gradient x eye[int64 i]).reshape -1L)
        torch.stack rows |> keep

    /// DiffSharp's name of `jvp`.
    let jacobianv f x v = jvp f x v

    /// DiffSharp's name of the second part of `vjp`.
    let jacobianTv f x v =
        use _ = torch.NewDisposeScope ()
        let struct (_, product) = vjp f x v
        keep product
