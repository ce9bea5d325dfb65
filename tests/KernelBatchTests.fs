/// Batches, large images and memory: every engine against the reference.
module Vantage.Tests.KernelBatchTests

open System
open Expecto
open Vantage.Kernels
open Vantage.Tests.Chains

let private engines = [ ViewEngine.Reference; yield! ViewEngine.Tiers () ]

/// Several images of one size, each with its own steps, as one batch.
let private batch count =
    let random = Random 7
    let images =
        Array.init count (fun _ ->
            let pixels = Array.zeroCreate<byte>(3 * 9 * 11)
            random.NextBytes pixels
            Image (pixels, 0, 3, 9, 11))
    let steps =
        Array.init count (fun i -> [
            crop (i % 3) (i % 5) (1 + i % 6) (1 + i % 4)
            (if i % 2 = 0 then flip else Step ())
            factor Operation.Contrast (0.5 + 0.01 * float i)
            factor Operation.Hue (0.02 * float i)
        ])
    images, steps

/// Bytes that twenty calls allocate on this thread, at the least of five times: a thread's buffers grow until they fit (the two that
/// swap, one after the other), and the runtime allocates while it compiles; what an image allocates would show every time.
let private allocated (once: unit -> unit) =
    let mutable least = Int64.MaxValue
    for _ in 1..5 do
        let before = GC.GetAllocatedBytesForCurrentThread ()
        for _ in 1..20 do
            once ()
        least <- min least (GC.GetAllocatedBytesForCurrentThread () - before)
    least

