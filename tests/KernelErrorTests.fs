/// What the view engines refuse, and that the message names the values.
module Vantage.Tests.KernelErrorTests

open System
open Expecto
open Vantage.Kernels
open Vantage.Tests.Chains

let private image channels height width =
    Image (Array.zeroCreate<byte>(channels * height * width), 0, channels, height, width)

let private run engine shape images steps () = renderAll engine 1 shape images [| steps |] |> ignore

let private one steps engine = run engine (plain 3 8 8) [| image 3 8 8 |] steps

/// What is wrong, the call, and the words that the message must hold.
let private wrong: (string * (IViewEngine -> unit -> unit) * string list) list = [
    "a factor of NaN", one [ factor Operation.Brightness nan ], [ "Brightness"; "NaN" ]
    "an infinite factor", one [ factor Operation.Contrast infinity ], [ "Contrast"; "finite" ]
    "a negative factor", one [ factor Operation.Saturation -0.5 ], [ "Saturation"; "-0.5" ]
    "a turn of NaN", one [ factor Operation.Hue nan ], [ "Hue"; "NaN" ]
    "a negative sigma", one [ blur -1.0 3 ], [ "Blur"; "-1" ]
    "a sigma of NaN", one [ blur nan 3 ], [ "Blur"; "NaN" ]
    "an even number of taps", one [ blur 1.0 4 ], [ "4 taps"; "odd" ]
    "no taps", one [ blur 1.0 0 ], [ "0 taps"; "odd" ]
    "more taps than the image reflects", one [ blur 1.0 17 ], [ "17 taps"; "8 x 8"; "at most 15" ]
    "a box larger than the image", one [ crop 0 0 9 8 ], [ "9 x 8"; "8 x 8" ]
    "a box beyond the right edge", one [ crop 0 3 4 6 ], [ "left 3"; "4 x 6"; "8 x 8" ]
    "a box above the top", one [ crop -1 0 4 4 ], [ "top -1" ]
    "an empty box", one [ crop 0 0 0 4 ], [ "0 x 4" ]
    "half a pixel", one [ step Operation.Crop 0.5 0.0 4.0 4.0 ], [ "0.5"; "whole" ]
    "a box of NaN", one [ step Operation.Crop 0.0 0.0 nan 4.0 ], [ "NaN"; "whole" ]
    "a shift of NaN", one [ affine [| 1.0; 0.0; nan; 0.0; 1.0; 0.0 |] 0.0 ], [ "Affine"; "NaN" ]
    "a fill outside [0, 1]", one [ affine [| 1.0; 0.0; 0.0; 0.0; 1.0; 0.0 |] 1.5 ], [ "Affine"; "1.5" ]
    "no bits", one [ factor Operation.Posterize 0.0 ], [ "Posterize"; "0 bits" ]
    "half a bit", one [ factor Operation.Posterize 2.5 ], [ "2.5 bits" ]
    "half a quarter turn", one [ factor Operation.Rotate90 0.5 ], [ "0.5 quarter turns" ]
    "an amount of NaN", one [ factor Operation.Add nan ], [ "Add"; "NaN" ]
    "a threshold of NaN", one [ factor Operation.Solarize nan ], [ "Solarize"; "NaN" ]
    "a negative deviation", one [ step Operation.Noise -0.1 0.0 0.0 0.0 ], [ "Noise"; "-0.1" ]
    "a key beyond 24 bits", one [ step Operation.Noise 0.1 16777216.0 0.0 0.0 ], [ "Noise"; "16777216" ]
    "an erased box of negative size", one [ step Operation.Erase 0.0 0.0 -1.0 2.0 ], [ "Erase"; "-1 x 2" ]
    "patches of 0 px", one [ step Operation.Mask 0.0 0.0 0.0 0.0 ], [ "Mask"; "0 px" ]
    "a channel that is not there",
    one [ step Operation.Channels 0.0 3.0 1.0 0.0 ],
    [ "Channels"; "channel 3" ]
    "channels that are not there", one [ step Operation.Select 2.0 2.0 0.0 0.0 ], [ "Select"; "has 3" ]
    "an unknown filter", one [ cropTo (enum<Filter> 7) (8, 8) (crop 0 0 4 4) ], [ "filter 7"; "Bicubic" ]
    "a crop to half a pixel", one [ Step (Operation.Crop, 0f, 0f, 4f, 4f, 2.5f, 8f, 0f) ], [ "2.5 px" ]
    "Lab of grey",
    (fun e -> run e (plain 1 8 8) [| image 1 8 8 |] [ factor Operation.Lab 0.0 ]),
    [ "Lab"; "3 channels" ]
    "a tile of another size",
    one [ Step (Operation.Tile, 0f, 0f, 4f, 4f, 0f, 0f, 0f) ],
    [ "Tile"; "4 x 4"; "8 x 8" ]
    "a step after a tile",
    one [ Step (Operation.Tile, 0f, 0f, 8f, 8f, 0f, 0f, 0f); flip ],
    [ "FlipHorizontal"; "tiles come last" ]
    "a float image above 1",
    (fun e -> run e (plain 1 1 2) [| Image ([| 0.5f; 1.5f |], 0, 1, 1, 2) |] []),
    [ "value 1"; "1.5"; "[0, 1]" ]
    "a float image of NaN",
    (fun e -> run e (plain 1 3 9) [| Image (Array.create 27 nanf, 0, 1, 3, 9) |] []),
    [ "value 0"; "NaN" ]
    "an unknown operation", one [ Step (enum<Operation> 99, 0f, 0f, 0f, 0f) ], [ "99" ]
    "another size without a crop",
    (fun e -> run e (plain 3 7 8) [| image 3 8 8 |] []),
    [ "8 x 8"; "7 x 8"; "Crop" ]
    "other channels than the view's",
    (fun e -> run e (plain 1 8 8) [| image 3 8 8 |] []),
    [ "3 channels"; "the view has 1" ]
    "colour on two channels",
    (fun e -> run e (plain 2 8 8) [| image 2 8 8 |] [ factor Operation.Hue 0.1 ]),
    [ "Hue"; "the image has 2" ]
    "a deviation of 0",
    (fun e -> run e (ViewShape (1, 8, 8, [| 0f |], [| 0f |])) [| image 1 8 8 |] []),
    [ "deviation 0"; "above 0" ]
    "a mean of NaN",
    (fun e -> run e (ViewShape (1, 8, 8, [| nanf |], [| 1f |])) [| image 1 8 8 |] []),
    [ "NaN" ]
    "too few means",
    (fun e -> run e (ViewShape (3, 8, 8, [| 0f |], [| 1f |])) [| image 3 8 8 |] []),
    [ "3 channels"; "1 and 1" ]
    "a view without pixels", (fun e -> run e (plain 3 0 8) [| image 3 8 8 |] []), [ "3 x 0 x 8" ]
    "an image without pixels", (fun e -> run e (plain 3 8 8) [| Image () |] []), [ "image 0 has no pixels" ]
    "no threads",
    (fun e () -> renderAll e 0 (plain 3 8 8) [| image 3 8 8 |] [| [] |] |> ignore),
    [ "0 threads" ]
    "a short destination",
    (fun e () ->
        e.Render (
            ReadOnlyMemory [| image 3 8 8 |],
            ReadOnlyMemory.Empty,
            0,
            plain 3 8 8,
            Memory<float32>(Array.zeroCreate 191),
            1
        )),
    [ "192"; "191" ]
    "too few steps",
    (fun e () ->
        e.Render (
            ReadOnlyMemory [| image 3 8 8 |],
            ReadOnlyMemory [| flip |],
            2,
            plain 3 8 8,
            Memory<float32>(Array.zeroCreate 192),
            1
        )),
    [ "2 steps"; "there are 1" ]
]

