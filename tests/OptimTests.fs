module Vantage.Tests.OptimTests

open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels

let private leaf (values: float list) = torch.tensor(List.toArray values).requires_grad_ true

// Gives w the gradient g, by the loss w . g.
let private pull (w: torch.Tensor) (g: float list) =
    (w * torch.tensor(List.toArray g).reshape w.shape).sum().backward()

let private values (t: torch.Tensor) = t.detach().data<float>().ToArray()

let private gradients = [ [ 0.1; 0.2; 0.2 ]; [ -0.3; 0.1; 0.0 ]; [ 0.2; -0.2; 0.5 ]; [ 0.0; 0.4; -0.1 ] ]

// Four steps of ours and of TorchSharp's on the same gradients: both end at the same weights.
let private against
    (ours: torch.Tensor -> Optim.Optimizer)
    (theirs: Modules.Parameter -> torch.optim.Optimizer)
    =
    let start = [ 1.0; 2.0; -2.0 ]
    let a = (leaf start).detach().reshape(1L, 3L).requires_grad_ true
    let b = new Modules.Parameter ((leaf start).detach().reshape(1L, 3L), true)
    let optimizer, other = ours a, theirs b
    for g in gradients do
        optimizer.ZeroGrad ()
        other.zero_grad ()
        pull a g
        pull b g
        optimizer.Step 0.1
        other.step () |> ignore
    Close.worst (values a) (values b)

let private lars form decay trust clip parameters =
    new Optim.Lars (parameters, 0.9, decay, form, trust, false, clip)