[<Tests>]
let tests =
    testList "Kernels on batches" [
        testList "a permuted batch gives permuted views" [
            for engine in engines ->
                testCase engine.Name (fun () ->
                    let images, steps = batch 30
                    let shape = standard 3 8 7
                    let straight = renderAll engine 1 shape images steps |> Array.chunkBySize shape.Length
                    let reversed = renderAll engine 2 shape (Array.rev images) (Array.rev steps)
                    Expect.equal (Array.chunkBySize shape.Length reversed) (Array.rev straight) "bit for bit")
        ]

        testList "the thread count changes nothing" [
            for engine in engines ->
                testCase engine.Name (fun () ->
                    let images, steps = batch 61
                    let views threads = renderAll engine threads (standard 3 8 7) images steps
                    let one = views 1
                    for threads in [ 2; 3; 16 ] do
                        Expect.equal (views threads) one $"{threads} threads, bit for bit")
        ]

        testList "two or five channels can be cropped, flipped and blurred" [
            for channels in [ 2; 5 ] ->
                testCase $"{channels} channels" (fun () ->
                    let pixels = Array.init (channels * 12 * 19) (fun i -> byte (i * 37))
                    let chain = {
                        Channels = channels
                        Source = 12, 19
                        View = 17, 6
                        Pixels = pixels
                        Steps = [ crop 1 2 11 15; flip; blur 0.8 3 ]
                    }
                    for engine in ViewEngine.Tiers () do
                        let difference = apart (render engine chain) (render ViewEngine.Reference chain)
                        Expect.isLessThanOrEqual difference Close.view engine.Name)
        ]

        testList "large images agree with the reference" [
            let large name source view steps pixel =
                testCase name (fun () ->
                    let chain = {
                        Channels = 3
                        Source = source
                        View = view
                        Pixels = Array.init (3 * fst source * snd source) pixel
                        Steps = steps
                    }
                    let expected = render ViewEngine.Reference chain
                    for engine in ViewEngine.Tiers () do
                        Expect.isLessThanOrEqual
                            (apart (render engine chain) expected)
                            Close.view
                            engine.Name)
            let noise i = byte ((uint32 i * 2654435761u) >>> 24)
            large
                "slightly smaller, with blur"
                (256, 241)
                (224, 224)
                [ crop 3 1 250 239; flip; blur 1.7 23 ]
                noise
            large
                "twentyfold smaller"
                (650, 701)
                (32, 35)
                [ crop 5 9 640 690; flip; factor Operation.Hue 0.3 ]
                noise
            large
                "ninefold larger"
                (30, 31)
                (263, 259)
                [ crop 1 2 29 28; factor Operation.Contrast 1.7 ]
                noise
            // A flat image rounds every addition of its sum the same way.
            large "the mean of a flat image" (640, 640) (640, 640) [ factor Operation.Contrast 0.0 ] (fun _ ->
                77uy)
        ]

        testCase "white blurred and inverted is black, never less" (fun () ->
            // Weights that sum to 1 only up to rounding once carried white above 1, and its negative below 0.
            for engine in [ ViewEngine.Torch TorchSharp.torch.CPU; yield! engines ] do
                for sigma in [ 0.3; 0.7; 1.1; 1.9; 2.6; 3.3 ] do
                    for last in [ factor Operation.Invert 0.0; factor Operation.Solarize 0.5 ] do
                        let chain = {
                            Channels = 1
                            Source = 13, 17
                            View = 13, 17
                            Pixels = Array.create (13 * 17) 255uy
                            Steps = [ factor Operation.BoxBlur sigma; last ]
                        }
                        Expect.all (render engine chain) (fun x -> x >= 0.0f && x <= 1.0f) engine.Name)

        testCase "no operation allocates, into no layout or type" (fun () ->
            let step7 operation (v: float list) =
                let at i = List.tryItem i v |> Option.defaultValue 0.0 |> float32
                Step (operation, at 0, at 1, at 2, at 3, at 4, at 5, at 6)
            let steps = [|
                step7 Operation.Equalize []
                step7 Operation.AutoContrast []
                cropTo Filter.Bicubic (11, 11) (crop 1 1 7 8)
                step7 Operation.Posterize [ 5.0 ]
                affine (Vantage.Affine.inverse 20.0 1.0 0.0 1.1 5.0 0.0) 0.3
                step7 Operation.Rotate90 [ 1.0 ]
                step7 Operation.FlipVertical []
                step7 Operation.Noise [ 0.1; 3.0; 4.0 ]
                step7 Operation.BoxBlur [ 1.2 ]
                blur 1.0 5
                step7 Operation.Sharpness [ 1.7 ]
                step7 Operation.Erase [ 1.0; 2.0; 3.0; 4.0; 0.5 ]
                step7 Operation.Mask [ 4.0; 0.0; 5.0 ]
                step7 Operation.ContrastByChannel [ 1.2 ]
                factor Operation.Hue 0.2
                step7 Operation.Channels [ 2.0; 0.0; -1.0 ]
                step7 Operation.Solarize [ 0.5 ]
                step7 Operation.Lab []
                step7 Operation.Sobel [ 0.2 ]
                step7 Operation.Select [ 0.0; 2.0 ]
            |]
            let image, _ = batch 1
            let mean, deviation = [| 0.4f; 0.5f |], [| 0.2f; 0.3f |]
            let shape = ViewShape (2, 11, 11, mean, deviation, Layout = Layout.Nhwc)
            let floats, halves =
                Array.zeroCreate<float32> shape.Length, Array.zeroCreate<BFloat16> shape.Length
            for engine in ViewEngine.Tiers () do
                let once () =
                    engine.Render (
                        ReadOnlyMemory image,
                        ReadOnlyMemory steps,
                        steps.Length,
                        shape,
                        Memory<float32> floats,
                        1
                    )
                    engine.Render (
                        ReadOnlyMemory image,
                        ReadOnlyMemory steps,
                        steps.Length,
                        shape,
                        Memory<BFloat16> halves,
                        1
                    )
                Expect.equal (allocated once) 0L $"{engine.Name}: bytes for 40 views")

        testCase "no image allocates" (fun () ->
            let images, steps = batch 8
            let flat, shape = Array.collect Array.ofList steps, standard 3 8 7
            let destination = Array.zeroCreate<float32>(8 * shape.Length)
            for engine in ViewEngine.Tiers () do
                let once () =
                    engine.Render (
                        ReadOnlyMemory images,
                        ReadOnlyMemory flat,
                        4,
                        shape,
                        Memory destination,
                        1
                    )
                Expect.equal (allocated once) 0L $"{engine.Name}: bytes for 160 images")
    ]
