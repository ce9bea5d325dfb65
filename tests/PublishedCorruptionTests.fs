module Vantage.Tests.PublishedCorruptionTests

open System
open System.IO
open System.Text.Json
open Expecto
open Vantage
open Vantage.Kernels

let private value (image: Image) = Array.init image.Length image.At

// What the published code makes of `golden` with the draws of `sequence`: bench/peers/corruptions_official.py wrote the file.
let private published =
    lazy
        (JsonDocument.Parse (File.ReadAllText (Path.Combine (Script.root, "tests", "CorruptionGolden.json"))))

let private golden =
    let bytes =
        Array.init (32 * 32 * 3) (fun i ->
            let y, x, c = i / 96, i / 3 % 32, i % 3
            let wave = 60.0 * sin (0.35 * float x + float c) + 50.0 * cos (0.22 * float (y * (c + 1)))
            floor (Math.Clamp (128.0 + wave + float ((x * 7 + y * 13 + c * 5) % 17), 0.0, 255.0)))
    // By channel, row, column.
    Image (Array.init bytes.Length (fun p -> float32 bytes[p % 1024 * 3 + p / 1024] / 255.0f), 0, 3, 32, 32)

let private sequence () =
    let mutable state = 12345UL
    CorruptionDraws.Of (fun _ ->
        state <- (1664525UL * state + 1013904223UL) % 4294967296UL
        (float state + 0.5) / 4294967296.0)

/// Corruptions beside what the published code makes, and on images of any shape.
[<Tests>]
let tests =
    testList "PublishedCorruption" [
        for corruption in
            [
                Corruption.GlassBlur
                Corruption.MotionBlur
                Corruption.ZoomBlur
                Corruption.Snow
                Corruption.Fog
                Corruption.Spatter
                Corruption.Elastic
                Corruption.Saturate
            ] do
            test $"{corruption} is that of the published code" {
                let rows = published.Value.RootElement.GetProperty (Corruption.name corruption)
                for severity in 1..5 do
                    let expected = [| for v in rows[severity - 1].EnumerateArray() -> v.GetDouble () |]
                    let found = Altered.corruptBy (sequence ()) corruption severity 0UL golden |> value
                    Expect.equal expected.Length 51 "every 61st value"
                    for k in 0..50 do
                        let p = 61 * k
                        // Four decimals are kept; float32 sums have another 1e-5 or so.
                        Expect.isLessThan
                            (abs (found[p % 3 * 1024 + p / 3] - expected[k]))
                            1e-4
                            $"value {p} at severity {severity}"
            }
        test "corruptions keep the shape of images that are not square, and draw by their key" {
            for corruption in Corruption.all do
                for channels, height, width in [ 1, 28, 28; 3, 20, 33; 1, 40, 17 ] do
                    let x =
                        Array.init (channels * height * width) (fun i ->
                            float32 (0.5 + 0.4 * sin (float i * 0.11)))
                    let image = Image (x, 0, channels, height, width)
                    let found = Altered.corrupt corruption 4 9UL image
                    Expect.equal
                        (found.Channels, found.Height, found.Width)
                        (channels, height, width)
                        $"{corruption}"
                    Expect.isTrue
                        (value found |> Array.forall (fun v -> v >= 0.0 && v <= 1.0))
                        $"{corruption} stays in [0, 1]"
                    match corruption with
                    | Corruption.Snow
                    | Corruption.Fog
                    | Corruption.MotionBlur
                    | Corruption.Elastic
                    | Corruption.GlassBlur
                    | Corruption.Spatter ->
                        Expect.notEqual
                            (value (Altered.corrupt corruption 4 10UL image))
                            (value found)
                            $"{corruption}: another key"
                    | _ -> ()
        }
        test "an image on which no drop falls keeps its colours" {
            let none = CorruptionDraws.Of (fun _ -> 0.5)
            let found = Altered.corruptBy none Corruption.Spatter 1 0UL golden
            Expect.equal (value found) (value golden) "no water"
        }
    ]