/// The operations of Reference check for themselves too.
let private alone: (string * (unit -> float[])) list = [
    "brightness", (fun () -> Reference.Brightness.Apply ([| 0.5 |], nan))
    "contrast on 2 channels", (fun () -> Reference.Contrast.Apply ([| 0.5; 0.5 |], 2, 1.0))
    "saturation", (fun () -> Reference.Saturation.Apply ([| 0.5 |], 1, -1.0))
    "hue", (fun () -> Reference.Hue.Apply ([| 0.5 |], 1, infinity))
    "grayscale on 4 channels", (fun () -> Reference.Grayscale.Apply (Array.zeroCreate 4, 4))
    "blur", (fun () -> Reference.Blur.Apply ([| 0.5 |], 1, 1, 1, 1.0, 3))
    "crop", (fun () -> Reference.Crop.Apply ([| 0.5 |], 1, 1, 1, 0, 0, 1, 2, 1, 1))
]

let private message (action: unit -> unit) =
    try
        action ()
        "nothing was refused"
    with :? ArgumentException as e ->
        e.Message

[<Tests>]
let tests =
    testList "Refused views" [
        for engine in
            [ ViewEngine.Reference; ViewEngine.Torch TorchSharp.torch.CPU; yield! ViewEngine.Tiers () ] do
            for name, call, words in wrong do
                testCase $"{name}: {engine.Name}" (fun () ->
                    let message = message (call engine)
                    for word in words do
                        Expect.stringContains message word "the message names the value")

        for name, call in alone do
            testCase $"{name} alone" (fun () -> Expect.throwsT<ArgumentException> (call >> ignore) "refused")

        testCase "an image needs pixels and room" (fun () ->
            Expect.stringContains (message (fun () -> image 3 0 8 |> ignore)) "3 x 0 x 8" "no rows"
            Expect.stringContains
                (message (fun () -> Image (Array.zeroCreate<byte> 10, 5, 1, 2, 3) |> ignore))
                "needs 11"
                "too short")
    ]
