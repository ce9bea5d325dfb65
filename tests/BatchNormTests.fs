/// Batch norm with what follows it: one pass beside the reference and libtorch.
module Vantage.Tests.BatchNormTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open TorchSharp
open Vantage
open Vantage.Kernels
open Vantage.Tests.Maps

/// Float32 sums over some hundred values, relative to the largest value.
let private single = 2e-5

/// bfloat16 keeps 8 bits of x, of y and of the slopes: 2^-8 of the largest value each, and sums of their errors.
let private half = 4e-2

/// Maps whose means step from channel to channel, channels last in memory or not.
let private stepping step (dtype: torch.ScalarType) last (n, c, h, w) seed =
    use _ = torch.NewDisposeScope ()
    use generator = new torch.Generator (seed, torch.CPU)
    let size = [| int64 n; int64 h; int64 w; int64 c |]
    let means = torch.arange (float c |> Scope.number) * Scope.number step
    let x = (torch.randn (size, generator = generator) + means).to_type(dtype).permute(0L, 3L, 1L, 2L)
    (if last then x else x.contiguous ()).MoveToOuterDisposeScope()

let private maps = stepping 0.0

let private close tolerance (found: float array) (expected: float array) what =
    Expect.isLessThanOrEqual (apart found expected) tolerance $"{what}, {expected.Length} values"

type private Case = {
    Size: int * int * int * int
    Half: bool
    Last: bool
    Beside: bool
    Positive: bool
    Seed: uint64
}

let private cases = gen {
    let! n = Gen.choose (2, 40)
    let! blocks = Gen.choose (1, 6)
    let! h = Gen.choose (1, 5)
    let! w = Gen.choose (1, 5)
    let! flags = Gen.choose (0, 15)
    let! seed = Gen.choose (1, 1_000_000)
    return {
        Size = n, 16 * blocks, h, w
        Half = flags &&& 1 = 1
        Last = flags &&& 2 = 2
        Beside = flags &&& 4 = 4
        Positive = flags &&& 8 = 8
        Seed = uint64 seed
    }
}

// Value, gradients of everything, and running statistics.
let private ours case =
    let dtype = if case.Half then torch.bfloat16 else torch.float32
    let (_, c, _, _) = case.Size
    let x = (stepping 0.1 dtype case.Last case.Size case.Seed).requires_grad_ true
    let beside =
        if case.Beside then
            (maps dtype case.Last case.Size (case.Seed + 1UL)).requires_grad_ true
        else
            null
    let learnt seed =
        let x = maps torch.float32 true (1, c, 1, 1) seed
        x.flatten().detach()
    let scale = (learnt (case.Seed + 2UL)).requires_grad_ true
    let offset = (learnt (case.Seed + 3UL)).requires_grad_ true
    let mean, variance = torch.zeros [| int64 c |], torch.ones [| int64 c |]
    let y = Torch.BatchNorm.Of (x, beside, scale, offset, mean, variance, true, case.Positive)
    let slopes = maps dtype true case.Size (case.Seed + 4UL)
    y.backward (ResizeArray [ slopes ])
    x, beside, scale, offset, mean, variance, y, slopes

let private agrees case =
    use _ = torch.NewDisposeScope ()
    let x, beside, scale, offset, mean, variance, y, slopes = ours case
    let tolerance = if case.Half then half else single
    let added = if isNull beside then null else doubles beside
    let struct (expected, means, variances) =
        Reference.BatchNorm.Forward (doubles x, added, numbers scale, numbers offset, 1e-5, case.Positive)
    close tolerance (doubles y) expected "y"
    let rows = float (expected.Length / means.Length)
    close tolerance (numbers mean) (means |> Array.map ((*) 0.1)) "running means"
    let running = variances |> Array.map (fun v -> 0.9 + 0.1 * v * rows / (rows - 1.0))
    close tolerance (numbers variance) running "running variances"
    // By the y that was computed: a value that rounds to 0 lets no slope through.
    let struct (dx, passed, dscale, doffset) =
        Reference.BatchNorm.Backward (
            doubles x,
            doubles y,
            doubles slopes,
            numbers scale,
            1e-5,
            case.Positive
        )
    close (4.0 * tolerance) (doubles (nonNull x.grad)) dx "dx"
    close tolerance (numbers (nonNull scale.grad)) dscale "dscale"
    close tolerance (numbers (nonNull offset.grad)) doffset "doffset"
    if not (isNull beside) then
        close tolerance (doubles (nonNull beside.grad)) passed "dbeside"

// The slope of the first maps through so many norms, how many tensors more are alive after the backward pass than before it, and the slope by a second pass where asked for.
let private through layers releasing twice =
    use _ = torch.NewDisposeScope ()
    let x = (stepping 1.0 torch.float32 true (4, 16, 3, 3) 5UL).detach().requires_grad_ true
    let scale = (torch.linspace (0.5, 1.5, 16L)).requires_grad_ true
    let offset = (torch.zeros 16L).requires_grad_ true
    let mean, variance = torch.zeros 16L, torch.ones 16L
    let norm (x: torch.Tensor) =
        Scope.returning (fun () -> Torch.BatchNorm.Of (x, null, scale, offset, mean, variance, false, true))
    let y = (x, [ 1..layers ]) ||> List.fold (fun x _ -> norm x)
    let loss = (y * torch.arange(Scope.number 16.0).view(1L, 16L, 1L, 1L)).square().sum()
    let live () = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount
    if twice then
        let pass () = torch.autograd.grad([| loss |], [| x |], retain_graph = true)[0] |> numbers
        pass (), 0L, pass ()
    else
        let before = live ()
        if releasing then Scope.backward loss else loss.backward ()
        let more = live () - before
        numbers (nonNull x.grad), more, [||]

/// One pass beside the reference.
[<Tests>]
let tests =
    testList "BatchNorm" [
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 60 }
            "value, gradients and running statistics are the reference's"
            (Prop.forAll (Arb.fromGen cases) agrees)
        test "the number of threads changes no bit" {
            let case = {
                Size = 64, 48, 7, 7
                Half = true
                Last = true
                Beside = true
                Positive = true
                Seed = 9UL
            }
            let before = torch.get_num_threads ()
            let run threads =
                use _ = torch.NewDisposeScope ()
                torch.set_num_threads threads
                let x, beside, scale, offset, mean, variance, y, _ = ours case
                [ y; nonNull x.grad; nonNull beside.grad ]
                |> List.map doubles
                |> List.append (
                    [ nonNull scale.grad; nonNull offset.grad; mean; variance ] |> List.map numbers
                )
            try
                Expect.equal (run 1) (run 3) "bits"
            finally
                torch.set_num_threads before
        }
        test "what a layer was handed on the way back dies there, not with the step" {
            let _, few, _ = through 3 true false
            let _, many, _ = through 12 true false
            Expect.equal many few "tensors alive after 12 layers and after 3"
        }
        test "letting go on the way back changes no bit, and a kept graph can be gone through twice" {
            let released, _, _ = through 4 true false
            let kept, _, _ = through 4 false false
            let first, _, second = through 4 false true
            Expect.equal released kept "released"
            Expect.equal first kept "once"
            Expect.equal second kept "twice"
        }
    ]
