/// Random chains of steps on random images, for comparing engines.
module Vantage.Tests.Chains

open System
open FsCheck
open FsCheck.FSharp
open Vantage.Kernels

/// One image, what is done to it, and the view it must become.
type Chain = { Channels: int; Source: int * int; View: int * int; Pixels: byte[]; Steps: Step list }

let step operation (a: float) (b: float) (c: float) (d: float) =
    Step (operation, float32 a, float32 b, float32 c, float32 d)

let factor operation a = step operation a 0.0 0.0 0.0
let flip = step Operation.FlipHorizontal 0.0 0.0 0.0 0.0
let grayscale = step Operation.Grayscale 0.0 0.0 0.0 0.0
let blur sigma (taps: int) = step Operation.Blur sigma (float taps) 0.0 0.0

let crop (top: int) (left: int) (height: int) (width: int) =
    step Operation.Crop (float top) (float left) (float height) (float width)

/// A standardization with a different mean and deviation for each channel, none a round number.
let standard channels height width =
    let take (values: float32 list) = Array.init channels (fun c -> values[c % 3])
    ViewShape (channels, height, width, take [ 0.485f; 0.456f; 0.406f ], take [ 0.229f; 0.224f; 0.225f ])

/// No standardization: values in [0, 1].
let plain channels height width =
    ViewShape (channels, height, width, Array.zeroCreate channels, Array.create channels 1.0f)

/// Renders images with as many steps each.
let renderAll (engine: IViewEngine) threads (shape: ViewShape) (images: Image[]) (steps: Step list[]) =
    let destination = Array.create (images.Length * shape.Length) nanf
    let slots = if steps.Length = 0 then 0 else steps[0].Length
    let flat = steps |> Array.collect Array.ofList
    engine.Render (ReadOnlyMemory images, ReadOnlyMemory flat, slots, shape, Memory destination, threads)
    destination

/// Renders one chain with a standardization.
let renderAs makeShape engine chain =
    let height, width = chain.Source
    let image = Image (chain.Pixels, 0, chain.Channels, height, width)
    let shape = makeShape chain.Channels (fst chain.View) (snd chain.View)
    renderAll engine 1 shape [| image |] [| chain.Steps |]

/// Renders one chain to values in [0, 1].
let render engine chain = renderAs plain engine chain

/// The largest difference of two views.
let apart (a: float32[]) (b: float32[]) = Close.worst (Array.map float a) (Array.map float b)

let private sizes = [ 1; 2; 3; 5; 7; 8; 9; 13; 15; 16; 17; 31; 32; 33; 47 ]

let private real low high = Gen.choose (0, 1000) |> Gen.map (fun i -> low + (high - low) * float i / 1000.0)

/// A crop of an image of this size.
let private anyCrop (height, width) = gen {
    let! boxHeight = Gen.choose (1, height)
    let! boxWidth = Gen.choose (1, width)
    let! top = Gen.choose (0, height - boxHeight)
    let! left = Gen.choose (0, width - boxWidth)
    return crop top left boxHeight boxWidth
}

/// A step that keeps the size.
let private anyStep (height, width) =
    Gen.oneof [
        Gen.constant (Step ())
        Gen.constant flip
        Gen.constant grayscale
        real 0.0 2.0 |> Gen.map (factor Operation.Brightness)
        real 0.0 2.0 |> Gen.map (factor Operation.Contrast)
        real 0.0 2.0 |> Gen.map (factor Operation.Saturation)
        real -1.5 1.5 |> Gen.map (factor Operation.Hue)
        gen {
            let! half = Gen.choose (0, min 6 (min height width - 1))
            let! sigma = Gen.oneof [ Gen.constant 0.0; real 0.1 3.0 ]
            return blur sigma (2 * half + 1)
        }
    ]

let private stepsOf size count = Gen.listOfLength count (anyStep size)

/// Up to two crops, and up to five other steps before, between and after them.
let private anyChain = gen {
    let! channels = Gen.elements [ 1; 3 ]
    let! source = Gen.zip (Gen.elements sizes) (Gen.elements sizes)
    let! target = Gen.zip (Gen.elements sizes) (Gen.elements sizes)
    let! crops = Gen.frequency [ 1, Gen.constant 0; 5, Gen.constant 1; 1, Gen.constant 2 ]
    let view = if crops = 0 then source else target
    let! before = Gen.frequency [ 2, Gen.constant 0; 1, Gen.choose (0, 2) ]
    let! early = stepsOf source before
    let! first = anyCrop source
    let! between = stepsOf target (if crops = 2 then 1 else 0)
    let! second = anyCrop target
    let! after = Gen.choose (0, 5 - before - between.Length)
    let! late = stepsOf view after
    let! brightest = Gen.elements [ 0; 255; 255; 255; 255 ]
    let! pixels =
        Gen.choose (0, brightest)
        |> Gen.arrayOfLength (channels * fst source * snd source)
    return {
        Channels = channels
        Source = source
        View = view
        Pixels = Array.map byte pixels
        Steps =
            match crops with
            | 0 -> early @ late
            | 1 -> early @ first :: late
            | _ -> early @ first :: between @ second :: late
    }
}

/// Leaves one step out, crops excepted: without them the sizes do not fit.
let private shorter chain =
    chain.Steps
    |> List.indexed
    |> List.filter (fun (_, s) -> s.Operation <> Operation.Crop)
    |> Seq.map (fun (i, _) -> { chain with Steps = List.removeAt i chain.Steps })

type Generators =
    static member Chain() = Arb.fromGenShrink (anyChain, shorter)
