module Vantage.Tests.PictureTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open SkiaSharp
open Vantage

/// The picture a PNG holds.
let decode (png: byte[]) = SKBitmap.Decode png

/// Whether any pixel of the rectangle is dark: text was drawn on the light ground.
let ink (bitmap: SKBitmap) (area: SKRectI) =
    seq {
        for y in max 0 area.Top .. min bitmap.Height area.Bottom - 1 do
            for x in max 0 area.Left .. min bitmap.Width area.Right - 1 do
                bitmap.GetPixel(x, y).Red
    }
    |> Seq.exists (fun red -> red < 150uy)

/// Cases per property: each draws a picture.
let config = { FsCheckConfig.defaultConfig with maxTest = 40 }

/// A 2 x 2 image.
let image = Picture.ofBytes 1 2 2 [| 0uy; 255uy; 128uy; 64uy |]

/// Expects an ArgumentException whose message holds this part.
let failing part (action: unit -> 'a) =
    let message =
        try
            action () |> ignore
            failtest "no error"
        with :? ArgumentException as e ->
            e.Message
    Expect.stringContains message part "names the fault"

type private Case = { Scale: int; Columns: string list; Rows: TileRow list }

let private words =
    Gen.elements [
        ""
        "view"
        "crop 3, 4, 20 × 18"
        "averylongwordwithoutanyspaceinitatall"
        "flip, hue +0.06, blur 0.84"
    ]

let private tile = gen {
    let! channels = Gen.elements [ 1; 3 ]
    let! height = Gen.choose (1, 9)
    let! width = Gen.choose (1, 9)
    let! pixels = Gen.arrayOfLength (channels * height * width) (Gen.choose (0, 255) |> Gen.map byte)
    let! lines = Gen.choose (0, 2)
    let! caption = Gen.listOfLength lines words
    return Picture.ofBytes channels height width pixels |> Picture.withCaption caption
}

let private case =
    gen {
        let! scale = Gen.choose (1, 5)
        let! count = Gen.choose (1, 3)
        let! rows =
            Gen.listOfLength
                count
                (gen {
                    let! label = words
                    let! length = Gen.choose (1, 4)
                    let! tiles = Gen.listOfLength length tile
                    return { Label = label; Tiles = tiles }
                })
        let! columns = Gen.listOfLength (rows |> List.map _.Tiles.Length |> List.max) words
        return { Scale = scale; Columns = columns; Rows = rows }
    }
    |> Arb.fromGen

[<Tests>]
let tests =
    testList "Report.Picture" [
        testPropertyWithConfig config "every pixel is shown exactly, enlarged"
        <| Prop.forAll case (fun case ->
            let layout = Picture.layout case.Scale case.Columns case.Rows
            use bitmap = Picture.grid case.Scale case.Columns case.Rows |> decode
            Expect.equal (bitmap.Width, bitmap.Height) (layout.Width, layout.Height) "size"
            for row, areas in List.zip case.Rows layout.Images do
                for tile, area in List.zip row.Tiles areas do
                    Expect.equal
                        (area.Width, area.Height)
                        (tile.Width * case.Scale, tile.Height * case.Scale)
                        "size of one image"
                    for y in 0 .. area.Height - 1 do
                        for x in 0 .. area.Width - 1 do
                            let at channel =
                                let plane = if tile.Channels = 1 then 0 else channel
                                let i = (plane * tile.Height + y / case.Scale) * tile.Width + x / case.Scale
                                byte (tile.Pixels[i] * 255.0f + 0.5f)
                            let seen = bitmap.GetPixel (area.Left + x, area.Top + y)
                            if (seen.Red, seen.Green, seen.Blue) <> (at 0, at 1, at 2) then
                                failtestf
                                    "pixel %d, %d is %O instead of %d %d %d"
                                    x
                                    y
                                    seen
                                    (at 0)
                                    (at 1)
                                    (at 2))

        testPropertyWithConfig config "nothing overlaps, and all lies within the picture"
        <| Prop.forAll case (fun case ->
            let layout = Picture.layout case.Scale case.Columns case.Rows
            let areas =
                List.concat layout.Images
                @ List.concat layout.Captions
                @ layout.ColumnLabels
                @ layout.RowLabels
                |> List.filter (fun area -> area.Width > 0 && area.Height > 0)
            let all = SKRectI (0, 0, layout.Width, layout.Height)
            for i, a in List.indexed areas do
                Expect.isTrue (all.Contains a) $"{a} within {all}"
                for b in List.skip (i + 1) areas do
                    Expect.isFalse (a.IntersectsWith b) $"{a} and {b} apart")

        testCase "labels and captions are drawn, in their places"
        <| fun () ->
            let rows caption = [ { Label = "image 7"; Tiles = [ image; Picture.withCaption caption image ] } ]
            let columns = [ "source"; "view" ]
            let layout = Picture.layout 8 columns (rows [ "crop 3, 4"; "flip" ])
            use bitmap = Picture.grid 8 columns (rows [ "crop 3, 4"; "flip" ]) |> decode
            for area in layout.ColumnLabels @ layout.RowLabels @ [ layout.Captions[0][1] ] do
                Expect.isTrue (ink bitmap area) $"ink in {area}"
            use bare = Picture.grid 8 columns (rows [ " " ]) |> decode
            let below = layout.Captions[0][1]
            Expect.isFalse
                (ink bare (SKRectI.Intersect (below, SKRectI (0, 0, bare.Width, bare.Height))))
                "no caption, no ink"

        testCase "what a caption needs is in the embedded typeface"
        <| fun () ->
            Expect.isTrue (Font.covers "brightness ×1.2, hue ±0.1, σ 0.84, √d, k ≤ 200, 20°, é") "covered"
            Expect.isFalse (Font.covers "\u4e00") "a Chinese character is not"
            use face = Font.sans true
            use mono = Font.mono ()
            Expect.equal (face.FamilyName, face.IsBold) ("DejaVu Sans", true) "bold"
            Expect.isTrue mono.IsFixedPitch "mono"

        testCase "standardized values are undone"
        <| fun () ->
            let mean, deviation = [| 0.5f; 0.25f; 0.75f |], [| 0.5f; 0.25f; 0.125f |]
            let tile = Picture.ofStandardized mean deviation 3 1 2 [| -1.0f; 1.0f; -1.0f; 3.0f; 0.0f; 2.0f |]
            Expect.equal tile.Pixels [| 0.0f; 1.0f; 0.0f; 1.0f; 0.75f; 1.0f |] "x = y * deviation + mean"

        testCase "bad input is named"
        <| fun () ->
            failing "2 channels" (fun () -> Picture.ofFloats 2 1 1 [| 0.0f; 0.0f |])
            failing "3 values given" (fun () -> Picture.ofFloats 1 2 2 [| 0.0f; 0.0f; 0.0f |])
            failing "value 1 is 2.1" (fun () -> Picture.ofFloats 1 1 2 [| 0.0f; 2.1f |])
            failing "value 0 is NaN" (fun () -> Picture.ofFloats 1 1 1 [| nanf |])
            failing "scale 0" (fun () -> Picture.grid 0 [] [ { Label = ""; Tiles = [ image ] } ])
            failing "no image" (fun () -> Picture.grid 1 [] [ { Label = "empty"; Tiles = [] } ])
            failing "2 column labels" (fun () ->
                Picture.grid 1 [ "a"; "b" ] [ { Label = ""; Tiles = [ image ] } ])
    ]
