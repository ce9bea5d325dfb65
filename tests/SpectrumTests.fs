module Vantage.Tests.SpectrumTests

open System
open Expecto
open FsCheck
open TorchSharp
open Vantage

let private noise (seed: int) (n: int) (d: int) =
    use generator = new torch.Generator (uint64 seed, torch.CPU)
    torch.randn ([| int64 n; int64 d |], generator = generator, dtype = torch.float64)

// Orthonormal columns.
let private orthonormal seed n d =
    let struct (q, _) = torch.linalg.qr (noise seed n d)
    q

// Centred features whose covariance is the identity in d dimensions: every closed form below is of it.
let private isotropic seed n d =
    let x = noise seed n d
    let struct (q, _) = torch.linalg.qr (x - x.mean ([| 0L |], true))
    q * Scope.number (sqrt (float (n - 1)))

// The corners of a simplex about the origin, one a class, each of so many images.
let private simplex classes each =
    let corners =
        torch.eye (int64 classes, dtype = torch.float64)
        - Scope.number (1.0 / float classes)
    let labels = Array.init (classes * each) (fun i -> i % classes)
    corners.index_select (0L, torch.tensor (Array.map int64 labels)), labels

// Sums of some hundred products in double and a factorisation: 1e-9 leaves a thousandfold of rounding.
let private close = { absolute = 1e-9; relative = 1e-9 }

let private config = { FsCheckConfig.defaultConfig with maxTest = 20 }

// A seed, and sizes with more images than dimensions.
let private sizes (PositiveInt seed) (PositiveInt d) = seed, 2 + d % 7, 40 + d % 30

