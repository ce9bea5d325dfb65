module Vantage.Tests.ProbeTests

open Expecto
open TorchSharp
open Vantage

let private tensor (rows: float list list) =
    torch
        .tensor(rows |> List.concat |> List.map float32 |> List.toArray)
        .reshape(int64 rows.Length, int64 rows.Head.Length)

let private noise (seed: uint64) (n: int) (d: int) =
    use generator = new torch.Generator (seed, torch.CPU)
    torch.randn ([| int64 n; int64 d |], generator = generator)

// Ten clusters in 16 dimensions, each image its class's corner and noise.
let private clusters seed n spread =
    let labels = Array.init n (fun i -> i % 10)
    let corners = torch.eye(10L, 16L)[torch.tensor (Array.map int64 labels)]
    corners + noise seed n 16 * Scope.number spread, labels

let private features spread : Features =
    let train, trainLabels = clusters 1UL 2000 spread
    let test, testLabels = clusters 2UL 1000 spread
    {
        Train = train
        TrainLabels = trainLabels
        Test = test
        TestLabels = testLabels
        Classes = 10
    }

let private shuffled (f: Features) = {
    f with
        TrainLabels =
            Order.permutation 9UL 0 f.TrainLabels.Length
            |> Array.map (fun i -> f.TrainLabels[i])
}

/// Protocols and gauges against cases whose answer is known.
[<Tests>]
let tests =
    testList "Probe" [
        test "both protocols are right on clean clusters" {
            let f = features 0.05
            Expect.equal (Probe.knn 20 0.1 f) 100.0 "k-NN"
            Expect.equal (Probe.linear 1e-4 60 f) 100.0 "linear"
        }
        test "both protocols score chance on shuffled labels" {
            let f = shuffled (features 0.05)
            // 10 % of 1,000: a standard deviation of 0.95 points. Votes of a cluster agree, so whole clusters are right or wrong
            // by k-NN; the linear probe is fitted to 2,000 labels that mean nothing.
            Expect.isLessThan (Probe.knn 200 0.1 f) 35.0 "k-NN"
            Expect.isLessThan (Probe.linear 1e-4 60 f) 35.0 "linear"
        }
        test "cleaner features score higher" {
            let scores = [ 0.1; 0.3; 0.6; 1.2 ] |> List.map (fun s -> Probe.knn 50 0.1 (features s))
            Expect.equal scores (List.sortDescending scores) "k-NN falls as noise grows"
            let scores = [ 0.1; 0.3; 0.6; 1.2 ] |> List.map (fun s -> Probe.linear 1e-4 60 (features s))
            Expect.equal scores (List.sortDescending scores) "linear falls as noise grows"
        }
        test "one neighbour's vote decides by weight" {
            // Two far neighbours of class 1 against one close one of class 0: at a low temperature the close one wins.
            let f = {
                Train = tensor [ [ 1.0; 0.0 ]; [ 0.8; 0.6 ]; [ 0.8; 0.6 ] ]
                TrainLabels = [| 0; 1; 1 |]
                Test = tensor [ [ 1.0; 0.05 ] ]
                TestLabels = [| 0 |]
                Classes = 2
            }
            Expect.equal (Probe.knn 3 0.05 f) 100.0 "temperature 0.05"
            Expect.equal (Probe.knn 3 10.0 f) 0.0 "temperature 10: a plain majority"
        }
        test "L-BFGS ends where TorchSharp's does" {
            let x = noise 6UL 200 5
            let truth = torch.tensor (Array.init 200 (fun i -> int64 (i % 3)))
            let loss (w: torch.Tensor) =
                torch.nn.functional.cross_entropy (x.mm (w.reshape (5L, 3L)), truth)
                + w.pow(Scope.number 2.0).sum() * Scope.number 1e-3
            let ours = torch.zeros 15L
            Lbfgs.minimize 15 loss ours
            let theirs = new Modules.Parameter (torch.zeros 15L, true)
            let optimizer = torch.optim.LBFGS ([| theirs |], lr = 1.0, max_iter = 15L)
            let closure () =
                optimizer.zero_grad ()
                let value = loss theirs
                value.backward ()
                value
            optimizer.step (System.Func<torch.Tensor> closure) |> ignore
            // Fifteen steps in float32, whose differences of 1e-7 the curvature estimates enlarge.
            let apart = (ours - theirs.detach ()).abs().max().item<float32>()
            Expect.isLessThan apart 1e-4f "largest difference of a parameter"
            Expect.isLessThan ((loss ours).item<float32>()) (log 3.0f) "below the start"
        }
        test "spread is 1 on the sphere and 0 at a point" {
            Expect.floatClose Accuracy.low (Gauges.spread (noise 3UL 20000 8)) 1.0 "isotropic"
            Expect.isLessThan (Gauges.spread (torch.ones (50L, 8L))) 1e-6 "collapsed"
        }
        test "RankMe counts directions" {
            let orthogonal = torch.eye 6L
            Expect.floatClose Accuracy.medium (Gauges.rankMe orthogonal) 6.0 "the identity"
            let line = (noise 4UL 100 1).mm(torch.ones (1L, 6L))
            Expect.floatClose Accuracy.medium (Gauges.rankMe line) 1.0 "rank one"
        }
        test "RankMe gives the golden answer" {
            let golden = Golden.load "losses.safetensors"
            let z = torch.tensor(Golden.f32 "rank.in.z" golden).reshape(200L, 16L)
            let expected = (Golden.f32 "rank.out.rankme" golden)[0]
            // The golden figure is a float32.
            Expect.floatClose { absolute = 0.0; relative = 1e-6 } (Gauges.rankMe z) expected "RankMe"
        }
        test "alignment and uniformity know their closed forms" {
            let z = noise 5UL 40 8
            Expect.isLessThan (Gauges.alignment z z) 1e-6 "pairs that agree"
            Expect.floatClose Accuracy.medium (Gauges.alignment z (-z)) 4.0 "opposite pairs"
            Expect.isLessThan (abs (Gauges.uniformity (torch.ones (30L, 4L)))) 1e-6 "collapsed: log 1"
            let orthogonal = torch.eye 10L
            Expect.floatClose Accuracy.medium (Gauges.uniformity orthogonal) -4.0 "orthonormal: -2 t"
        }
    ]
