/// The operations of Kernels/Reference, each alone: torchvision's answers, and their laws.
module Vantage.Tests.OperationTests

open System
open System.Text.Json
open Expecto
open FsCheck
open FsCheck.FSharp
open TorchSharp
open Vantage
open Vantage.Kernels
open Vantage.Kernels.Reference

let private number (name: string) (parameters: JsonElement) = parameters.GetProperty(name).GetDouble()
let private whole (name: string) (parameters: JsonElement) = parameters.GetProperty(name).GetInt32()

let private cropBy filter image height width p =
    let size = whole "size" p
    Crop.Apply (
        image,
        3,
        height,
        width,
        whole "top" p,
        whole "left" p,
        whole "height" p,
        whole "width" p,
        size,
        size,
        filter
    )

/// The reference's answer to a golden case. Ours of Sobel has a gain, and one equal channel for each of the image.
let private answer (name: string) (p: JsonElement) image height width =
    match (name.Split '_')[0] with
    | "brightness" -> Brightness.Apply (image, number "factor" p)
    | "contrast" -> Contrast.Apply (image, 3, number "factor" p)
    | "saturation" -> Saturation.Apply (image, 3, number "factor" p)
    | "hue" -> Hue.Apply (image, 3, number "factor" p)
    | "grayscale3" -> Grayscale.Apply (image, 3)
    | "hflip" -> FlipHorizontal.Apply (image, 3, height, width)
    | "vflip" -> FlipVertical.Apply (image, 3, height, width)
    | "solarize" -> Solarize.Apply (image, number "threshold" p)
    | "posterize" -> Posterize.Apply (image, whole "bits" p)
    | "autocontrast" -> AutoContrast.Apply (image, 3)
    | "equalize" -> Equalize.Apply (image, 3)
    | "sharpness" -> Sharpness.Apply (image, 3, height, width, number "factor" p)
    | "invert" -> Invert.Apply image
    | "blur" -> Blur.Apply (image, 3, height, width, number "sigma" p, whole "kernel" p)
    | "crop" when name.Contains "bilinear_aa" -> cropBy Filter.Bilinear image height width p
    | "crop" when name.Contains "bilinear_noaa" -> cropBy Filter.BilinearPlain image height width p
    | "crop" -> cropBy Filter.Bicubic image height width p
    | "rotate" when name.Contains "bilinear" ->
        let map = Affine.inverse (number "degrees_ccw" p) 0.0 0.0 1.0 0.0 0.0
        Reference.Affine.Apply (image, 3, height, width, map, 0.0)
    | "rotate" -> Rotate90.Apply (image, 3, height, width, whole "degrees_ccw" p / 90)
    | "affine" ->
        let at (key: string) (i: int) = p.GetProperty(key).[i].GetDouble()
        let map =
            Affine.inverse
                -(number "angle" p)
                (at "translate" 0)
                (at "translate" 1)
                (number "scale" p)
                (at "shear" 0)
                (at "shear" 1)
        Reference.Affine.Apply (image, 3, height, width, map, 0.0)
    | "erase" ->
        Erase.Apply (
            image,
            3,
            height,
            width,
            whole "top" p,
            whole "left" p,
            whole "height" p,
            whole "width" p,
            0.0
        )
    | "sobel" ->
        Sobel.Apply (image, 3, height, width, Sobel.Unit)
        |> Array.take (height * width)
        |> Array.map (fun x -> x / Sobel.Unit)
    | "normalize" -> Standardize.Apply (image, [| 0.485f; 0.456f; 0.406f |], [| 0.229f; 0.224f; 0.225f |])
    | _ -> failwith $"no operation answers the golden case {name}"

/// torchvision's answer as ours is defined: bicubic crops are clamped, bytes stand for [0, 1].
let private expected (key: string) tensors =
    if key.Contains "_u8" then
        Golden.u8 key tensors |> Array.map (fun x -> float x / 255.0)
    elif key.Contains "bicubic" then
        Golden.f32 key tensors |> Array.map (max 0.0 >> min 1.0)
    else
        Golden.f32 key tensors