/// Gauges of a representation against closed forms.
[<Tests>]
let tests =
    testList "Spectrum" [
        testPropertyWithConfig
            config
            "isotropic features have equal eigenvalues and full ranks"
            (fun seed d ->
                use _ = torch.NewDisposeScope ()
                let seed, d, n = sizes seed d
                let z = isotropic seed n d
                for v in Spectrum.eigenvalues z do
                    Expect.floatClose close v 1.0 "eigenvalue"
                Expect.floatClose close (Spectrum.effectiveRank z) (float d) "effective rank"
                Expect.floatClose close (Spectrum.participation z) (float d) "participation"
                Expect.equal (Spectrum.dimensions 1.0 z) d "dimensions of all the variance")
        testPropertyWithConfig config "features on a line have rank one" (fun seed d ->
            use _ = torch.NewDisposeScope ()
            let seed, d, n = sizes seed d
            let z = (noise seed n 1).mm(noise (seed + 1) 1 d)
            // A zero eigenvalue is rounding of 1e-16 squared; its root and its entropy are larger.
            let loose = { absolute = 1e-5; relative = 1e-5 }
            Expect.floatClose loose (Spectrum.effectiveRank z) 1.0 "effective rank"
            Expect.floatClose close (Spectrum.participation z) 1.0 "participation"
            Expect.equal (Spectrum.dimensions 0.99 z) 1 "dimensions")
        test "collapsed features have rank zero" {
            let z = torch.ones (30L, 5L)
            Expect.equal (Spectrum.effectiveRank z) 0.0 "effective rank"
            Expect.equal (Spectrum.participation z) 0.0 "participation"
            Expect.equal (Spectrum.dimensions 0.99 z) 0 "dimensions"
        }
        testPropertyWithConfig
            config
            "the corners of a simplex fill one dimension less than there are"
            (fun (PositiveInt c) ->
                use _ = torch.NewDisposeScope ()
                let classes = 2 + c % 8
                let z, _ = simplex classes 3
                let found = Spectrum.eigenvalues z |> Array.filter (fun v -> v > 1e-9)
                Expect.equal found.Length (classes - 1) "eigenvalues"
                for v in found do
                    Expect.floatClose close v found[0] "equal"
                Expect.equal (Spectrum.dimensions 1.0 z) (classes - 1) "dimensions")
        testPropertyWithConfig config "a rotation changes no eigenvalue" (fun seed d ->
            use _ = torch.NewDisposeScope ()
            let seed, d, n = sizes seed d
            let z = noise seed n d
            let turned = z.mm (orthonormal (seed + 1) d d)
            Array.iter2
                (fun a b -> Expect.floatClose close a b "eigenvalue")
                (Spectrum.eigenvalues z)
                (Spectrum.eigenvalues turned))
        test "eigenvalues of a known covariance" {
            // Columns of variances 4 and 1 without correlation: 0.8 of the variance lies in the first dimension.
            let z = (isotropic 3 50 2).mm(torch.tensor([| 2.0; 0.0; 0.0; 1.0 |]).reshape(2L, 2L))
            let values = Spectrum.eigenvalues z
            Expect.floatClose close values[0] 4.0 "first"
            Expect.floatClose close values[1] 1.0 "second"
            Expect.floatClose close (Spectrum.participation z) (25.0 / 17.0) "participation"
            let h = -(2.0 / 3.0) * log (2.0 / 3.0) - 1.0 / 3.0 * log (1.0 / 3.0)
            Expect.floatClose close (Spectrum.effectiveRank z) (exp h) "effective rank"
            Expect.equal (Spectrum.dimensions 0.79 z) 1 "79 %"
            Expect.equal (Spectrum.dimensions 0.81 z) 2 "81 %"
        }
        testPropertyWithConfig
            config
            "CKA is 1 for a rotation, a scale and a shift of the same"
            (fun seed d ->
                use _ = torch.NewDisposeScope ()
                let seed, d, n = sizes seed d
                let z = noise seed n d
                let other = z.mm (orthonormal (seed + 1) d d) * Scope.number 3.0 + Scope.number 5.0
                Expect.floatClose close (Spectrum.cka z other) 1.0 "the same"
                let x = noise (seed + 2) n 3
                Expect.floatClose close (Spectrum.cka x z) (Spectrum.cka z x) "symmetric")
        test "CKA is 0 without correlation, and r^2 for single values" {
            let q = isotropic 5 60 4
            let x, y = q.slice (1L, 0L, 2L, 1L), q.slice (1L, 2L, 4L, 1L)
            Expect.isLessThan (Spectrum.cka x y) 1e-18 "uncorrelated"
            let a = q.slice (1L, 0L, 1L, 1L)
            let b = a * Scope.number 0.6 + q.slice (1L, 1L, 2L, 1L) * Scope.number 0.8
            Expect.floatClose close (Spectrum.cka a b) 0.36 "correlation 0.6"
            Expect.throwsT<ArgumentException>
                (fun () -> Spectrum.cka a (noise 1 59 2) |> ignore)
                "other images"
        }
        test "the contrastive task is solved by orthogonal embeddings and unsolved by equal ones" {
            let accuracy, entropy = Spectrum.contrastive 0.1 (torch.eye 20L) (torch.eye 20L)
            Expect.equal accuracy 100.0 "orthogonal"
            let w = 19.0 * exp -10.0
            let expected = log (1.0 + w) + w / (1.0 + w) * 10.0
            Expect.floatClose close entropy expected "entropy of logits 10 and 19 zeros"
            let accuracy, entropy = Spectrum.contrastive 0.1 (torch.ones (20L, 3L)) (torch.ones (20L, 3L))
            Expect.floatClose close entropy (log 20.0) "all alike"
            Expect.equal accuracy 5.0 "one of 20 by chance"
        }
        testPropertyWithConfig
            config
            "the corners of a simplex are full neural collapse"
            (fun (PositiveInt c) ->
                use _ = torch.NewDisposeScope ()
                let classes = 3 + c % 6
                let z, labels = simplex classes 4
                let found = Structure.neuralCollapse classes z labels
                Expect.isLessThan found.Within 1e-9 "NC1"
                Expect.isLessThan found.Lengths 1e-9 "lengths"
                Expect.isLessThan found.Angles 1e-9 "angles"
                Expect.equal found.Nearest 100.0 "nearest mean")
        test "NC1 is the within variance over the between variance" {
            // Two classes at +2 and -2 on one axis, spread +1 and -1 about each: within 1, between 4; 1 / 4 / 2 classes.
            let z = torch.tensor([| 3.0; 1.0; -1.0; -3.0 |]).reshape(4L, 1L)
            let found = Structure.neuralCollapse 2 z [| 0; 0; 1; 1 |]
            Expect.floatClose close found.Within 0.125 "NC1"
            let wrong = Structure.neuralCollapse 2 z [| 0; 1; 0; 1 |]
            Expect.isGreaterThan wrong.Within found.Within "labels that cut across"
            Expect.throwsT<ArgumentException>
                (fun () -> Structure.neuralCollapse 3 z [| 0; 0; 1; 1 |] |> ignore)
                "a class without images"
        }
        test "cluster measures know their closed forms" {
            let labels = [| 0; 0; 1; 1; 2; 2; 3; 3 |]
            let renamed = labels |> Array.map (fun l -> 7 - l)
            let one = Array.create 8 0
            let halves = [| 0; 0; 0; 0; 1; 1; 1; 1 |]
            let across = [| 0; 1; 0; 1; 0; 1; 0; 1 |]
            Expect.floatClose close (Structure.entropy labels) (log 4.0) "four equal clusters"
            Expect.equal (Structure.entropy one) 0.0 "one cluster"
            Expect.floatClose close (Structure.mutualInformation renamed labels) 1.0 "the same but for names"
            Expect.floatClose close (Structure.mutualInformation across labels) 0.0 "nothing of each other"
            Expect.floatClose
                close
                (Structure.mutualInformation halves labels)
                (2.0 / 3.0)
                "log 2 of log 2 and log 4"
            Expect.equal (Structure.purity renamed labels) 100.0 "pure"
            Expect.equal (Structure.purity halves labels) 50.0 "two classes each"
            Expect.floatClose close (Structure.conditionalEntropy halves labels) (log 2.0) "two classes each"
            Expect.equal (Structure.conditionalEntropy labels labels) 0.0 "known"
        }
    ]
