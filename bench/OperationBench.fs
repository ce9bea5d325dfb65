/// Each operation alone on 224 x 224 px in colour, from bytes to standardized float32, on one core, beside torchvision's on float32 tensors.
module Vantage.Bench.OperationBench

open System
open Vantage
open Vantage.Kernels
open Vantage.Bench.Row

/// Pixels of a side.
let side = 224
let private images = 16

let private step operation (values: float list) =
    let at i = values |> List.tryItem i |> Option.defaultValue 0.0 |> float32
    Step (operation, at 0, at 1, at 2, at 3, at 4, at 5, at 6)

let private affine = step Operation.Affine (List.ofArray (Affine.inverse 15.0 3.0 -2.0 1.2 8.0 0.0))

let private crop (filter: Filter) =
    step Operation.Crop [ 20.0; 31.0; 160.0; 150.0; float side; float side; float (int filter) ]

/// The operation by its name in the peer's script; none there: the peer has no such operation.
let cases = [
    "crop, bilinear", Some "crop_bilinear", crop Filter.Bilinear
    "crop, bicubic", Some "crop_bicubic", crop Filter.Bicubic
    "flip", Some "hflip", step Operation.FlipHorizontal []
    "vertical flip", Some "vflip", step Operation.FlipVertical []
    "quarter turn", Some "rotate90", step Operation.Rotate90 [ 1.0 ]
    "affine", Some "affine", affine
    "brightness", Some "brightness", step Operation.Brightness [ 1.3 ]
    "contrast", Some "contrast", step Operation.Contrast [ 1.3 ]
    "contrast by channel", None, step Operation.ContrastByChannel [ 1.3 ]
    "saturation", Some "saturation", step Operation.Saturation [ 1.3 ]
    "hue", Some "hue", step Operation.Hue [ 0.1 ]
    "grayscale", Some "grayscale", step Operation.Grayscale []
    "solarize", Some "solarize", step Operation.Solarize [ 0.5 ]
    "posterize", Some "posterize", step Operation.Posterize [ 4.0 ]
    "invert", Some "invert", step Operation.Invert []
    "autocontrast", Some "autocontrast", step Operation.AutoContrast []
    "equalize", Some "equalize", step Operation.Equalize []
    "sharpness", Some "sharpness", step Operation.Sharpness [ 1.8 ]
    "Gaussian blur, 23 taps", Some "blur", step Operation.Blur [ 1.3; 23.0 ]
    "box blur", Some "box_blur", step Operation.BoxBlur [ 1.3 ]
    "Sobel", None, step Operation.Sobel [ Reference.Sobel.Unit ]
    "noise", Some "noise", step Operation.Noise [ 0.1; 5.0; 9.0 ]
    "erase", Some "erase", step Operation.Erase [ 40.0; 50.0; 100.0; 90.0 ]
    "Lab", None, step Operation.Lab []
]

/// Engines against the reference: the tests' Close.view; an operation that rounds to bytes is exact on bytes.
let private tolerance = 2e-5f

let private row quick peers (name, peer: string option, step: Step) =
    let pixels = Array.zeroCreate<byte>(images * 3 * side * side)
    Random(4).NextBytes pixels
    let all = Array.init images (fun i -> Image (pixels, i * 3 * side * side, 3, side, side))
    let steps = Array.create images step
    let shape deviation = ViewShape (3, side, side, Array.create 3 0.0f, Array.create 3 deviation)
    let render (engine: IViewEngine) shape count (views: float32 array) =
        engine.Render (
            ReadOnlyMemory (all, 0, count),
            ReadOnlyMemory (steps, 0, count),
            1,
            shape,
            Memory<float32> views,
            1
        )
    let expected, found =
        Array.zeroCreate<float32>(3 * side * side), Array.zeroCreate<float32>(3 * side * side)
    render ViewEngine.Reference (shape 1.0f) 1 expected
    let engine = ViewEngine.Best ()
    render engine (shape 1.0f) 1 found
    let views = Array.zeroCreate<float32>(images * 3 * side * side)
    let standard = shape 0.25f
    let batches = Watch.perSecond quick (fun () -> render engine standard images views)
    let value =
        peer
        |> Option.bind (fun p -> Option.bind (fun (table, _) -> Map.tryFind p table) peers)
    {
        Case = $"{name}, {side} px, one core, {engine.Name}"
        Unit = "views/s"
        Ours = batches * float images
        Peer = value
        PeerName =
            match peer, peers with
            | None, _ -> "no such operation"
            | Some _, Some (_, name) -> name
            | Some _, None -> "torchvision"
        Equal = Array.forall2 (fun (a: float32) b -> abs (a - b) <= tolerance) expected found
        Bytes = Cost.bytes all[0] standard
        Operations = Cost.operations all[0] (ReadOnlySpan [| step |]) standard
    }

/// All cases.
let run quick =
    let peers = Peer.table "operations_torchvision.py" [ string side; (if quick then "20" else "100") ]
    cases |> List.map (row quick peers)
