/// The operations of Kernels/Reference, each alone: torchvision's answers, and their laws.
module Vantage.Tests.OperationTests

open System
open System.Text.Json
open Expecto
open FsCheck
open FsCheck.FSharp
open Vantage.Kernels.Reference

let private number (name: string) (parameters: JsonElement) = parameters.GetProperty(name).GetDouble()
let private whole (name: string) (parameters: JsonElement) = parameters.GetProperty(name).GetInt32()

/// The reference's answer to a golden case, if the operation exists.
let private answer (name: string) (p: JsonElement) image height width =
    let starts (prefix: string) = name.StartsWith prefix
    if starts "brightness" then
        Some (Brightness.Apply (image, 3, number "factor" p))
    elif starts "contrast" then
        Some (Contrast.Apply (image, 3, number "factor" p))
    elif starts "saturation" then
        Some (Saturation.Apply (image, 3, number "factor" p))
    elif starts "hue" then
        Some (Hue.Apply (image, 3, number "factor" p))
    elif starts "grayscale3" then
        Some (Grayscale.Apply (image, 3))
    elif starts "hflip" then
        Some (FlipHorizontal.Apply (image, 3, height, width))
    elif starts "blur" then
        Some (Blur.Apply (image, 3, height, width, number "sigma" p, whole "kernel" p))
    elif starts "crop_resize_bilinear_aa" then
        let size = whole "size" p
        Some (
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
                size
            )
        )
    elif starts "normalize_imagenet" then
        Some (Standardize.Apply (image, [| 0.485f; 0.456f; 0.406f |], [| 0.229f; 0.224f; 0.225f |]))
    else
        None

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
            match answer operation (case.GetProperty "params") values size[1] size[2] with
            | None -> ()
            | Some found ->
                seen <- seen.Add (operation.Split('_')[0])
                let worst = Close.worst found (Golden.f32 $"{image}.{operation}" tensors)
                Expect.isLessThanOrEqual worst Close.golden $"{image}.{operation}"
        let expected = "blur brightness contrast crop grayscale3 hflip hue normalize saturation"
        Expect.equal (String.Join (" ", seen)) expected "every operation had a case")

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

        law "flip twice is the identity" (fun p ->
            let flip image = FlipHorizontal.Apply (image, 3, p.Height, p.Width)
            flip (flip p.Values) = p.Values)

        law "factor 1, hue 0, sigma 0 and a crop of everything are the identity" (fun p ->
            let h, w = p.Height, p.Width
            same (Brightness.Apply (p.Values, 3, 1.0)) p.Values
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
            let brightness by image = Brightness.Apply (image, 3, by)
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
