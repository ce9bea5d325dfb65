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

/// A crop with its own size (0: the view's) and filter.
let cropTo (filter: Filter) (outHeight: int, outWidth: int) (box: Step) =
    Step (
        Operation.Crop,
        box.A,
        box.B,
        box.C,
        box.D,
        float32 outHeight,
        float32 outWidth,
        float32 (int filter)
    )

let affine (map: float array) fill =
    let m = Array.map float32 map
    Step (Operation.Affine, m[0], m[1], m[2], m[3], m[4], m[5], float32 fill)

/// Channels after these steps.
let channelsAfter channels (steps: Step list) =
    steps
    |> List.fold (fun now s -> if s.Operation = Operation.Select then int s.B else now) channels

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
    let shape = makeShape (channelsAfter chain.Channels chain.Steps) (fst chain.View) (snd chain.View)
    renderAll engine 1 shape [| image |] [| chain.Steps |]

/// Renders one chain to values in [0, 1].
let render engine chain = renderAs plain engine chain

/// The largest difference of two views.
let apart (a: float32[]) (b: float32[]) = Close.worst (Array.map float a) (Array.map float b)

let private sizes = [ 1; 2; 3; 5; 7; 8; 9; 13; 15; 16; 17; 31; 32; 33; 47 ]

let private real low high = Gen.choose (0, 1000) |> Gen.map (fun i -> low + (high - low) * float i / 1000.0)

/// A crop of an image of this size to that one, by any filter.
let private anyCrop (height, width) target = gen {
    let! boxHeight = Gen.choose (1, height)
    let! boxWidth = Gen.choose (1, width)
    let! top = Gen.choose (0, height - boxHeight)
    let! left = Gen.choose (0, width - boxWidth)
    let! filter =
        Gen.frequency [ 3, Gen.constant Filter.Bilinear; 2, Gen.elements (Enum.GetValues<Filter>()) ]
    return cropTo filter target (crop top left boxHeight boxWidth)
}

/// Steps of every image that keep the size.
let private spatial (height, width) = [
    Gen.constant flip
    Gen.constant (factor Operation.FlipVertical 0.0)
    Gen.elements (if height = width then [ -1; 1; 2; 3 ] else [ 0; 2; 6 ])
    |> Gen.map (float >> factor Operation.Rotate90)
    gen {
        let! half = Gen.choose (0, min 6 (min height width - 1))
        let! sigma = Gen.oneof [ Gen.constant 0.0; real 0.1 3.0 ]
        return blur sigma (2 * half + 1)
    }
    real 0.0 4.0 |> Gen.map (factor Operation.BoxBlur)
    real 0.0 2.0 |> Gen.map (factor Operation.Sharpness)
    gen {
        let! degrees = real -180.0 180.0
        let! right = real -5.0 5.0
        let! down = real -5.0 5.0
        let! scale = real 0.5 2.0
        let! shear = real -30.0 30.0
        let! fill = real 0.0 1.0
        return affine (Vantage.Affine.inverse degrees right down scale shear 0.0) fill
    }
    gen {
        let! top = Gen.choose (-3, height)
        let! left = Gen.choose (-3, width)
        let! boxHeight = Gen.choose (0, height + 3)
        let! boxWidth = Gen.choose (0, width + 3)
        let! value = real 0.0 1.0
        return
            Step (
                Operation.Erase,
                float32 top,
                float32 left,
                float32 boxHeight,
                float32 boxWidth,
                float32 value,
                0f,
                0f
            )
    }
    gen {
        let! patch = Gen.choose (1, 9)
        let! words = Gen.choose (0, 0xFFFFFF) |> Gen.map float32 |> Gen.arrayOfLength 4
        let! first = Gen.elements [ 0; 0; 96 ]
        return Step (Operation.Mask, float32 patch, float32 first, words[0], words[1], words[2], words[3], 0f)
    }
    gen {
        let! deviation = real 0.0 0.3
        let! low = Gen.choose (0, 0xFFFFFF)
        let! high = Gen.choose (0, 0xFFFFFF)
        return step Operation.Noise deviation (float low) (float high) 0.0
    }
]

