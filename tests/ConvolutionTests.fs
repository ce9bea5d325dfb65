/// Convolutions of float32 maps, and the gradient of the weights of bfloat16 ones, beside the reference and libtorch.
module Vantage.Tests.ConvolutionTests

open Expecto
open FsCheck
open FsCheck.FSharp
open TorchSharp
open Vantage
open Vantage.Kernels
open Vantage.Tests.Maps

/// Products of bfloat16 are exact in float32, those of float32 are rounded once with their sum (a fused multiply-add), and some thousand of them are summed there: relative to the largest sum.
let private single = 2e-5

/// libtorch rounds the gradient to bfloat16, 8 bits, where the processor has no products of them.
let private half = 8e-3

type private Case = {
    Images: int
    Height: int
    Width: int
    Inputs: int
    Outputs: int
    Kernel: int
    Stride: int
    Padding: int
    Seed: uint64
}

let private cases = gen {
    let! images = Gen.choose (1, 40)
    let! inputs = Gen.choose (1, 9)
    let! outputs = Gen.choose (1, 9)
    let! kernel = Gen.elements [ 1; 2; 3; 4; 5; 7 ]
    let! stride = Gen.choose (1, 3)
    let! padding = Gen.choose (0, 2)
    let! height = Gen.choose (max 1 (kernel - 2 * padding), 9)
    let! width = Gen.choose (max 1 (kernel - 2 * padding), 9)
    let! seed = Gen.choose (1, 1_000_000)
    return {
        Images = images
        Height = height
        Width = width
        Inputs = 16 * inputs
        Outputs = 16 * outputs
        Kernel = kernel
        Stride = stride
        Padding = padding
        Seed = uint64 seed
    }
}

let private maps (kind: torch.ScalarType) (size: int list) seed =
    use generator = new torch.Generator (seed, torch.CPU)
    let size = [| for s in size -> int64 s |]
    torch.randn(size, generator = generator).to_type(kind).permute(0L, 3L, 1L, 2L)

// Maps, weights, what comes out and its slopes, after a backward pass through this convolution.
let private pass kind convolve case =
    let x = (maps kind [ case.Images; case.Height; case.Width; case.Inputs ] case.Seed).requires_grad_ true
    let size = [ case.Outputs; case.Kernel; case.Kernel; case.Inputs ]
    let weight = (maps kind size (case.Seed + 1UL)).to_type(torch.float32).contiguous().requires_grad_ true
    let y: torch.Tensor = convolve x weight
    let out = [ y.shape[0]; y.shape[2]; y.shape[3]; y.shape[1] ] |> List.map int
    let slopes = maps kind out (case.Seed + 2UL)
    y.backward (ResizeArray [ slopes ])
    x, weight, y, slopes

let private ours kind case =
    pass kind (fun x weight -> Torch.Convolution.Of (x, weight, case.Stride, case.Padding)) case

// In float32, from the same rounded numbers: its bfloat16 convolutions are not right for all sizes on all processors.
let private libtorch case =
    let square n = [| int64 n; int64 n |]
    case
    |> pass torch.bfloat16 (fun x weight ->
        let weight = weight.to_type(torch.bfloat16).to_type torch.float32
        torch.nn.functional
            .conv2d(
                x.to_type torch.float32,
                weight,
                strides = square case.Stride,
                padding = square case.Padding
            )
            .to_type
            torch.bfloat16)

