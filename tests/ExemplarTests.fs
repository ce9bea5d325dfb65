module Vantage.Tests.ExemplarTests

open Expecto
open FsCheck
open TorchSharp
open Vantage.Kernels

// log (1 + exp (largest distance to its own image - smallest to another)), by plain loops.
let private naive (rows: float array array) (images: int64 array) =
    let distance (a: float array) b = Array.map2 (fun x y -> (x - y) * (x - y)) a b |> Array.sum |> sqrt
    rows
    |> Array.mapi (fun i anchor ->
        let picked same = [|
            for k in 0 .. rows.Length - 1 do
                if (images[k] = images[i]) = same then
                    distance anchor rows[k]
        |]
        log (1.0 + exp (Array.max (picked true) - Array.min (picked false))))
    |> Array.average

let private loss (rows: float array array) (images: int64 array) =
    use _ = torch.NewDisposeScope ()
    Torch.BatchHard.Loss(torch.tensor (array2D rows), torch.tensor images).item<float>()

let private draw (seed: int) n d =
    let random = System.Random seed
    Array.init n (fun _ -> Array.init d (fun _ -> random.NextDouble () * 4.0 - 2.0))

// Roots of differences of squares of length 8 in double precision.
let private near = 1e-6

/// The batch-hard triplet loss of exemplars against its definition.
[<Tests>]
let tests =
    testList "Exemplar" [
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 40 }
            "the tensor loss is the plain loops'"
            (fun (seed: int) ->
                let rows = draw seed 8 3
                let images = [| 0L; 1L; 2L; 3L; 0L; 1L; 2L; 3L |]
                abs (loss rows images - naive rows images) < near)
        test "all alike costs log 2, and the gradient is finite there" {
            use _ = torch.NewDisposeScope ()
            let alike = torch.ones (4L, 3L, dtype = torch.float64, requires_grad = true)
            let value = Torch.BatchHard.Loss (alike, torch.tensor [| 0L; 1L; 0L; 1L |])
            Expect.isLessThan (abs (value.item<float>() - log 2.0)) near "log 2"
            value.backward ()
            Expect.isTrue ((nonNull alike.grad).isfinite().all().item<bool>()) "finite"
        }
        test "images of one kind only are refused" {
            Expect.throwsC (fun () -> loss (draw 1 2 3) [| 5L; 5L |] |> ignore) (fun e ->
                Expect.stringContains e.Message "one image" "named")
        }
    ]
