/// What one core of this machine can do at most, measured: so that a speed can be read as a share of it.
module Vantage.Bench.Limits

open System
open System.Diagnostics
open System.Runtime.Intrinsics

/// Bytes a second that a copy reads and writes, far beyond the caches; additions and multiplications of float32 a second in registers.
type Limits = { Bytes: float; Operations: float }

let private best (work: unit -> float) =
    Seq.init 5 (fun _ ->
        let clock = Stopwatch.StartNew ()
        let amount = work ()
        amount / clock.Elapsed.TotalSeconds)
    |> Seq.max

let private copy () =
    let length = 1 <<< 26
    let from, into = Array.zeroCreate<byte> length, Array.zeroCreate<byte> length
    Random(1).NextBytes from
    best (fun () ->
        for _ in 1..4 do
            Buffer.BlockCopy (from, 0, into, 0, length)
        8.0 * float length)

/// Eight independent chains of multiply-adds: more than the latency of one.
let private multiplyAdds () =
    let rounds = 4_000_000
    let a, b = Vector512.Create 0.999999f, Vector512.Create 1e-7f
    best (fun () ->
        let mutable x0 = Vector512.Create 1.0f
        let mutable x1, x2, x3 = x0, x0, x0
        let mutable x4, x5, x6, x7 = x0, x0, x0, x0
        for _ in 1..rounds do
            x0 <- Vector512.FusedMultiplyAdd (x0, a, b)
            x1 <- Vector512.FusedMultiplyAdd (x1, a, b)
            x2 <- Vector512.FusedMultiplyAdd (x2, a, b)
            x3 <- Vector512.FusedMultiplyAdd (x3, a, b)
            x4 <- Vector512.FusedMultiplyAdd (x4, a, b)
            x5 <- Vector512.FusedMultiplyAdd (x5, a, b)
            x6 <- Vector512.FusedMultiplyAdd (x6, a, b)
            x7 <- Vector512.FusedMultiplyAdd (x7, a, b)
        let sum = Vector512.Sum (x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7)
        if Single.IsNaN sum then nan else 2.0 * 16.0 * 8.0 * float rounds)

/// Measured once a run.
let measured = lazy { Bytes = copy (); Operations = multiplyAdds () }
