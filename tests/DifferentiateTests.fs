/// Functional differentiation: closed forms, dualities, differences.
module Vantage.Tests.DifferentiateTests

open System
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels

let private numbers (seed: uint64) count =
    Array.init count (fun i -> 2.0 * float (Philox.Uniform (seed, 0, int64 i, 0, 0)) - 1.0)

let private vector seed n = torch.tensor (numbers seed n)
let private values (t: torch.Tensor) = t.to_type(torch.float64).contiguous().data<float>().ToArray()

/// A smooth function of n numbers to m, different for every seed: tanh of a matrix, then another matrix, squared.
let private smooth seed n m =
    let a = (vector seed (5 * n)).reshape(5L, int64 n)
    let b = (vector (seed + 1UL) (m * 5)).reshape(int64 m, 5L)
    fun (x: torch.Tensor) -> b.mv(a.mv(x).tanh()).square()

let private property name check =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with maxTest = 60 } name (fun (seed: uint64) ->
        use _ = torch.NewDisposeScope ()
        check (seed, 1 + int (seed % 5UL), 1 + int (seed / 5UL % 4UL)))

let private near (a: torch.Tensor) (b: torch.Tensor) = Close.worst (values a) (values b) <= 1e-9

[<Tests>]
let tests =
    testList "Differentiate" [
        property "the Jacobian is that of differences" (fun (seed, n, m) ->
            let f, x = smooth seed n m, vector 9UL n
            let jacobian = Differentiate.jacobian f x
            List.forall
                (fun j ->
                    let e = torch.zeros_like x
                    e[int64 j] <- torch.tensor 1e-6
                    let column = (f (x + e) - f (x - e)) / 2e-6.ToScalar()
                    // Central differences in float64: 1e-10 of rounding over the step.
                    Close.worst (values column) (values (jacobian.select (1L, int64 j))) < 1e-7)
                [ 0 .. n - 1 ])
        property "jvp is the Jacobian times a vector, vjp a vector times the Jacobian" (fun (seed, n, m) ->
            let f, x = smooth seed n m, vector 9UL n
            let v, u = vector 3UL n, vector 4UL m
            let jacobian = Differentiate.jacobian f x
            let struct (y, pulled) = Differentiate.vjp f x u
            near (Differentiate.jvp f x v) (jacobian.mv v)
            && near (Differentiate.jacobianv f x v) (jacobian.mv v)
            && near pulled (jacobian.t().mv u)
            && near (Differentiate.jacobianTv f x u) pulled
            && near y (f x))
        property "the Hessian is the Jacobian of the gradient, and symmetric" (fun (seed, n, _) ->
            let f = smooth seed n 3
            let g (x: torch.Tensor) = (f x).sum()
            let x = vector 9UL n
            let hessian = Differentiate.hessian g x
            let direction = vector 5UL n
            let step = direction * 1e-6.ToScalar()
            let difference =
                (Differentiate.grad g (x + step) - Differentiate.grad g (x - step))
                / 2e-6.ToScalar()
            near hessian (hessian.t ())
            && Close.worst (values (hessian.mv direction)) (values difference) < 1e-6)
        property "diff of a power" (fun (seed, n, _) ->
            let x = 0.1 + float (seed % 1000UL) / 500.0
            let found = Differentiate.diff (fun t -> t.pow (Scope.number (float n + 1.0))) x
            abs (found - (float n + 1.0) * x ** float n) < 1e-9 * (1.0 + abs found))
        test "a quadratic: gradient A x + A^T x, Hessian A + A^T" {
            use _ = torch.NewDisposeScope ()
            let a, x = (vector 1UL 16).reshape(4L, 4L), vector 2UL 4
            let f (x: torch.Tensor) = x.dot (a.mv x)
            let struct (value, gradient) = Differentiate.gradv f x
            Expect.isTrue (near value (f x)) "value"
            Expect.isTrue (near gradient (a.mv x + a.t().mv(x))) "gradient"
            Expect.isTrue (near (Differentiate.hessian f x) (a + a.t ())) "Hessian"
        }
        test "NT-Xent's own gradient is what autograd would find" {
            use _ = torch.NewDisposeScope ()
            let b = (vector 1UL 20).reshape(5L, 4L)
            let mine (a: torch.Tensor) = Torch.NtXent.Loss (a, b, 0.5, true)
            let plain (a: torch.Tensor) =
                let z = torch.nn.functional.normalize (torch.cat ([| a; b |], 0L), dim = 1L)
                let masked =
                    (z.mm (z.t ()) / 0.5.ToScalar())
                        .masked_fill(torch.eye(10L).to_type torch.bool, Scalar.op_Implicit -infinity)
                torch.nn.functional.cross_entropy (masked, torch.arange(10L).roll 5L)
            let x = (vector 3UL 20).reshape(5L, 4L)
            Expect.isTrue (near (Differentiate.grad mine x) (Differentiate.grad plain x)) "gradients"
            let v = (vector 7UL 20).reshape(5L, 4L)
            Expect.isTrue (near (Differentiate.jvp mine x v) (Differentiate.jvp plain x v)) "forward mode"
        }
        test "what cannot be done is refused" {
            use _ = torch.NewDisposeScope ()
            let x = vector 1UL 4
            let message f =
                try
                    f () |> ignore
                    ""
                with :? ArgumentException as e ->
                    e.Message
            Expect.stringContains
                (message (fun () -> Differentiate.grad id x))
                "[4]"
                "a gradient of four numbers"
            let b = (vector 1UL 8).reshape(4L, 2L)
            let twice () =
                Differentiate.hessian
                    (fun a -> Torch.NtXent.Loss (a.reshape (4L, 2L), b, 0.5, true))
                    (vector 3UL 8)
            Expect.stringContains (message twice) "by hand" "a hand-written gradient twice"
        }
        test "a function that does not use its argument has a gradient of zero" {
            use _ = torch.NewDisposeScope ()
            let gradient = Differentiate.grad (fun _ -> torch.tensor 3.0) (vector 1UL 3)
            Expect.equal (values gradient) [| 0.0; 0.0; 0.0 |] "zero"
        }
        test "no tensor is left behind" {
            let f = smooth 3UL 4 2
            let x = vector 2UL 4
            let once () =
                use _ = torch.NewDisposeScope ()
                Differentiate.jacobian f x |> ignore
                Differentiate.jvp f x x |> ignore
                Differentiate.hessian (fun x -> (f x).sum()) x |> ignore
            once ()
            let live () = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount
            let before = live ()
            for _ in 1..20 do
                once ()
            Expect.equal (live ()) before "live tensors"
        }
    ]
