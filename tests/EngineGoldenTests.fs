/// torchvision's answers for every engine: tensors, and vectors of every width.
module Vantage.Tests.EngineGoldenTests

open System
open System.Text.Json
open Expecto
open TorchSharp
open Vantage.Kernels
open Vantage.Tests.Chains
open Vantage.Tests.Steps

/// The size of an image after a step, given the view's.
let private sizeAfter height width (s: Step) =
    match s.Operation with
    | Operation.Crop -> int s.E, int s.F
    | Operation.Rotate90 when int s.A % 2 <> 0 -> width, height
    | _ -> height, width

let private golden (engine: IViewEngine, tolerance) =
    testCase $"torchvision's golden answers: {engine.Name}" (fun () ->
        let tensors = Golden.load "augment.safetensors"
        use cases = JsonDocument.Parse (Golden.metadata "cases" tensors)
        for case in cases.RootElement.EnumerateArray () do
            let text (key: string) = nonNull (case.GetProperty(key).GetString())
            let image, name = text "image", text "op"
            let size = Golden.shape $"{image}.u8" tensors
            let s = goldenStep name (case.GetProperty "params")
            let shape =
                sizeAfter size[1] size[2] s
                ||> if name.StartsWith "normalize" then standard 3 else plain 3
            let images = [| Image (Golden.u8 $"{image}.u8" tensors, 0, 3, size[1], size[2]) |]
            let found = renderAll engine 1 shape images [| [ s ] |]
            let key = $"{image}.{name}"
            let reference = renderAll ViewEngine.Reference 1 shape images [| [ s ] |]
            Expect.isLessThanOrEqual (apart found reference) tolerance $"{key} against the reference"
            if name.Contains "_u8" then
                let bytes = Golden.u8 key tensors |> Array.map (fun b -> float32 b / 255f)
                // Vectors multiply by 1 / 255, which may move the last bit of a float; the byte that it stands for is exact in every engine.
                if engine.Name.StartsWith "torch" then
                    Expect.equal found bytes $"{key}: bytes are exact"
                Expect.equal
                    (found |> Array.map (fun x -> byte (MathF.Round (255f * x))))
                    (Golden.u8 key tensors)
                    $"{key}: bytes are exact"
                Expect.isLessThanOrEqual (apart found bytes) Close.lastBit $"{key}: to the last bit"
            else
                let found =
                    if name.StartsWith "sobel" then
                        found
                        |> Array.take (size[1] * size[2])
                        |> Array.map (fun x -> float x / Reference.Sobel.Unit)
                    else
                        Array.map float found
                let clamp = if name.Contains "bicubic" then max 0.0 >> min 1.0 else id
                let grid = name.Contains "rotate_b" || name.Contains "affine"
                let worst = Close.worst found (Golden.f32 key tensors |> Array.map clamp)
                Expect.isLessThanOrEqual worst (if grid then Close.goldenGrid else Close.golden) key)

[<Tests>]
let tests =
    testList "Engines" [
        golden (ViewEngine.Torch torch.CPU, Close.batched)
        for tier in ViewEngine.Tiers () do
            golden (tier, Close.view)
    ]
