module Vantage.Tests.PlaneTests

open Expecto
open FsCheck
open TorchSharp
open Vantage

let private noise (seed: int) (n: int) (d: int) =
    use generator = new torch.Generator (uint64 seed, torch.CPU)
    torch.randn ([| int64 n; int64 d |], generator = generator, dtype = torch.float64)

let private config = { FsCheckConfig.defaultConfig with maxTest = 10 }

// Sums of some hundred products in double.
let private close = { absolute = 1e-9; relative = 1e-9 }

// The bisection halves its interval sixty times; the entropy is a sum of a hundred terms.
let private perplexityClose = { absolute = 1e-6; relative = 1e-6 }

let private numbers (x: torch.Tensor) = x.to_type(torch.float64).contiguous().data<float>().ToArray()

// Three groups far apart in eight dimensions.
let private groups n =
    let labels = Array.init n (fun i -> i % 3)
    let corners = torch.eye (3L, 8L, dtype = torch.float64) * Scope.number 20.0
    corners.index_select (0L, torch.tensor (Array.map int64 labels)) + noise 3 n 8, labels

/// Features in two dimensions, against what their definitions say.
[<Tests>]
let tests =
    testList "Plane" [
        testPropertyWithConfig
            config
            "principal components keep a plane's distances, however it lies"
            (fun (PositiveInt seed) ->
                use _ = torch.NewDisposeScope ()
                let flat = noise seed 30 2 * torch.tensor [| 3.0; 1.0 |]
                let struct (q, _) = torch.linalg.qr (noise (seed + 1) 6 6)
                let y = Plane.pca (flat.mm (q.narrow (0L, 0L, 2L)) + Scope.number 5.0)
                // Products of all pairs about the middle say the same as distances, without a root of what cancels.
                let centred = flat - flat.mean ([| 0L |], true)
                let worst = Close.worst (numbers (y.mm (y.t ()))) (numbers (centred.mm (centred.t ())))
                Expect.isLessThan worst 1e-10 "products"
                let spread = numbers (y.std 0L)
                Expect.isGreaterThan spread[0] spread[1] "the larger variance first")
        test "features of one dimension lie on a line" {
            let y = Plane.pca (noise 1 9 1)
            Expect.equal y.shape [| 9L; 2L |] "shape"
            Expect.equal (y.narrow(1L, 1L, 1L).abs().max().item<float>()) 0.0 "second coordinate"
        }
        testPropertyWithConfig
            config
            "each point's neighbours have the perplexity that is asked for, at every scale"
            (fun (PositiveInt seed) ->
                use _ = torch.NewDisposeScope ()
                let x = noise seed 60 5
                for scale in [ 1e-6; 1.0; 1e6 ] do
                    for perplexity in [ 2.0; 10.0; 30.0 ] do
                        let p = Plane.neighbourhoods perplexity (x * Scope.number scale)
                        let entropy = -(p * (p + Scope.number 1e-300).log()).sum 1L
                        for found in numbers (entropy.exp ()) do
                            Expect.floatClose perplexityClose found perplexity "perplexity"
                        for row in numbers (p.sum 1L) do
                            Expect.floatClose close row 1.0 "sum of a row"
                        Expect.equal
                            (p.diagonal().abs().max().item<float>())
                            0.0
                            "no point is its own neighbour")
        test "joint probabilities are symmetric and sum to one" {
            let p = Plane.joint 10.0 (noise 4 40 3)
            Expect.equal (numbers p) (numbers (p.t ())) "symmetric"
            Expect.floatClose close (p.sum().item<float>()) 1.0 "sum"
        }
        testPropertyWithConfig config "the gradient is the cost's slope" (fun (PositiveInt seed) ->
            use _ = torch.NewDisposeScope ()
            let p = Plane.joint 5.0 (noise seed 20 4)
            let y = noise (seed + 1) 20 2
            let found = numbers (Plane.gradient p y)
            let step = 1e-5
            let slope =
                Array.init 40 (fun i ->
                    let at (by: float) =
                        let values = numbers y
                        values[i] <- values[i] + by
                        Plane.cost p (torch.tensor(values).reshape(20L, 2L))
                    (at step - at -step) / (2.0 * step))
            // Central differences: step^2 of truncation, and 1e-16 / step of rounding.
            Expect.isLessThan (Close.worst found slope) 1e-8 "slope")
        test "t-SNE keeps groups together and apart, and does it again" {
            use _ = torch.NewDisposeScope ()
            let x, labels = groups 90
            let settings = { Plane.settings with Perplexity = 10.0; Iterations = 300 }
            let y = Plane.tsne settings x
            Expect.equal (numbers (Plane.tsne settings x)) (numbers y) "the same again"
            let p = (Plane.joint 10.0 x)
            Expect.isLessThan
                (Plane.cost p y)
                (0.5 * Plane.cost p (Plane.pca x))
                "nearer than principal components"
            let near =
                (torch.cdist (y, y) + torch.eye (90L, dtype = torch.float64) * Scope.number 1e9).argmin 1L
            let nearest = near.data<int64>().ToArray() |> Array.map (fun i -> labels[int i])
            Expect.equal nearest labels "each point's nearest is of its group"
        }
        test "too many neighbours are refused" {
            for perplexity in [ 0.5; 9.0; nan ] do
                Expect.throwsC (fun () -> Plane.neighbourhoods perplexity (noise 1 10 2) |> ignore) (fun e ->
                    Expect.stringContains e.Message $"a perplexity of {perplexity} for 10 points" "named")
        }
    ]
