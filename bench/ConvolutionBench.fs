/// Convolutions of maps with the channels last beside libtorch's kernels, in turns: of bfloat16 the gradient of the weights alone, of float32 what comes out and both gradients.
module Vantage.Bench.ConvolutionBench

open System
open System.Diagnostics
open TorchSharp
open Vantage
open Vantage.Bench.Row
open Vantage.Kernels

// Images, their side, channels in and out, the stride: of ResNet-18 at 32 px, and of a small network at 28 px.
let private cases = [
    64L, 32L, 64L, 64L, 1L
    64L, 32L, 64L, 128L, 2L
    64L, 16L, 128L, 128L, 1L
    64L, 8L, 256L, 512L, 2L
    64L, 4L, 512L, 512L, 1L
    512L, 14L, 32L, 32L, 1L
    512L, 14L, 32L, 64L, 2L
    512L, 7L, 64L, 64L, 1L
    512L, 7L, 64L, 96L, 2L
    512L, 4L, 96L, 96L, 1L
]

let private floatCases = [
    for images in [ 64L; 512L ] do
        images, 14L, 32L, 32L, 1L
        images, 14L, 32L, 64L, 2L
        images, 7L, 64L, 64L, 1L
        images, 7L, 64L, 96L, 2L
        images, 4L, 96L, 96L, 1L
]

/// libtorch rounds its gradient to bfloat16, 8 bits of the largest; float32 sums in another order.
let private tolerance kind = if kind = torch.bfloat16 then 8e-3 else 2e-5

let private row quick kind (images, side, inputs, outputs, stride) =
    use _ = torch.NewDisposeScope ()
    let generator = new torch.Generator (1UL, torch.CPU)
    let normal (size: int64 list) = torch.randn (List.toArray size, generator = generator)
    let rounded = kind = torch.bfloat16
    let x =
        (normal [ images; side; side; inputs ])
            .to_type(kind)
            .permute(0L, 3L, 1L, 2L)
            .requires_grad_(not rounded)
    let weight = (normal [ outputs; inputs; 3; 3 ]).requires_grad_ true
    let ours () = Torch.Convolution.Of (x, weight, int stride, 1)
    let theirs () =
        let strides, padding = [| stride; stride |], [| 1L; 1L |]
        torch.nn.functional.conv2d (x, weight.to_type x.dtype, strides = strides, padding = padding)
    let slopes =
        (normal [ images; (side + stride - 1L) / stride; (side + stride - 1L) / stride; outputs ])
            .to_type(kind)
            .permute(0L, 3L, 1L, 2L)
    let time (convolve: unit -> torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let forward = Stopwatch.StartNew ()
        let y = convolve ()
        let clock = if rounded then Stopwatch.StartNew () else forward
        y.backward (ResizeArray [ slopes ])
        let seconds = clock.Elapsed.TotalSeconds
        let gradient = (nonNull weight.grad).clone().MoveToOuterDisposeScope()
        weight.grad <- null
        x.grad <- null
        seconds, gradient
    let mine, other = snd (time ours), snd (time theirs)
    let apart = float ((mine - other).abs().max().item<float32>())
    let largest = float (other.abs().max().item<float32>())
    let turns =
        List.init (if quick then 5 else 25) (fun _ ->
            Scope.scoped (fun () -> 1.0 / fst (time ours), 1.0 / fst (time theirs)))
    Scope.settle ()
    let what = if rounded then "gradient of the weights, bfloat16" else "all, float32"
    {
        Case = $"{images} images of {side} px, {inputs} to {outputs} channels, 3 x 3, stride {stride}, {what}"
        Unit = "a second"
        Ours = turns |> List.map fst |> List.max
        Peer = Some (turns |> List.map snd |> List.max)
        PeerName = $"libtorch {torch.__version__}"
        Equal = apart <= tolerance kind * largest
        Bytes = 0.0
        Operations = 0.0
    }

/// All cases.
let run quick =
    Interop.NativeLibraries.Load ()
    torch.set_num_threads Environment.ProcessorCount
    List.map (row quick torch.bfloat16) cases
    @ List.map (row quick torch.float32) floatCases
