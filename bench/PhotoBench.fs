/// From JPEG files to views of 224 px, one core: decoding, then the crop, then colour, then blur, beside Pillow and torchvision.
module Vantage.Bench.PhotoBench

open System
open System.IO
open Vantage
open Vantage.Kernels
open Vantage.Bench.Row
open SkiaSharp

/// Clouds of every size, as photographs have: sums of smooth noise whose strength falls with its frequency.
let private photograph seed width height =
    let grid octave x y = float (Philox.Uniform (uint64 seed, octave, int64 (y * 4096 + x), 0, 0))
    use bitmap = new SKBitmap (width, height, SKColorType.Rgba8888, SKAlphaType.Opaque)
    for y in 0 .. height - 1 do
        for x in 0 .. width - 1 do
            let value channel =
                [ 0..6 ]
                |> List.sumBy (fun octave ->
                    let cell = 128.0 / float (1 <<< octave)
                    let u, v = float x / cell, float y / cell
                    let i, j, a, b = int u, int v, u - floor u, v - floor v
                    let at dx dy = grid (octave + 16 * channel) (i + dx) (j + dy)
                    let top = at 0 0 * (1.0 - a) + at 1 0 * a
                    let bottom = at 0 1 * (1.0 - a) + at 1 1 * a
                    (top * (1.0 - b) + bottom * b - 0.5) * 0.8 ** float octave)
                |> fun sum -> byte (max 0.0 (min 255.0 (128.0 + 110.0 * sum)))
            bitmap.SetPixel (x, y, SKColor (value 0, value 1, value 2))
    use data = bitmap.Encode (SKEncodedImageFormat.Jpeg, 90)
    data.ToArray ()

/// The photographs of the folder that VANTAGE_PHOTOS names, or a dozen made ones in a folder of their own.
let private folder () =
    match Environment.GetEnvironmentVariable "VANTAGE_PHOTOS" |> Option.ofObj with
    | Some folder when Directory.Exists folder -> folder, "photographs"
    | Some folder -> failwith $"VANTAGE_PHOTOS names {folder}, which is no folder"
    | None ->
        let folder = Path.Combine (Path.GetTempPath (), "vantage-photos")
        Directory.CreateDirectory folder |> ignore
        for i in 0..11 do
            let path = Path.Combine (folder, $"made-{i}.jpg")
            if not (File.Exists path) then
                File.WriteAllBytes (path, photograph i 500 375)
        folder, "made photographs"

let private stages = [
    "decode", "decode", None
    "decode, crop", "crop", Some (crop 224<px> (between 0.08 1.0))
    "decode, crop, flip, colour",
    "colour",
    Some (augment [ crop 224<px> (between 0.08 1.0); flip; colorDistortion 1.0 ])
    "decode, crop, flip, colour, blur",
    "blur",
    Some (
        augment [
            crop 224<px> (between 0.08 1.0)
            flip
            colorDistortion 1.0
            sometimes 0.5 (blur (between 0.1 2.0))
        ]
    )
]

let private split (files: string array) : Split =
    let opened i = Decode.encoded files[i] 0L 3 (File.ReadAllBytes files[i])
    {
        Name = "photos"
        Count = files.Length
        Channels = 3
        Height = 1
        Width = 1
        Labels = None
        Read = fun i -> (opened i).Decode 1
        Marks = None
        Encoded = Some opened
    }

let private viewerOf augmentation = {
    Plans = [ fst (Rewrite.plan (Plan.ofAugmentation augmentation)) ]
    Shapes = [ Views.shape 3 1 1 (Plan.ofAugmentation augmentation) ]
    Engine = ViewEngine.Best ()
    Channel = []
    Seed = 1UL
}

/// Whether the views of the first photographs are the reference's.
let private equal (split: Split) viewer =
    [ 0 .. min 3 (split.Count - 1) ]
    |> List.forall (fun i ->
        let found = snd (Views.replayFrom viewer 0 i split 0)
        let meant = snd (Views.replayFrom { viewer with Engine = ViewEngine.Reference } 0 i split 0)
        Array.forall2 (fun (a: float32) b -> abs (a - b) <= 2e-5f) found meant)

/// All cases: whole files in, one view of each out.
let run quick =
    let folder, kind = folder ()
    let files =
        Directory.GetFiles folder
        |> Array.filter (fun file ->
            [ ".jpg"; ".jpeg" ]
            |> List.exists (fun ending -> file.EndsWith (ending, StringComparison.OrdinalIgnoreCase)))
        |> Array.sort
    let split = split files
    let peers = Peer.table "photos_torchvision.py" [ folder; (if quick then "1" else "4") ]
    let row suffix (split: Split) (name, key, augmentation) =
        let work =
            match augmentation with
            | None -> fun i -> split.Read i |> ignore
            | Some augmentation ->
                let viewer = viewerOf augmentation
                let mutable epoch = 0
                fun i ->
                    epoch <- epoch + 1
                    Views.replayFrom viewer epoch i split 0 |> ignore
        {
            Case = $"{name}, {files.Length} {kind}, one core{suffix}"
            Unit = "images/s"
            Ours =
                Watch.perSecond quick (fun () ->
                    for i in 0 .. split.Count - 1 do
                        work i)
                * float split.Count
            Peer = peers |> Option.bind (fst >> Map.tryFind key)
            PeerName = peers |> Option.map snd |> Option.defaultValue "torchvision"
            Equal = augmentation |> Option.forall (viewerOf >> equal split)
            Bytes = 0.0
            Operations = 0.0
        }
    [
        for stage in stages do
            row "" split stage
        row ", never shrunk by the decoder" { split with Encoded = None } (List.last stages)
    ]
