/// Photographs that the decoder shrinks on the way: when, by how much, and what it costs in pixels.
module Vantage.Tests.ScalingTests

open System
open Expecto
open SkiaSharp
open Vantage
open Vantage.Kernels

/// A smooth picture, encoded.
let private encoded (format: SKEncodedImageFormat) width height =
    use bitmap = new SKBitmap (width, height, SKColorType.Rgba8888, SKAlphaType.Opaque)
    for y in 0 .. height - 1 do
        for x in 0 .. width - 1 do
            let wave period = byte (127.5 + 120.0 * sin (float x / period) * cos (float y / (1.3 * period)))
            bitmap.SetPixel (x, y, SKColor (wave 17.0, wave 29.0, wave 41.0))
    use data = bitmap.Encode (format, 95)
    data.ToArray ()

let private split format : Split =
    let bytes = encoded format 640 480
    let opened _ = Decode.encoded "made" 0L 3 bytes
    {
        Name = "made"
        Count = 8
        Channels = 3
        Height = 480
        Width = 640
        Labels = None
        Read = fun i -> (opened i).Decode 1
        Marks = None
        Encoded = Some opened
    }

let private viewer augmentation =
    Views.viewer (ViewEngine.Best ()) 3 480 640 { Generators.small with Views = globals 2 augmentation }

let private box (h: int) (w: int) = Step (Operation.Crop, 10f, 20f, float32 h, float32 w, 32f, 32f, 0f)

[<Tests>]
let tests =
    testList "Scaling" [
        testCase "the image shrinks by what every view's crop allows" (fun () ->
            for rows, expected in
                [
                    [ [| box 64 64 |] ], 2
                    [ [| box 63 200 |] ], 1
                    [ [| box 400 300 |] ], 8
                    [ [| box 400 300 |]; [| box 130 140 |] ], 4
                    [ [| Step (); box 400 300 |] ], 8
                    [ [| Step (Operation.Grayscale, 0f, 0f, 0f, 0f); box 400 300 |] ], 1
                    [
                        [|
                            Step (
                                Operation.Crop,
                                0f,
                                0f,
                                400f,
                                400f,
                                32f,
                                32f,
                                float32 (int Filter.BilinearPlain)
                            )
                        |]
                    ],
                    1
                    [ [| Step () |] ], 1
                ] do
                Expect.equal (Scaling.denominator (Array.ofList rows)) expected $"%A{rows}")

        testCase "a shrunk photograph gives nearly the view of the whole one" (fun () ->
            let split = split SKEncodedImageFormat.Jpeg
            let viewer = viewer (crop 40<px> (between 0.3 1.0))
            for i in 0 .. split.Count - 1 do
                let steps, small = Views.replayFrom viewer 1 i split 0
                let _, whole = Views.replayFrom viewer 1 i { split with Encoded = None } 0
                let struct (image, _) = Views.source viewer 1 i split
                Expect.isTrue (image.Width < 640 && image.Height < 480) $"decoded to {image.Width} px"
                Expect.isTrue (float (steps[0].A + steps[0].C) <= float image.Height) "the box lies inside"
                let apart = Array.map2 (fun (a: float32) b -> float (abs (a - b))) small whole
                // The box is rounded to the shrunk image's pixels, of which a view's pixel takes at least one: it moves by at most half a
                // view's pixel along each axis. One step of a byte for the decoder's own rounding.
                let step dy dx =
                    let at c y x = whole[(c * 40 + y) * 40 + x]
                    Array.init (3 * 39 * 39) (fun k ->
                        let c, y, x = k / (39 * 39), k / 39 % 39, k % 39
                        float (abs (at c (y + dy) (x + dx) - at c y x)))
                    |> Array.average
                Expect.isLessThan
                    (Array.average apart)
                    (0.5 * (step 0 1 + step 1 0) + 1.0 / 255.0)
                    $"image {i}, mean difference")

        testCase "interleaved pixels become planes, at every length" (fun () ->
            for count in [ 0; 1; 3; 15; 16; 17; 31; 33; 100 ] do
                let pixels = Array.init (4 * count) (fun i -> byte (i * 7))
                let planes = Array.zeroCreate<byte>(3 * count)
                Simd.Deinterleave.Rgbx (ReadOnlySpan pixels, Span planes)
                let expected = Array.init (3 * count) (fun i -> pixels[4 * (i % count) + i / count])
                Expect.equal planes expected $"{count} pixels"
            Expect.throwsT<ArgumentException>
                (fun () ->
                    Simd.Deinterleave.Rgbx (
                        ReadOnlySpan (Array.zeroCreate<byte> 8),
                        Span (Array.zeroCreate<byte> 5)
                    ))
                "lengths that do not fit")

        testCase "PNG is decoded whole" (fun () ->
            let struct (image, rows) =
                Views.source (viewer (crop 40<px> (between 0.3 1.0))) 1 0 (split SKEncodedImageFormat.Png)
            Expect.equal (image.Height, image.Width) (480, 640) "its own size"
            let first = rows |> Array.collect id |> Array.head
            Expect.isGreaterThan first.C 200.0f "its own box")

        testCase "a view made again from a split is the one that training saw" (fun () ->
            let split = split SKEncodedImageFormat.Jpeg
            let recipe = {
                Generators.small with
                    Views =
                        globals
                            2
                            (augment [ crop 16<px> (between 0.05 1.0); flip; standardize [ 0.5 ] [ 0.25 ] ])
            }
            let viewer = Views.viewer (ViewEngine.Best ()) 3 480 640 recipe
            use loader = new Loader (viewer, split, recipe, 0, 1, ignore)
            let batch = loader.Next ()
            let starts = Views.offsets viewer recipe.Batch
            for i in 0 .. recipe.Batch - 1 do
                for view in 0..1 do
                    let _, alone = Views.replayFrom viewer batch.Epoch batch.Indices[i] split view
                    let from = starts[view] + i * alone.Length
                    Expect.equal alone batch.Values[from .. from + alone.Length - 1] "the very pixels")
    ]