let private golden =
    testCase "torchvision's golden answers" (fun () ->
        let tensors = Golden.load "augment.safetensors"
        use cases = JsonDocument.Parse (Golden.metadata "cases" tensors)
        let mutable seen = Set.empty
        for case in cases.RootElement.EnumerateArray () do
            let text (key: string) = nonNull (case.GetProperty(key).GetString())
            let image, operation = text "image", text "op"
            let size = Golden.shape $"{image}.u8" tensors
            let values = Golden.u8 $"{image}.u8" tensors |> Array.map (fun x -> float x / 255.0)
            let found = answer operation (case.GetProperty "params") values size[1] size[2]
            seen <- seen.Add (operation.Split('_')[0])
            let worst = Close.worst found (expected $"{image}.{operation}" tensors)
            let tolerance =
                if operation.Contains "_u8" then
                    Close.double
                elif operation.Contains "rotate_b" || operation.Contains "affine" then
                    Close.goldenGrid
                else
                    Close.golden
            Expect.isLessThanOrEqual worst tolerance $"{image}.{operation}"
        Expect.equal seen.Count 20 "every kind of operation had a case")

/// torchvision's rotation by 25 degrees, its own grid arithmetic (transforms/v2/functional/_geometry.py), in this precision.
let private rotated (kind: torch.ScalarType) (image: float array) height width =
    use _ = torch.NewDisposeScope ()
    let tensor (values: float array) (shape: int64 array) = torch.tensor(values).reshape(shape).to_type kind
    let half (n: int) = float n / 2.0
    let m = Affine.inverse 25.0 0.0 0.0 1.0 0.0 0.0
    let theta =
        tensor [|
            m[0] / half width
            m[3] / half height
            m[1] / half width
            m[4] / half height
            m[2] / half width
            m[5] / half height
        |] [| 3L; 2L |]
    let grid =
        Array.init (height * width * 3) (fun i ->
            match i % 3 with
            | 0 -> float (i / 3 % width) + 0.5 - half width
            | 1 -> float (i / 3 / width) + 0.5 - half height
            | _ -> 1.0)
    let places = (tensor grid [| -1L; 3L |]).mm(theta).reshape(1L, int64 height, int64 width, 2L)
    let pixels = tensor image [| 1L; 3L; int64 height; int64 width |]
    torch.nn.functional
        .grid_sample(pixels, places, align_corners = false)
        .to_type(torch.float64)
        .data<float>()
        .ToArray()

/// A small colour image in [0, 1], its values multiples of 1/255.
type Picture = { Height: int; Width: int; Values: float[] }

type Pictures =
    static member Picture() : Arbitrary<Picture> =
        gen {
            let! height = Gen.choose (1, 7)
            let! width = Gen.choose (1, 7)
            let! values = Gen.choose (0, 255) |> Gen.arrayOfLength (3 * height * width)
            return { Height = height; Width = width; Values = Array.map (fun x -> float x / 255.0) values }
        }
        |> Arb.fromGen

let private law name (property: Picture -> bool) =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with arbitrary = [ typeof<Pictures> ] } name property

let private same a b = Close.worst a b <= Close.double

