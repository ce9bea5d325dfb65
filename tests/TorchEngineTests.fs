/// Views by libtorch: torchvision's answers, every operation against its reference, and that nothing makes the host wait.
module Vantage.Tests.TorchEngineTests

open System
open System.Text.Json
open Expecto
open FsCheck
open TorchSharp
open Vantage.Kernels
open Vantage.Tests.Chains
open Vantage.Tests.Steps

let private engine = ViewEngine.Torch torch.CPU

let private agrees tolerance (images, steps, shape) =
    let expected = renderAll ViewEngine.Reference 1 shape images steps
    apart (renderAll engine 1 shape images steps) expected <= tolerance

let private property count name check =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with maxTest = count } name (check: int -> bool)

let private small = [
    for operation in operations do
        match operation with
        | Operation.Posterize
        | Operation.Equalize
        | Operation.AutoContrast
        | Operation.Solarize
        | Operation.Sobel -> () // they jump, or enlarge what was rounded before them
        | _ -> operation
]

let private meta = torch.device "meta"

let private onMeta (shape: ViewShape) channels (height, width) kind (steps: Step list[]) =
    use _ = torch.NewDisposeScope ()
    let n = int64 steps.Length
    let images =
        torch.zeros ([| n; int64 channels; int64 height; int64 width |], dtype = Nullable kind, device = meta)
    let flat = steps |> Array.collect Array.ofList
    let views = Torch.TorchViews.Render (images, ReadOnlySpan flat, steps[0].Length, shape, torch.float32)
    views.device_type, views.shape

/// Views of a batch, flat in the order of memory, and how many bytes of a value.
let private tensorOf shape kind (images: Image[]) (steps: Step list[]) =
    let first = images[0]
    let pixels = images |> Array.collect _.Pixels
    let packed =
        torch
            .tensor(pixels)
            .reshape(int64 images.Length, int64 first.Channels, int64 first.Height, int64 first.Width)
    let flat = steps |> Array.collect Array.ofList
    Torch.TorchViews.Render (packed, ReadOnlySpan flat, steps[0].Length, shape, kind)

let private floats (t: torch.Tensor) = t.contiguous().to_type(torch.float32).data<float32>().ToArray()

let private like (shape: ViewShape) layout tiles =
    ViewShape (
        shape.Channels,
        shape.Height,
        shape.Width,
        shape.Mean,
        shape.Deviation,
        Layout = layout,
        Tiles = tiles
    )

