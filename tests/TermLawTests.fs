/// Laws of single terms: KoLeo, SIGReg, IMAX, mean entropy, the log-sum-exp term, and what semi-supervised learning adds.
module Vantage.Tests.TermLawTests

open System
open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels
open Vantage.Tests.Objectives
open Vantage.Tests.Terms

let private axes d = Array.init (d * d) (fun i -> if i / d = i % d then 1.0 else 0.0)

let private value2 struct (loss: float, _: float array, _: float array) = loss

let private permuted d (x: float array) = x |> Array.chunkBySize d |> Array.rev |> Array.concat

[<Tests>]
let tests =
    testList "Laws of terms" [
        property "KoLeo: permuting, scaling and rotating rows change nothing" (fun n d seed ->
            let z = numbers seed (n * d)
            let scaled = z |> Array.mapi (fun i x -> x * (1.0 + float (i / d)))
            let mirrored = z |> Array.mapi (fun i x -> if i % d = 0 then -x else x)
            let meant = value (Reference.KoLeo.Loss (z, n))
            [ permuted d z; scaled; mirrored ]
            |> List.forall (fun x -> near 1e-9 (value (Reference.KoLeo.Loss (x, n))) meant))
        test "KoLeo: rows at right angles are as far as sqrt 2, equal rows as near as can be" {
            let even = value (Reference.KoLeo.Loss (axes 4, 4))
            Expect.isLessThan (abs (even + 0.5 * log 2.0)) 1e-8 "sqrt 2"
            let struct (flat, slope) = Reference.KoLeo.Loss (Array.create 8 0.5, 4)
            Expect.isLessThan (abs (flat + log 1e-8)) 1e-9 "the floor"
            Expect.all slope (fun g -> g = 0.0) "no direction leads away"
        }
        property
            "SIGReg: permuting rows changes nothing, a constant is far, normal samples are near"
            (fun n d seed ->
                let directions = axes d
                let z = numbers seed (n * d)
                let many = numbers (seed + 1UL) (2000 * d)
                let loss (x: float array) rows = value (Reference.SigReg.Loss (x, directions, rows))
                // N times the distance of N normal samples has the mean of the integral of e^(-t^2/2) (1 - e^(-t^2)) over t: 1.06.
                near 1e-9 (loss (permuted d z) n) (loss z n)
                && loss many 2000 < 6.0
                && loss (Array.create (2000 * d) 3.0) 2000 > 500.0)
        test "SIGReg: the mean over normal samples is that of its sampling" {
            let losses = [
                for seed in 1UL .. 200UL ->
                    value (Reference.SigReg.Loss (numbers (1000UL * seed) 64, [| 1.0 |], 64))
            ]
            // sqrt (2 pi) - sqrt (2 pi / 3) = 1.0594, against so many standard errors of the mean of 200.
            let mean = List.average losses
            let deviation = losses |> List.averageBy (fun x -> (x - mean) ** 2.0) |> sqrt
            Expect.isLessThan (abs (mean - 1.0594)) (Close.sigmas * deviation / sqrt 200.0) $"mean {mean}"
        }
        property
            "IMAX: a shift counts for nothing, a sign turns it, agreement costs its ceiling"
            (fun n d seed ->
                let n = n + d
                let a, b = numbers seed (n * d), numbers (seed + 1UL) (n * d)
                let loss a b = value2 (Reference.Imax.Loss (a, b, n, 0.1))
                let minus = b |> Array.map (fun x -> -x)
                near 1e-8 (loss (Array.map ((+) 3.0) a) b) (loss a b)
                && near 1e-8 (loss a minus) (-(loss a b))
                && loss a a <= loss a b)
        property "IMAX: one value has the closed form, equal views 1/2 log ((4V + e) / e)" (fun n _ seed ->
            let a = numbers seed n
            let mean = Array.average a
            let variance = a |> Array.averageBy (fun x -> (x - mean) ** 2.0)
            near
                1e-9
                (value2 (Reference.Imax.Loss (a, a, n, 0.1)))
                (-0.5 * log ((4.0 * variance + 0.1) / 0.1)))
        test "IMAX: a constant is worth nothing" {
            let flat = Array.create 12 0.5
            let struct (loss, a, _) = Reference.Imax.Loss (flat, flat, 4, 0.1)
            Expect.isLessThan (abs loss) 1e-12 "value"
            Expect.all a (fun g -> abs g < 1e-12) "gradient"
        }
        property
            "mean entropy: 0 where all prototypes are used alike, log K where one takes all"
            (fun n k _ ->
                let even = Array.create (n * k) 0.3
                let one = Array.init (n * k) (fun i -> if i % k = 0 then 40.0 else 0.0)
                near 1e-9 (value (Reference.MeanEntropy.Loss (even, n, 0.1))) 0.0
                && near 1e-9 (value (Reference.MeanEntropy.Loss (one, n, 0.1))) (log (float k))
                && near 1e-9 (value (Reference.MeanEntropy.Loss (axes k, k, 1e-3))) 0.0)
        property "alignment and log-sum-exp: NT-Xent where the row itself is left out" (fun n d seed ->
            // methods.md, 2.14: d / t times alignment, less 1 / t, plus the mean log-sum-exp of the others.
            let a, b, t = numbers seed (n * d), numbers (seed + 1UL) (n * d), 0.5
            let align = value2 (Reference.Generalized.Loss (a, b, n, t, 0.0, true))
            let both =
                value2 (Reference.Generalized.Loss (a, b, n, t, 1.0, true)) - align
                + log (float d)
            let ntXent = value2 (Reference.NtXent.Loss (a, b, n, t, true))
            let others = ntXent - float d / t * align + 1.0 / t
            // With the row itself each sum grows: the mean of logarithms lies between those with and without it.
            both > others && both < others + exp (1.0 / t))
        property
            "hidden patches: none cost nothing, what was seen does not matter, all give the plain mean"
            (fun n k seed ->
                let s, t = numbers seed (2 * n * k), numbers (seed + 1UL) (2 * n * k)
                let loss (s: float array) hidden =
                    value (Reference.HiddenPatches.Loss (s, t, hidden, Array.zeroCreate k, n, 0.1, 0.1))
                let first = Array.init (2 * n) (fun i -> i % 2 = 0)
                let changed =
                    s |> Array.mapi (fun i x -> if first[i / k] then x else x + 1.0 + float (i % k))
                let each =
                    Array.init (2 * n) (fun i ->
                        let only = Array.init (2 * n) (fun j -> j = i)
                        float n * loss s only)
                loss s (Array.create (2 * n) false) = 0.0
                && near 1e-9 (loss changed first) (loss s first)
                && near 1e-9 (loss s (Array.create (2 * n) true)) (Array.average each))
        property
            "pseudo-labels: above 1 nothing counts, at 0 all do, one row of two counts by half"
            (fun n k seed ->
                let p, t = numbers seed (n * k), numbers (seed + 1UL) (n * k)
                let loss threshold = value (Reference.PseudoLabel.Loss (p, t, n, threshold))
                let sure = Array.init (2 * k) (fun i -> if i = 0 then 20.0 else 0.0)
                let half = value (Reference.PseudoLabel.Loss (Array.take (2 * k) p, sure, 2, 0.95))
                let first = -log(Array.head (softmax k (Array.take k p)))
                loss 1.5 = 0.0 && loss 0.0 > 0.0 && near 1e-9 half (first / 2.0))
        property "pseudo-labels: the threshold itself is confident enough" (fun _ _ seed ->
            let p = numbers seed 2
            value (Reference.PseudoLabel.Loss (p, [| 0.0; 0.0 |], 1, 0.5)) > 0.0)
        property
            "consistency: 0 where prediction and target are one, never below; confidence is strict"
            (fun n k seed ->
                let p, t = numbers seed (n * k), numbers (seed + 1UL) (n * k)
                let loss p t confidence = value (Reference.Consistency.Loss (p, t, n, 1.0, confidence))
                abs (loss p p 0.0) < 1e-12
                && loss p t 0.0 >= 0.0
                && value (Reference.Consistency.Loss (numbers seed 2, [| 0.0; 0.0 |], 1, 1.0, 0.5)) = 0.0)
        property
            "distillation: no gradient where both agree, and never below the teacher's entropy"
            (fun n k seed ->
                let s, t = numbers seed (n * k), numbers (seed + 1UL) (n * k)
                let struct (same, slope) = Reference.Consistency.Distil (t, t, n, 1.0)
                let entropy = value (Reference.Consistency.Entropy (t, n))
                near 1e-9 same entropy
                && slope |> Array.forall (fun g -> abs g < 1e-12)
                && value (Reference.Consistency.Distil (s, t, n, 1.0)) >= entropy - 1e-12)
        test "entropy: 0 for one class, log C for none in particular" {
            Expect.isLessThan
                (abs (value (Reference.Consistency.Entropy ([| 50.0; 0.0; 0.0 |], 1))))
                1e-12
                "one"
            Expect.isLessThan
                (abs (value (Reference.Consistency.Entropy ([| 1.0; 1.0; 1.0 |], 1)) - log 3.0))
                1e-12
                "even"
        }
        property "labels: rows that are known already are left out, the others count in full" (fun n k seed ->
            let x = numbers seed (n * k)
            let labels = integers seed n k
            let p = softmax k x
            let own: float array = labels |> Array.mapi (fun i l -> p[i * k + l])
            let struct (loss, slope) = Reference.Classification.Loss (x, Array.map int64 labels, 0.3)
            let kept = own |> Array.filter (fun q -> q <= 0.3)
            let meant =
                if kept.Length = 0 then
                    0.0
                else
                    kept |> Array.averageBy (fun (q: float) -> -log q)
            near 1e-9 loss meant
            && Array.forall2
                (fun q (g: float array) -> q <= 0.3 || g |> Array.forall (fun v -> v = 0.0))
                own
                (Array.chunkBySize k slope))
        test "a fresh classifier of zeros costs log C" {
            Expect.isLessThan
                (abs (
                    value (Reference.Classification.Loss (Array.zeroCreate 20, [| 3L; 1L |], 1.0))
                    - log 10.0
                ))
                1e-12
                "log C"
        }
        property "the adversary's loss is 0 where nothing can change it, and never below" (fun n d seed ->
            let w = matrix (numbers seed (d * 3)) d
            let x, start = matrix (numbers (seed + 1UL) (n * d)) n, matrix (numbers (seed + 2UL) (n * d)) n
            let loss (model: torch.Tensor -> torch.Tensor) =
                Torch.VirtualAdversary.Loss(Func<_, _> model, x, start, 1e-2, 2.0, 1).item<float>()
            abs (loss (fun x -> (x.mm w) * 0.0.ToScalar())) < 1e-12
            && loss (fun x -> x.mm w) >= 0.0)
        property
            "the virtual adversary has its length, and for a linear model finds the top of the Fisher matrix"
            (fun _ d seed ->
                // f = x W: to second order KL = 1/2 r^T W (diag p - p p^T) W^T r; many iterations find its largest eigenvector.
                let k = 3
                let w = matrix (numbers seed (d * k)) d
                let x = matrix (numbers (seed + 1UL) d) 1
                let model (x: torch.Tensor) = x.mm w
                let start = matrix (numbers (seed + 2UL) d) 1
                let r = Torch.VirtualAdversary.Direction (Func<_, _> model, x, start, 1e-3, 2.0, 300)
                let p = (model x).softmax(1L)
                let fisher = w.mm(torch.diag (p.squeeze 0L) - p.t().mm p).mm(w.t ())
                let struct (values, vectors) = torch.linalg.eigh fisher
                let gap = values[-1].item<float>() / max 1e-12 (values[-2].item<float>())
                let cosine =
                    abs ((r / 2.0.ToScalar()).squeeze(0L).dot(vectors.select (1L, -1L)).item<float>())
                near 1e-9 (r.norm().item<float>()) 2.0 && (gap < 1.2 || cosine > 0.999))
        test "the virtual adversary stays on the meta device" {
            use _ = torch.NewDisposeScope ()
            let zeros (rows: int64) = torch.zeros (rows, 3L, device = torch.META)
            let w = (zeros 3L).requires_grad_ true
            let loss =
                Torch.VirtualAdversary.Loss (Func<_, _>(fun x -> x.mm w), zeros 4L, zeros 4L, 1e-2, 2.0, 1)
            loss.backward ()
            Expect.equal loss.device_type DeviceType.META "value"
            Expect.equal (nonNull w.grad).device_type DeviceType.META "gradient"
        }
        test "what does not fit is refused in words" {
            use _ = torch.NewDisposeScope ()
            let z = torch.randn (4L, 3L)
            refused "at least 2" (fun () -> Torch.KoLeo.Loss (z.narrow (0L, 0L, 1L)))
            refused "directions" (fun () -> Torch.SigReg.Loss (z, torch.randn (4L, 2L)))
            refused "epsilon is 0" (fun () -> Torch.Imax.Loss (z, z, 0.0))
            refused "temperature of -1" (fun () -> Torch.MeanEntropy.Loss (z, -1.0))
            refused "lambda is -1" (fun () -> Torch.Generalized.Loss (z, z, 0.5, -1.0, true))
            refused "threshold is -0.5" (fun () -> Torch.PseudoLabel.Loss (z, z, -0.5))
            refused "confidence is 1.5" (fun () -> Torch.Consistency.Loss (z, z, 1.0, 1.5))
            refused "temperature of 0" (fun () -> Torch.Consistency.Distil (z, z, 0.0))
            refused "labels are" (fun () ->
                Torch.Classification.Loss (z, torch.zeros (4L, torch.float32), 1.0))
            refused "all must be positive" (fun () ->
                Torch.VirtualAdversary.Direction (Func<_, _> id, z, z, 0.0, 1.0, 1))
        }
    ]