[<Tests>]
let tests =
    testList "Operations" [
        golden

        testCase
            "torchvision's rotation in float64 is ours; in float32 it strays from golden as ours does"
            (fun () ->
                let tensors = Golden.load "augment.safetensors"
                let image = Golden.u8 "photo.u8" tensors |> Array.map (fun x -> float x / 255.0)
                let ours =
                    Reference.Affine.Apply (image, 3, 150, 200, Affine.inverse 25.0 0.0 0.0 1.0 0.0 0.0, 0.0)
                let far kind expected = Close.worst (rotated kind image 150 200) expected
                Expect.isLessThanOrEqual (far torch.float64 ours) 1e-11 "float64 is ours"
                let golden = Golden.f32 "photo.rotate_bilinear_25" tensors
                // Both sides round their grid.
                Expect.isLessThanOrEqual (far torch.float32 golden) (2.0 * Close.goldenGrid) "float32")

        // Pillow 13.0.0: Image.filter (ImageFilter.GaussianBlur (radius)) of the 7 x 9 grey image below.
        for radius, pillow in
            [
                0.5,
                "13 58 127 94 103 139 70 47 62 64 139 132 152 198 158 144 156 88 105 99 114 175 151 154 184 126 93 160 171 93 64 83 130 89 76 99 178 127 76 107 170 146 149 179 124 57 179 76 152 125 142 188 148 132 67 123 61 188 67 117 86 83 133"
                1.3,
                "68 87 109 126 132 128 113 96 85 87 100 116 130 137 134 122 106 95 112 115 121 129 136 137 130 117 108 129 124 120 123 131 136 134 125 118 127 121 117 119 127 134 134 130 125 113 113 115 119 124 129 130 129 128 99 105 113 119 122 122 123 124 126"
                2.0,
                "87 95 106 115 121 118 112 103 96 96 102 110 118 123 122 116 108 102 105 110 115 121 125 125 121 115 110 112 115 118 122 126 127 125 121 117 113 115 118 121 124 126 126 124 122 110 112 115 119 122 124 125 124 124 106 109 113 117 120 122 123 124 124"
            ] do
            testCase $"box blur of radius {radius} is Pillow's" (fun () ->
                let image =
                    Array.init 63 (fun i ->
                        let x, y = i % 9, i / 9
                        float ((37 * x * x + 91 * y * x + 53 * y) % 256) / 255.0)
                let found = BoxBlur.Apply (image, 1, 7, 9, radius)
                let expected = pillow.Split ' ' |> Array.map (fun b -> float b / 255.0)
                // Pillow rounds to bytes in each of six passes: half a step each.
                Expect.isLessThanOrEqual
                    (Close.worst found expected)
                    (6.0 * 0.5 / 255.0)
                    "within Pillow's rounding")

        law "flip twice is the identity" (fun p ->
            let flip image = FlipHorizontal.Apply (image, 3, p.Height, p.Width)
            flip (flip p.Values) = p.Values)

        law "factor 1, hue 0, sigma 0 and a crop of everything are the identity" (fun p ->
            let h, w = p.Height, p.Width
            same (Brightness.Apply (p.Values, 1.0)) p.Values
            && same (Contrast.Apply (p.Values, 3, 1.0)) p.Values
            && same (Saturation.Apply (p.Values, 3, 1.0)) p.Values
            && same (Hue.Apply (p.Values, 3, 0.0)) p.Values
            && same (Blur.Apply (p.Values, 3, h, w, 0.0, 3)) p.Values
            && same (Crop.Apply (p.Values, 3, h, w, 0, 0, h, w, h, w)) p.Values)

        law "grayscale is idempotent but for the sum of its weights, 0.9999" (fun p ->
            let once = Grayscale.Apply (p.Values, 3)
            let twice = Grayscale.Apply (once, 3)
            same twice (Array.map (fun x -> 0.9999 * x) once))

        law "saturation 0 is grayscale" (fun p ->
            same (Saturation.Apply (p.Values, 3, 0.0)) (Grayscale.Apply (p.Values, 3)))

        law "hue by a full turn is the identity" (fun p ->
            same (Hue.Apply (p.Values, 3, 1.0)) p.Values
            && same (Hue.Apply (p.Values, 3, -2.0)) p.Values)

        law "hue turns add" (fun p ->
            let turn by image = Hue.Apply (image, 3, by)
            same (p.Values |> turn 0.3 |> turn 0.45) (turn 0.75 p.Values))

        law "hue by a third of a turn moves the channels" (fun p ->
            let plane = p.Height * p.Width
            let moved = Array.append p.Values[2 * plane ..] p.Values[.. 2 * plane - 1]
            same (Hue.Apply (p.Values, 3, 1.0 / 3.0)) moved)

        law "brightness composes where nothing clamps" (fun p ->
            let brightness by image = Brightness.Apply (image, by)
            same (p.Values |> brightness 0.5 |> brightness 1.6) (brightness 0.8 p.Values))

        law "contrast 0 is the mean of the grey" (fun p ->
            let mean = Array.average (Grayscale.Apply (p.Values, 3))
            same (Contrast.Apply (p.Values, 3, 0.0)) (Array.create p.Values.Length mean))

        law "one channel: saturation, hue and grayscale leave the image as it is" (fun p ->
            Saturation.Apply (p.Values, 1, 0.3) = p.Values
            && Hue.Apply (p.Values, 1, 0.3) = p.Values
            && Grayscale.Apply (p.Values, 1) = p.Values)

        law "a resize or blur of a constant is that constant" (fun p ->
            let h, w = p.Height, p.Width
            let flat = Array.create p.Values.Length 0.7
            let taps = 2 * min h w - 1
            same (Blur.Apply (flat, 3, h, w, 1.5, taps)) flat
            && same (Crop.Apply (flat, 3, h, w, 0, 0, h, w, 5, 11)) (Array.create 165 0.7))

        testCase "a half-size resize of four pixels, by hand" (fun () ->
            // Output 0 looks at 1 with half-width 2: weights 3/4, 3/4, 1/4 of pixels 0, 1, 2, over their sum 7/4.
            let found = Crop.Apply ([| 0.0; 0.0; 1.0; 1.0 |], 1, 1, 4, 0, 0, 1, 4, 1, 2)
            Expect.isTrue (same found [| 1.0 / 7.0; 6.0 / 7.0 |]) $"{found[0]}, {found[1]}")
    ]