[<Tests>]
let tests =
    testList "Torch" [
        property 300 "range: before standardization every value lies in [0, 1]" (fun seed ->
            let some = fun (r: Random) -> operations[r.Next operations.Length]
            let images, steps, shape = batch seed [ some; some; some ] 3
            renderAll engine 1 shape images steps
            |> Array.forall (fun x -> x >= 0.0f && x <= 1.0f))
        testList "each operation, with values of its own for each image" [
            for operation in operations ->
                property 150 $"{operation}" (fun seed ->
                    let channels = channelsOf (Random (seed + 1)) operation
                    batch seed [ (fun _ -> operation) ] channels |> agrees Close.batched)
        ]

        property 300 "images of different operations in one slot" (fun seed ->
            let channels = channelsOf (Random (seed + 1)) Operation.None
            let fits o = channels = 3 || (o <> Operation.Lab && o <> Operation.Channels)
            let some = List.filter fits small
            let any (random: Random) = some[random.Next some.Length]
            batch seed [ any; any; any ] channels |> agrees Close.view)

        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 500; arbitrary = [ typeof<Generators> ] }
            "every chain"
            (fun chain -> apart (render engine chain) (render ViewEngine.Reference chain) <= Close.view)

        property 200 "a permuted batch gives permuted views" (fun seed ->
            let any (random: Random) = small[random.Next small.Length]
            let images, steps, shape = batch seed [ any; any; any ] 3
            let views i s = renderAll engine 1 shape i s |> Array.chunkBySize shape.Length
            let straight, reversed = views images steps, views (Array.rev images) (Array.rev steps)
            Array.forall2 (fun a b -> apart a b <= Close.view) straight (Array.rev reversed)) // libtorch rounds the ends of a vector apart

        test "images of several sizes and of float32 in one call, cropped by several filters" {
            let random = Random 3
            let bytes = Array.collect (pictures random 2 3) [| 9, 11; 5, 4; 9, 11 |]
            let values =
                bytes
                |> Array.map (fun i ->
                    Image (Array.map (fun p -> float32 p / 255f) i.Pixels, 0, 3, i.Height, i.Width))
            let images = Array.append bytes values
            let steps =
                Array.init images.Length (fun i -> [
                    cropTo (enum<Filter>(i % 4)) (6, 8) (crop 1 0 3 4)
                    factor Operation.Contrast 1.5
                ])
            let shape = standard 3 6 8
            let close = Close.view / 0.224
            let expected = renderAll ViewEngine.Reference 1 shape images steps
            Expect.isLessThanOrEqual (apart (renderAll engine 1 shape images steps) expected) close "views"
        }

        testList "large images, and sides whose weights need float64" [
            for source, view, steps in
                [
                    (256, 241), (224, 224), [ crop 3 1 250 239; flip; blur 1.7 23 ]
                    (650, 701), (32, 35), [ crop 5 9 640 690; factor Operation.Hue 0.3 ]
                    (30, 31), (263, 259), [ crop 1 2 29 28; factor Operation.Contrast 1.7 ]
                    (2, 3001), (3, 1501), [ crop 0 7 2 2990 ]
                    (640, 640), (640, 640), [ factor Operation.Contrast 0.0 ]
                ] do
                testCase $"{source} to {view}" (fun () ->
                    let images, shape = pictures (Random 4) 1 3 source, view ||> plain 3
                    Expect.isTrue (agrees Close.view (images, [| steps |], shape)) "agrees")
        ]

        test "images whose channels lie last in memory" {
            let images = pictures (Random 8) 3 3 (9, 12)
            let steps = Array.init 3 (fun i -> [ flip; crop i 1 5 6; factor Operation.Hue (0.1 * float i) ])
            let flat, shape = Array.collect Array.ofList steps, standard 3 6 7
            use planar = torch.tensor(images |> Array.collect _.Pixels).reshape(3L, 3L, 9L, 12L)
            use last = planar.permute(0L, 2L, 3L, 1L).contiguous().permute(0L, 3L, 1L, 2L)
            let views x = floats (Torch.TorchViews.Render (x, ReadOnlySpan flat, 3, shape, torch.float32))
            Expect.isLessThanOrEqual (apart (views last) (views planar)) Close.view "views"
        }

        test "tiles" {
            let images = pictures (Random 5) 3 3 (9, 12)
            let steps =
                Array.init 3 (fun i -> [
                    flip
                    tile 0 i 1 4 5
                    (if i = 1 then Step () else tile 1 2 i 4 5)
                    tile 2 5 7 4 5
                ])
            steps[1] <- [ flip; tile 0 1 1 4 5; tile 1 0 0 4 5; tile 2 5 7 4 5 ]
            for layout in [ Layout.Nchw; Layout.Nhwc ] do
                let shape = like (standard 3 4 5) layout 3
                let expected = renderAll ViewEngine.Reference 1 shape images steps
                let close = Close.view / 0.224
                Expect.isLessThanOrEqual
                    (apart (renderAll engine 1 shape images steps) expected)
                    close
                    $"{layout}"
            use views = tensorOf (like (standard 3 4 5) Layout.Nhwc 3) torch.bfloat16 images steps
            Expect.equal views.shape [| 3L; 3L; 3L; 4L; 5L |] "n, tiles, channels, rows, columns"
        }

        test "bfloat16 rounds the float32, and channels-last holds the same values" {
            let images = pictures (Random 6) 4 3 (9, 12)
            let steps = Array.init 4 (fun i -> [ crop i 1 5 6; blur (float i) 3 ])
            let shape = standard 3 6 7
            use planar = tensorOf shape torch.float32 images steps
            use last = tensorOf (like shape Layout.Nhwc 1) torch.bfloat16 images steps
            Expect.equal last.shape planar.shape "sizes"
            Expect.equal (last.stride ()) [| 126L; 1L; 21L; 3L |] "memory"
            let rounded = floats planar |> Array.map (fun x -> (BFloat16.From x).ToSingle())
            Expect.equal (floats last) rounded "values"
            let halves = Array.zeroCreate<BFloat16>(4 * shape.Length)
            let flat = Array.collect Array.ofList steps
            engine.Render (ReadOnlyMemory images, ReadOnlyMemory flat, 2, shape, Memory<BFloat16> halves, 1)
            Expect.equal (halves |> Array.map _.ToSingle()) rounded "the engine's"
        }

        testList "no host wait and no tensor off the device: the meta device" [
            for operation in operations do
                testCase $"{operation}" (fun () ->
                    let random = Random 1
                    let any _ = [
                        Step ()
                        anyOf operation random 3 (13, 11)
                        anyOf operation random 3 (13, 11)
                    ]
                    let mixed i = if i % 3 = 0 then [ flip; Step (); grayscale ] else any i
                    let inside = [| 6L; 3L; 13L; 11L |]
                    for kind in [ torch.uint8; torch.float32 ] do
                        for steps in [ Array.init 6 any; Array.init 6 mixed ] do
                            Expect.equal
                                (onMeta (plain 3 13 11) 3 (13, 11) kind steps)
                                (DeviceType.META, inside)
                                "meta")
            testCase "Tile" (fun () ->
                let steps = Array.create 2 [ tile 0 0 0 4 5; tile 1 2 3 4 5 ]
                let found = onMeta (like (plain 3 4 5) Layout.Nhwc 2) 3 (9, 12) torch.uint8 steps
                Expect.equal found (DeviceType.META, [| 2L; 2L; 3L; 4L; 5L |]) "meta")
        ]

        test "what does not fit is refused by name" {
            let turned = [| [ factor Operation.Rotate90 1.0; crop 0 0 2 2 ]; [ Step (); crop 0 0 2 2 ] |]
            let images = pictures (Random 1) 2 3 (5, 7)
            let message f =
                try
                    f () |> ignore
                    "accepted"
                with :? ArgumentException as e ->
                    e.Message
            let text = message (fun () -> renderAll engine 1 (plain 3 2 2) images turned)
            for part in [ "step 0"; "Rotate90"; "3 x 7 x 5"; "3 x 5 x 7" ] do
                Expect.stringContains text part "sizes"
            let halves () = tensorOf (plain 3 5 7) torch.float16 images [| []; [] |]
            Expect.stringContains (message halves) "Float16" "type"
            use whole = torch.zeros ([| 2L; 3L; 5L; 7L |], dtype = Nullable torch.int32)
            let ints () = Torch.TorchViews.Render (whole, ReadOnlySpan [||], 0, plain 3 5 7, torch.float32)
            Expect.stringContains (message ints) "Int32" "images"
        }

        test "an empty batch gives an empty view" {
            use none = torch.zeros ([| 0L; 3L; 5L; 7L |], dtype = Nullable torch.uint8)
            use views = Torch.TorchViews.Render (none, ReadOnlySpan [||], 2, plain 3 4 4, torch.float32)
            Expect.equal views.shape [| 0L; 3L; 4L; 4L |] "shape"
        }

        test "neither images nor memory grow or change over 50 renders" {
            use images = torch.rand (4L, 3L, 13L, 11L)
            let before = floats images
            let random = Random 9
            let steps = [|
                for i in 0..3 do
                    for operation in operations do
                        if operation <> Operation.Select && operation <> Operation.Rotate90 && i <> 2 then
                            anyOf operation random 3 (13, 11)
                        else
                            Step ()
            |]
            let once () =
                use views =
                    Torch.TorchViews.Render (
                        images,
                        ReadOnlySpan steps,
                        operations.Length,
                        plain 3 13 11,
                        torch.float32
                    )
                views.numel () |> ignore
            let live () = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount
            once ()
            let tensors = live ()
            for _ in 1..50 do
                once ()
            Expect.equal (live ()) tensors "live tensors"
            Expect.equal (floats images) before "images"
        }
    ]