/// Optimisers against TorchSharp's, published figures and the golden file.
[<Tests>]
let tests =
    testList "Optimisers" [
        test "SGD equals TorchSharp's" {
            let worst =
                against (fun w -> new Optim.Sgd ([| struct ("w", w) |], 0.9, 0.01)) (fun p ->
                    torch.optim.SGD ([ p ], 0.1, 0.9, 0.0, 0.01))
            Expect.isLessThan worst 1e-12 "after four steps"
        }
        test "SGD with Nesterov's momentum equals TorchSharp's" {
            let worst =
                against (fun w -> new Optim.Sgd ([| struct ("w", w) |], 0.9, 0.01, true)) (fun p ->
                    torch.optim.SGD ([ p ], 0.1, 0.9, 0.0, 0.01, true))
            Expect.isLessThan worst 1e-12 "after four steps"
        }
        test "LARC takes the golden steps" {
            let golden = Golden.load "losses.safetensors"
            let value key = Golden.f32 $"lars.{key}" golden
            let w = torch.tensor(value "in.w").reshape(8L, 5L).requires_grad_ true
            let b = torch.tensor(value "in.b").requires_grad_ true
            let optimizer = lars Optim.LarsForm.Larc 0.01 0.001 false [| struct ("w", w); struct ("b", b) |]
            for step in 0..2 do
                optimizer.ZeroGrad ()
                pull w (Array.toList (value $"in.gw{step}"))
                pull b (Array.toList (value $"in.gb{step}"))
                optimizer.Step 0.3
                // Weights of order 1, in float32 at the peer's.
                Expect.isLessThan (Close.worst (values w) (value $"out.w{step}")) 1e-6 $"w, step {step}"
                Expect.isLessThan (Close.worst (values b) (value $"out.b{step}")) 1e-6 $"b, step {step}"
        }
        test "LARC takes its known first step, and its clip" {
            // methods.md, section 7: r is 0.005 for w (1, 2, -2), g (.1, .2, .2), decay .1, eta .001.
            let stepped trust clip =
                let w = torch.tensor([| 1.0; 2.0; -2.0 |]).reshape(1L, 3L).requires_grad_ true
                let optimizer = lars Optim.LarsForm.Larc 0.1 trust clip [| struct ("w", w) |]
                pull w [ 0.1; 0.2; 0.2 ]
                optimizer.Step 0.3
                values w
            let moved by = Array.map2 (fun w u -> w - by * u) [| 1.0; 2.0; -2.0 |] [| 0.2; 0.4; 0.0 |]
            Expect.isLessThan (Close.worst (stepped 0.001 false) (moved (0.3 * 0.005))) 1e-9 "r"
            Expect.isLessThan (Close.worst (stepped 0.001 true) (moved 0.005)) 1e-9 "r / rate"
            Expect.isLessThan (Close.worst (stepped 1.0 true) (moved 0.3)) 1e-9 "clipped to a plain step"
        }
        test "LARS with the rate inside and outside differ only where the rate changes" {
            let run form rates =
                let w = torch.tensor([| 1.0; 2.0; -2.0 |]).reshape(1L, 3L).requires_grad_ true
                let optimizer = lars form 0.1 0.001 false [| struct ("w", w) |]
                for g, rate in List.zip gradients rates do
                    optimizer.ZeroGrad ()
                    pull w g
                    optimizer.Step rate
                values w
            let worst rates = Close.worst (run Optim.LarsForm.Inside rates) (run Optim.LarsForm.Outside rates)
            Expect.isLessThan (worst [ 0.3; 0.3; 0.3; 0.3 ]) 1e-12 "constant"
            Expect.isGreaterThan (worst [ 0.3; 0.1; 0.3; 0.1 ]) 1e-6 "changing"
        }
        test "LARS with Nesterov's momentum steps ahead by the buffer" {
            let w = torch.tensor([| 1.0; 2.0; -2.0 |]).reshape(1L, 3L).requires_grad_ true
            let optimizer =
                new Optim.Lars ([| struct ("w", w) |], 0.9, 0.1, Optim.LarsForm.Inside, 0.001, true, false)
            pull w [ 0.1; 0.2; 0.2 ]
            optimizer.Step 0.3
            // The first step is 1.9 times that without: momentum v + the term, v being the term.
            let expected =
                Array.map2 (fun a b -> a - 1.9 * (a - b)) [| 1.0; 2.0; -2.0 |] [|
                    0.999597508
                    1.999195016
                    -2.0
                |]
            Expect.isLessThan (Close.worst (values w) expected) 1e-8 "weights"
        }
        test "LARC with zero weights takes a plain step without decay, and what cannot be is refused" {
            let w = torch.zeros(1L, 3L, dtype = torch.float64).requires_grad_ true
            let optimizer = lars Optim.LarsForm.Larc 0.1 0.001 false [| struct ("w", w) |]
            pull w [ 0.1; 0.2; 0.2 ]
            optimizer.Step 0.5
            Expect.isLessThan (Close.worst (values w) [| -0.05; -0.1; -0.1 |]) 1e-12 "weights"
            for form, trust, clip in [ Optim.LarsForm.Larc, 0.0, false; Optim.LarsForm.Inside, 0.1, true ] do
                Expect.throwsT<System.ArgumentException>
                    (fun () -> lars form 0.1 trust clip [| struct ("w", w) |] |> ignore)
                    $"{form}"
        }
        test "AdamW equals TorchSharp's" {
            let worst =
                against (fun w -> new Optim.AdamW ([| struct ("w", w) |], 0.05)) (fun p ->
                    torch.optim.AdamW ([ p ], 0.1, 0.9, 0.999, 1e-8, 0.05))
            Expect.isLessThan worst 1e-12 "after four steps"
        }
        test "Adam with other moments equals TorchSharp's, and moments that cannot be are refused" {
            let worst =
                against (fun w -> new Optim.AdamW ([| struct ("w", w) |], 0.05, 0.5, 0.99)) (fun p ->
                    torch.optim.AdamW ([ p ], 0.1, 0.5, 0.99, 1e-8, 0.05))
            Expect.isLessThan worst 1e-12 "after four steps"
            Expect.throwsT<System.ArgumentException>
                (fun () ->
                    use w = torch.zeros (1L)
                    new Optim.AdamW ([| struct ("w", w) |], 0.0, 1.0, 0.99) |> ignore)
                "a moment of 1"
        }
        test "LARS takes SimCLR's first step" {
            // methods.md, section 7: w (1, 2, -2), g (.1, .2, .2), decay .1, eta .001, rate .3.
            let w = torch.tensor([| 1.0; 2.0; -2.0 |]).reshape(1L, 3L).requires_grad_ true
            let optimizer = new Optim.Lars ([| struct ("w", w) |], 0.9, 0.1)
            pull w [ 0.1; 0.2; 0.2 ]
            optimizer.Step 0.3
            Expect.isLessThan (Close.worst (values w) [| 0.999597508; 1.999195016; -2.0 |]) 1e-8 "weights"
        }
        test "LARS without decay does not see the gradient's scale" {
            let stepped scale =
                let w = torch.tensor([| 1.0; 2.0; -2.0 |]).reshape(1L, 3L).requires_grad_ true
                let optimizer = new Optim.Lars ([| struct ("w", w) |], 0.9, 0.0)
                pull w [ scale * 0.1; scale * 0.2; scale * 0.2 ]
                optimizer.Step 0.3
                values w
            Expect.isLessThan (Close.worst (stepped 1.0) (stepped 1000.0)) 1e-12 "weights"
        }
        test "zero weights take a plain step" {
            let w = torch.zeros(1L, 3L, dtype = torch.float64).requires_grad_ true
            let optimizer = new Optim.Lars ([| struct ("w", w) |], 0.9, 0.1)
            pull w [ 0.1; 0.2; 0.2 ]
            optimizer.Step 0.5
            Expect.isLessThan (Close.worst (values w) [| -0.05; -0.1; -0.1 |]) 1e-12 "weights"
        }
        for name, make in
            [
                "SGD", (fun p -> new Optim.Sgd (p, 0.9, 0.1) :> Optim.Optimizer)
                "LARS", (fun p -> new Optim.Lars (p, 0.9, 0.1) :> Optim.Optimizer)
            ] do
            test $"{name}: biases take plain momentum steps without decay" {
                let w = leaf [ 1.0; 2.0; -2.0 ]
                let optimizer = make [| struct ("b", w) |]
                pull w [ 0.1; 0.2; 0.2 ]
                optimizer.Step 0.5
                optimizer.Step 0.5
                // Two steps on one gradient: 0.5 g, then 0.5 (1.9 g).
                let expected = [| 1.0 - 1.45 * 0.1; 2.0 - 1.45 * 0.2; -2.0 - 1.45 * 0.2 |]
                Expect.isLessThan (Close.worst (values w) expected) 1e-12 "weights"
            }
        test
            "LAMB takes the published form's first step, and decay aside a step as long as the weights times the rate" {
            // methods.md, section 1.7: w (1, 2, -2), g (.1, .2, .2), decay .01, rate .01.
            let stepped decay =
                let w = torch.tensor([| 1.0; 2.0; -2.0 |]).reshape(1L, 3L).requires_grad_ true
                let optimizer = new Optim.Lamb ([| struct ("w", w) |], decay)
                pull w [ 0.1; 0.2; 0.2 ]
                optimizer.Step 0.01
                values w
            Expect.isLessThan (Close.worst (stepped 0.01) [| 0.982567; 1.982394; -2.016915 |]) 1e-6 "weights"
            let moved = Array.map2 (-) (stepped 0.0) [| 1.0; 2.0; -2.0 |]
            let length = sqrt (Array.sumBy (fun x -> x * x) moved)
            Expect.isLessThan (abs (length - 0.01 * 3.0)) 1e-9 "rate times length"
        }
        test "LAMB: biases have neither decay nor ratio" {
            let w = leaf [ 1.0; 2.0; -2.0 ]
            let optimizer = new Optim.Lamb ([| struct ("b", w) |], 0.1)
            pull w [ 0.1; 0.2; 0.2 ]
            optimizer.Step 0.5
            // The first step of Adam is the sign of the gradient, up to epsilon beside it.
            let step g = 0.5 * g / (g + 1e-6)
            let expected = [| 1.0 - step 0.1; 2.0 - step 0.2; -2.0 - step 0.2 |]
            Expect.isLessThan (Close.worst (values w) expected) 1e-12 "weights"
        }
        testProperty
            "clipped gradients are as PyTorch clips them, and shorter ones stay"
            (fun (seed: uint64) ->
                use _ = torch.NewDisposeScope ()
                let made = Objectives.numbers (seed % 1000000UL) 7 |> Array.toList
                let longest = 0.1 + 4.0 * float (seed % 11UL) / 10.0
                let stepped clip =
                    let a, b = leaf [ 0.0; 0.0; 0.0 ], leaf [ 0.0; 0.0; 0.0; 0.0 ]
                    let parameters = [| struct ("a", a); struct ("b", b) |]
                    let optimizer = new Optim.Sgd (parameters, 0.0, 0.0, Clip = clip)
                    pull a (List.truncate 3 made)
                    pull b (List.skip 3 made)
                    optimizer.Step 1.0
                    Array.append (values a) (values b) |> Array.map (~-)
                let plain = stepped (System.Nullable ())
                let length = sqrt (Array.sumBy (fun x -> x * x) plain)
                let factor = min 1.0 (longest / (length + 1e-6))
                Close.worst (stepped (System.Nullable longest)) (Array.map ((*) factor) plain) < 1e-12)
        test "after ZeroGrad a weight has no gradient, and the next one is not added to anything" {
            use _ = torch.NewDisposeScope ()
            let w = leaf [ 1.0; 2.0 ]
            let optimizer = new Optim.Sgd ([| struct ("w", w) |], 0.0, 0.0)
            pull w [ 5.0; 5.0 ]
            optimizer.ZeroGrad ()
            Expect.isTrue (isNull w.grad) "gone"
            optimizer.Step 1.0
            Expect.equal (values w) [| 1.0; 2.0 |] "nothing to step by"
            pull w [ 0.5; 1.0 ]
            optimizer.Step 1.0
            Expect.equal (values w) [| 0.5; 1.0 |] "by the new gradient alone"
        }
        test "two parameters of one name are refused" {
            let w = leaf [ 1.0 ]
            Expect.throwsT<System.ArgumentException>
                (fun () -> new Optim.Sgd ([| struct ("w", w); struct ("w", w) |], 0.9, 0.0) |> ignore)
                "names"
        }
    ]