/// Steps of every image whose result depends on its values alone.
let private colours channels = [
    real 0.0 2.0 |> Gen.map (factor Operation.Brightness)
    real -1.0 1.0 |> Gen.map (factor Operation.Add)
    real 0.0 2.0 |> Gen.map (factor Operation.ContrastByChannel)
    Gen.constant (factor Operation.Invert 0.0)
    // At one half the two sides of the threshold meet, so that rounding cannot tell engines apart.
    Gen.elements [ 0.5; 2.0 ] |> Gen.map (factor Operation.Solarize)
    if channels = 1 || channels = 3 then
        Gen.constant grayscale
        real 0.0 2.0 |> Gen.map (factor Operation.Contrast)
        real 0.0 2.0 |> Gen.map (factor Operation.Saturation)
        real -1.5 1.5 |> Gen.map (factor Operation.Hue)
        real 0.0 1.0 |> Gen.map (factor Operation.Sobel)
    if channels = 3 then
        Gen.constant (factor Operation.Lab 0.0)
        Gen.choose (-1, 2)
        |> Gen.map float
        |> Gen.arrayOfLength 3
        |> Gen.map (fun s -> step Operation.Channels s[0] s[1] s[2] 0.0)
]

/// A step that keeps the size.
let private anyStep channels size =
    Gen.frequency [ 1, Gen.constant (Step ()); 4, Gen.oneof (spatial size); 4, Gen.oneof (colours channels) ]

/// Steps that jump: rounding before them could tell engines apart, so they meet the stored bytes alone.
let private sharp =
    Gen.oneof [
        Gen.choose (1, 8) |> Gen.map (float >> factor Operation.Posterize)
        Gen.constant (factor Operation.Equalize 0.0)
        Gen.constant (factor Operation.AutoContrast 0.0)
        Gen.choose (0, 255)
        |> Gen.map (fun k -> factor Operation.Solarize ((float k + 0.5) / 255.0))
    ]

let private stepsOf channels size count = Gen.listOfLength count (anyStep channels size)

/// Up to two crops, and up to five other steps before, between and after them.
let private anyChain = gen {
    let! channels = Gen.elements [ 1; 3; 3; 3; 2; 4 ]
    let! source = Gen.zip (Gen.elements sizes) (Gen.elements sizes)
    let! target = Gen.zip (Gen.elements sizes) (Gen.elements sizes)
    let! middle = Gen.zip (Gen.elements sizes) (Gen.elements sizes)
    let! crops = Gen.frequency [ 1, Gen.constant 0; 5, Gen.constant 1; 2, Gen.constant 2 ]
    let view = if crops = 0 then source else target
    let! first = Gen.frequency [ 3, Gen.constant []; 1, Gen.map List.singleton sharp ]
    let! before = Gen.frequency [ 2, Gen.constant 0; 1, Gen.choose (0, 2) ]
    let! early = stepsOf channels source before
    let! outer = anyCrop source (if crops = 2 then middle else (0, 0))
    let! between = stepsOf channels middle (if crops = 2 then 1 else 0)
    let! inner = anyCrop middle target
    let! after = Gen.choose (0, 5 - before - between.Length)
    let! late = stepsOf channels view after
    let! last =
        if channels < 2 then
            Gen.constant []
        else
            Gen.frequency [
                4, Gen.constant []
                1, Gen.constant [ step Operation.Select 1.0 (float (channels - 1)) 0.0 0.0 ]
            ]
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
            first
            @ early
            @ (match crops with
               | 0 -> []
               | 1 -> [ outer ]
               | _ -> outer :: between @ [ inner ])
            @ late
            @ last
    }
}

/// Leaves one step out, crops excepted: without them the sizes do not fit.
let private shorter chain =
    chain.Steps
    |> List.indexed
    |> List.filter (fun (_, s) -> s.Operation <> Operation.Crop && s.Operation <> Operation.Select)
    |> Seq.map (fun (i, _) -> { chain with Steps = List.removeAt i chain.Steps })

type Generators =
    static member Chain() = Arb.fromGenShrink (anyChain, shorter)