let private agrees case =
    use _ = torch.NewDisposeScope ()
    let x, weight, y, slopes = ours torch.bfloat16 case
    let expected =
        Reference.Convolution.Weights (
            doubles x,
            doubles slopes,
            case.Height,
            case.Width,
            case.Inputs,
            case.Outputs,
            case.Kernel,
            case.Stride,
            case.Padding
        )
    let tolerance = if Torch.Convolution.Fits (x, weight) then single else half
    let found = nonNull weight.grad
    Expect.equal found.dtype torch.float32 "the weights are float32"
    Expect.isLessThanOrEqual (apart (numbers found) expected) tolerance "weights"
    let x', _, y', _ = libtorch case
    Expect.isLessThanOrEqual (apart (numbers y) (numbers y')) half "what comes out"
    Expect.isLessThanOrEqual (apart (numbers (nonNull x.grad)) (numbers (nonNull x'.grad))) half "maps"

// Float32 maps with the channels last, all of it by the reference's formulas; whether it was all computed here.
let private agreesInFloat case =
    use _ = torch.NewDisposeScope ()
    let x, weight, y, slopes = ours torch.float32 case
    let reference formula (a: float array) (b: float array) : float array =
        formula (
            a,
            b,
            case.Height,
            case.Width,
            case.Inputs,
            case.Outputs,
            case.Kernel,
            case.Stride,
            case.Padding
        )
    let near name found expected = Expect.isLessThanOrEqual (apart found expected) single name
    near "what comes out" (doubles y) (reference Reference.Convolution.Forward (doubles x) (numbers weight))
    near
        "maps"
        (doubles (nonNull x.grad))
        (reference Reference.Convolution.Maps (doubles slopes) (numbers weight))
    near
        "weights"
        (numbers (nonNull weight.grad))
        (reference Reference.Convolution.Weights (doubles x) (doubles slopes))
    Torch.Convolution.Direct (x, weight, case.Stride, case.Padding)

// Mostly of sizes that are computed here: eight images or more, channels by 32s.
let private inFloat = gen {
    let! case = cases
    let! inputs = Gen.elements [ 32; 64; 96 ]
    let! outputs = Gen.elements [ 32; 64; 48 ]
    let! images = Gen.choose (6, 19)
    return { case with Images = images; Inputs = inputs; Outputs = outputs }
}

let private large = {
    Images = 130
    Height = 14
    Width = 13
    Inputs = 96
    Outputs = 80
    Kernel = 3
    Stride = 2
    Padding = 1
    Seed = 3UL
}

/// The gradient by products beside the sums of the formula.
[<Tests>]
let tests =
    testList "Convolution" [
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 60 }
            "the gradient of the weights is the reference's, all else libtorch's"
            (Prop.forAll (Arb.fromGen cases) agrees)
        test "many images in several chunks, with a remainder" { agrees large }
        test "maps of one column, which libtorch's tiles get wrong" {
            for kernel, stride in [ 2, 3; 3, 2; 4, 3 ] do
                for channels in [ 16; 24; 96 ] do
                    agrees {
                        large with
                            Images = 25
                            Width = 4
                            Kernel = kernel
                            Stride = stride
                            Padding = 0
                            Inputs = channels
                    }
        }
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 40 }
            "float32 maps and both gradients are the reference's"
            (Prop.forAll (Arb.fromGen inFloat) (agreesInFloat >> ignore))
        testList "float32 maps of small networks are convolved here where the processor has AVX-512" [
            for inputs, outputs, side, stride in
                [ 32, 32, 14, 1; 32, 64, 14, 2; 64, 64, 7, 1; 64, 96, 7, 2; 96, 96, 4, 1 ] do
                test $"{inputs} to {outputs} channels, {side} px, stride {stride}" {
                    let here =
                        agreesInFloat {
                            large with
                                Images = 21
                                Height = side
                                Width = side
                                Inputs = inputs
                                Outputs = outputs
                                Stride = stride
                        }
                    Expect.equal here System.Runtime.Intrinsics.X86.Avx512F.IsSupported "here"
                }
        ]
        testList "the number of threads changes no bit" [
            for kind, case in
                [ torch.bfloat16, large; torch.float32, { large with Outputs = 64; Images = 40 } ] do
                test $"{kind}" {
                    let before = torch.get_num_threads ()
                    let run threads =
                        use _ = torch.NewDisposeScope ()
                        torch.set_num_threads threads
                        let x, weight, y, _ = ours kind case
                        [ y; nonNull x.grad; nonNull weight.grad ] |> List.map numbers
                    try
                        Expect.equal (run 1) (run 3) "bits"
                    finally
                        torch.set_num_threads before
                }
        ]
        testList "what needs no gradient takes none" [
            for kind in [ torch.bfloat16; torch.float32 ] do
                let x () = maps kind [ 9; 5; 5; 32 ] 1UL
                let weight () = (maps kind [ 32; 3; 3; 32 ] 2UL).to_type(torch.float32).contiguous()
                test $"weights of a network that does not learn, {kind}" {
                    use _ = torch.NewDisposeScope ()
                    let x, weight = (x ()).requires_grad_ true, weight ()
                    let y = Torch.Convolution.Of (x, weight, 1, 1)
                    y.sum().backward()
                    Expect.isNull weight.grad "weights"
                    Expect.isNotNull x.grad "maps"
                }
                test $"maps of the first layer, {kind}" {
                    use _ = torch.NewDisposeScope ()
                    let x, weight = x (), (weight ()).requires_grad_ true
                    let y = Torch.Convolution.Of (x, weight, 1, 1)
                    y.sum().backward()
                    Expect.isNull x.grad "maps"
                    Expect.isNotNull weight.grad "weights"
                }
                test $"nothing is recorded without gradients, {kind}" {
                    use _ = torch.NewDisposeScope ()
                    use _ = torch.no_grad ()
                    let x, weight = x (), (weight ()).requires_grad_ true
                    Expect.isFalse (Torch.Convolution.Of (x, weight, 1, 1)).requires_grad "recorded"
                }
        ]
    ]

// The slopes of maps that a convolution takes whole and another by one pixel of each square.
let private bothWays fork case =
    let x =
        (maps torch.float64 [ case.Images; case.Height; case.Width; case.Inputs ] case.Seed).requires_grad_
            true
    let weight kernel seed =
        (maps torch.float64 [ case.Outputs; kernel; kernel; case.Inputs ] seed).contiguous()
    let struct (all: torch.Tensor, some: torch.Tensor) = fork x case.Stride
    let whole = Torch.Convolution.Of (all, weight case.Kernel 8UL, case.Stride, case.Padding)
    let few = Torch.Convolution.Of (some, weight 1 9UL, 1, 0)
    (whole.sin().sum() + few.cos().sum()).backward()
    numbers whole, numbers few, numbers (nonNull x.grad)

/// Maps into a block that halves and into its shortcut.
[<Tests>]
let forks =
    testList "Fork" [
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 40 }
            "values and slopes are those of the maps themselves and of one pixel in each square"
            (Prop.forAll (Arb.fromGen cases) (fun case ->
                use _ = torch.NewDisposeScope ()
                let plain (x: torch.Tensor) stride =
                    let every dimension (x: torch.Tensor) =
                        x.slice (dimension, 0L, x.shape[int dimension], int64 stride)
                    struct (x, x |> every 2L |> every 3L)
                let whole, few, slopes = bothWays (fun x stride -> Torch.Fork.Of (x, stride)) case
                let whole', few', slopes' = bothWays plain case
                Expect.equal (whole, few) (whole', few') "values"
                Expect.isLessThan (apart slopes slopes') 1e-12 "slopes, float64"))
        test "without gradients there is nothing to go back" {
            use _ = torch.NewDisposeScope ()
            use _ = torch.no_grad ()
            let x = (maps torch.float32 [ 2; 5; 4; 3 ] 1UL).requires_grad_ true
            let struct (all, some) = Torch.Fork.Of (x, 2)
            Expect.equal all.shape x.shape "the maps"
            Expect.isFalse some.requires_grad "recorded"
            Expect.equal some.shape [| 2L; 3L; 3L; 2L |] "one pixel of each square"
        }
    ]
