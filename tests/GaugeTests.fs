module Vantage.Tests.GaugeTests

open System
open Expecto
open FsCheck
open TorchSharp
open Vantage

// Lengths and their sums are float32; a zero eigenvalue is rounding of 1e-16 squared, its root and its entropy are larger.
let private close = { absolute = 1e-5; relative = 1e-5 }

let private config = { FsCheckConfig.defaultConfig with maxTest = 30 }

let private noise (seed: int) (n: int) (d: int) =
    use generator = new torch.Generator (uint64 seed, torch.CPU)
    torch.randn ([| int64 n; int64 d |], generator = generator, dtype = torch.float64)

// RankMe of k equal singular values and others that are 0, with the paper's 1e-7.
let private rankMe k all =
    let p = 1.0 / float k + 1e-7
    exp (-(float k * p * log p + float (all - k) * 1e-7 * log 1e-7))

// torch's deviation divides by n - 1.
let private unbiased n = sqrt (float n / float (n - 1))

// Every gauge of features and of two equal views of them, by name.
let private found temperature (z: torch.Tensor) =
    Portrait.ofFeatures z @ Portrait.ofPairs temperature z z
    |> List.map (fun gauge -> gauge.Name, gauge.Value)

let private check name temperature z (expected: (string * float) list) =
    let found = found temperature z
    Expect.equal
        (List.map fst found |> List.sort)
        (List.map fst expected |> List.sort)
        "every gauge, and no other"
    for gauge, value in expected do
        Expect.floatClose
            close
            (found |> List.find (fst >> (=) gauge) |> snd)
            value
            $"{gauge} of {name} features, {z.shape[0]} x {z.shape[1]}"

/// Every gauge against its closed form.
[<Tests>]
let tests =
    testList "Gauge" [
        testPropertyWithConfig
            config
            "every gauge of isotropic features"
            (fun (PositiveInt seed) (PositiveInt size) ->
                use _ = torch.NewDisposeScope ()
                let d = 2 + size % 7
                let struct (turn, _) = torch.linalg.qr (noise seed d d)
                // Each axis and its opposite, turned.
                let z = torch.cat ([| turn; -turn |], 0L)
                let n, t = 2 * d, 0.5
                let sum = exp (1.0 / t) + exp (-1.0 / t) + float (n - 2)
                check "isotropic" t z [
                    "spread", unbiased n
                    "rankMe", rankMe d d
                    "effectiveRank", float d
                    "participation", float d
                    "dimensions99", float d
                    "unused", 0.0
                    // Of the pairs, d are opposite, at distance 2; the others at root 2.
                    "uniformity", log ((exp -8.0 + float (n - 2) * exp -4.0) / float (n - 1))
                    "alignment", 0.0
                    "contrastiveAccuracy", 100.0
                    "contrastiveEntropy", log sum - (exp (1.0 / t) - exp (-1.0 / t)) / t / sum
                ])
        testPropertyWithConfig
            config
            "every gauge of features of rank one"
            (fun (PositiveInt seed) (PositiveInt size) ->
                use _ = torch.NewDisposeScope ()
                let d = 2 + size % 7
                let v = noise seed 1 d
                let unit = (v / v.norm ()).data<float>().ToArray()
                // One direction and its opposite.
                let z = torch.cat ([| v; -v |], 0L)
                let t = 0.5
                let p = 1.0 / (1.0 + exp (-2.0 / t))
                check "rank one" t z [
                    "spread", sqrt (float d) * Array.averageBy abs unit * unbiased 2
                    "rankMe", rankMe 1 (min 2 d)
                    "effectiveRank", 1.0
                    "participation", 1.0
                    "dimensions99", 1.0
                    "unused", 100.0 * float (d - 1) / float d
                    "uniformity", -8.0
                    "alignment", 0.0
                    "contrastiveAccuracy", 100.0
                    "contrastiveEntropy", -p * log p - (1.0 - p) * log (1.0 - p)
                ])
        testPropertyWithConfig
            config
            "every gauge of collapsed features"
            (fun (PositiveInt seed) (PositiveInt size) ->
                use _ = torch.NewDisposeScope ()
                let d, n = 2 + size % 7, 4 + seed % 20
                // A whole number on one axis: the mean is what each is, and all similarities are 1 to the last bit.
                let one = Array.init d (fun j -> if j = seed % d then float (1 + seed % 5) else 0.0)
                let z = torch.tensor(Array.init (n * d) (fun i -> one[i % d])).reshape(int64 n, int64 d)
                check "collapsed" 0.5 z [
                    "spread", 0.0
                    "rankMe", rankMe 1 (min n d)
                    "effectiveRank", 0.0
                    "participation", 0.0
                    "dimensions99", 0.0
                    "unused", 100.0
                    "uniformity", 0.0
                    "alignment", 0.0
                    "contrastiveAccuracy", 100.0 / float n
                    "contrastiveEntropy", log (float n)
                ])
        testPropertyWithConfig config "every gauge of a simplex" (fun (PositiveInt size) ->
            use _ = torch.NewDisposeScope ()
            let c, t = 3 + size % 7, 0.5
            let corners = torch.eye (int64 c, dtype = torch.float64) - Scope.number (1.0 / float c)
            let other = -1.0 / float (c - 1)
            let sum = exp (1.0 / t) + float (c - 1) * exp (other / t)
            check "simplex" t corners [
                "spread", unbiased c
                "rankMe", rankMe (c - 1) c
                "effectiveRank", float (c - 1)
                "participation", float (c - 1)
                "dimensions99", float (c - 1)
                "unused", 100.0 / float c
                "uniformity", -2.0 * (2.0 - 2.0 * other)
                "alignment", 0.0
                "contrastiveAccuracy", 100.0
                "contrastiveEntropy",
                log sum - (exp (1.0 / t) + other * float (c - 1) * exp (other / t)) / t / sum
            ])
        testPropertyWithConfig
            config
            "clusters that are the classes, one cluster, and clusters that cut across"
            (fun (PositiveInt size) ->
                let c = 2 + size % 7
                let classes = Array.init (c * c) (fun i -> i / c)
                let expect clusters (entropy, left, purity, shared) =
                    Expect.floatClose close (Structure.entropy clusters) entropy "clusterEntropy"
                    Expect.floatClose
                        close
                        (Structure.conditionalEntropy clusters classes)
                        left
                        "classEntropyInCluster"
                    Expect.floatClose close (Structure.purity clusters classes) purity "purity"
                    Expect.floatClose
                        close
                        (Structure.mutualInformation clusters classes)
                        shared
                        "mutualInformation"
                let k = float c
                expect (classes |> Array.map (fun l -> c - 1 - l)) (log k, 0.0, 100.0, 1.0)
                expect (Array.create (c * c) 0) (0.0, log k, 100.0 / k, 0.0)
                expect (Array.init (c * c) (fun i -> i % c)) (log k, log k, 100.0 / k, 0.0))
    ]
