/// The table of worst errors of Kernels/README.md: `dotnet artifacts/bin/Vantage.Tests.dll --errors`.
module Vantage.Tests.Errors

open System
open System.Text.Json
open TorchSharp
open Vantage.Kernels
open Vantage.Tests.Chains
open Vantage.Tests.Steps

let private engines = [ ViewEngine.Reference; ViewEngine.Best (); ViewEngine.Torch torch.CPU ]

let private cell (x: float) =
    if x = 0.0 then
        "0"
    else
        x.ToString ("0.0E+0", Globalization.CultureInfo.InvariantCulture)

let private line (cells: string list) =
    let text = String.Join (" | ", cells)
    printfn $"| {text} |"

let private header cells =
    line cells
    line (cells |> List.map (fun _ -> "---"))

/// Worst difference from torchvision's answers over all images and parameters of each kind of operation.
let private golden () =
    let tensors = Golden.load "augment.safetensors"
    use cases = JsonDocument.Parse (Golden.metadata "cases" tensors)
    header ("against torchvision 0.27" :: List.map (fun (e: IViewEngine) -> e.Name) engines)
    [
        for case in cases.RootElement.EnumerateArray () do
            let text (key: string) = nonNull (case.GetProperty(key).GetString())
            let image, name = text "image", text "op"
            let size = Golden.shape $"{image}.u8" tensors
            let s = goldenStep name (case.GetProperty "params")
            let height, width =
                match s.Operation with
                | Operation.Crop -> int s.E, int s.F
                | Operation.Rotate90 when int s.A % 2 <> 0 -> size[2], size[1]
                | _ -> size[1], size[2]
            let shape = (if name.StartsWith "normalize" then standard else plain) 3 height width
            let images = [| Image (Golden.u8 $"{image}.u8" tensors, 0, 3, size[1], size[2]) |]
            let key = $"{image}.{name}"
            let expected =
                if name.Contains "_u8" then
                    Golden.u8 key tensors |> Array.map (fun b -> float b / 255.0)
                else
                    Golden.f32 key tensors
                    |> Array.map (if name.Contains "bicubic" then max 0.0 >> min 1.0 else id)
            let kind = name.Replace("_u8", "").TrimEnd("0123456789.-_".ToCharArray())
            kind,
            engines
            |> List.map (fun engine ->
                let found = renderAll engine 1 shape images [| [ s ] |] |> Array.map float
                let gain = if kind.StartsWith "sobel" then 1.0 / Reference.Sobel.Unit else 1.0
                Close.worst (found |> Array.truncate expected.Length |> Array.map ((*) gain)) expected)
    ]
    |> List.groupBy fst
    |> List.iter (fun (kind, worst) ->
        line (kind :: (worst |> List.map snd |> List.transpose |> List.map (List.max >> cell))))

/// Worst difference from the reference over 400 random batches of each operation, odd sizes and one pixel included.
let private random () =
    let fast = List.tail engines
    header ("against the reference" :: List.map (fun (e: IViewEngine) -> e.Name) fast)
    for operation in operations do
        let worst = Array.zeroCreate<float> fast.Length
        for seed in 0..399 do
            let channels = channelsOf (Random seed) operation
            let images, steps, shape = batch seed [ fun _ -> operation ] channels
            let expected = renderAll ViewEngine.Reference 1 shape images steps
            fast
            |> List.iteri (fun i engine ->
                worst[i] <- max worst[i] (apart (renderAll engine 1 shape images steps) expected))
        line (string operation :: (worst |> Array.map cell |> Array.toList))

/// Losses beside the answers of public implementations.
let private losses () =
    header [
        "against PyTorch 2.14"
        "value, reference"
        "gradient, reference"
        "value, float32"
        "gradient, float32"
    ]
    for case in GoldenLosses.cases do
        let (value, gradient), (value32, gradient32) = GoldenLosses.errors case
        line (case.Name :: List.map cell [ value; gradient; value32; gradient32 ])
    let reference, single = GoldenLosses.codes ()
    line [ "sinkhorn"; cell reference; "-"; cell single; "-" ]

/// Prints the tables as Markdown.
let print () =
    golden ()
    printfn ""
    random ()
    printfn ""
    losses ()
