module Vantage.Tests.DataTests

open System
open System.Buffers.Binary
open System.Formats.Tar
open System.IO
open Expecto
open FsCheck.FSharp
open SkiaSharp
open Vantage

let private idxBytes magic (sizes: int list) (content: byte array) =
    let word (n: int) =
        let bytes = Array.zeroCreate 4
        BinaryPrimitives.WriteInt32BigEndian (Span<byte> bytes, n)
        bytes
    Array.concat [ word magic; yield! List.map word sizes; content ]

let private png width height (pixel: int -> SKColor) (format: SKEncodedImageFormat) =
    use bitmap = new SKBitmap (width, height, SKColorType.Rgba8888, SKAlphaType.Opaque)
    for i in 0 .. width * height - 1 do
        bitmap.SetPixel (i % width, i / width, pixel i)
    use data = bitmap.Encode (format, 90)
    data.ToArray ()

let private coloured seed i =
    SKColor (byte (seed * 31 + i * 7), byte (seed * 17 + i * 13), byte (seed * 5 + i * 3))

let private tar path (entries: (string * byte array) list) =
    use file = File.Create path
    use writer = new TarWriter (file, TarEntryFormat.Ustar)
    for name, bytes in entries do
        writer.WriteEntry (
            UstarTarEntry (TarEntryType.RegularFile, name, DataStream = new MemoryStream (bytes))
        )

let private shard count = [
    for i in 0 .. count - 1 do
        $"{i:D4}.png", png 6 5 (coloured i) SKEncodedImageFormat.Png
        $"{i:D4}.cls", Text.Encoding.ASCII.GetBytes (string (i % 3))
]

let private inFile (name: string) (bytes: byte array) (test: string -> 'a) =
    Script.inFolder (fun folder ->
        let path = Path.Combine (folder, name)
        File.WriteAllBytes (path, bytes)
        test path)

let private error f =
    try
        f () |> ignore
        failtest "nothing was raised"
    with DataException error ->
        error

// The error names the file, says a byte, and is this case.
let private expectAt (file: string) error case =
    Expect.isTrue (case error) $"the case: %A{error}"
    let text = DataError.message error
    Expect.stringContains text (nonNull (Path.GetFileName file)) "the file"
    Expect.stringContains text "byte " "the offset"

let private goodImages = idxBytes 0x803 [ 3; 2; 2 ] [| 0uy .. 11uy |]
let private goodLabels = idxBytes 0x801 [ 3 ] [| 1uy; 0uy; 2uy |]

let private idxError (images: byte array) (labels: byte array) case =
    Script.inFolder (fun folder ->
        let a, b = Path.Combine (folder, "images"), Path.Combine (folder, "labels")
        File.WriteAllBytes (a, images)
        File.WriteAllBytes (b, labels)
        let found = error (fun () -> Idx.split "x" a b)
        Expect.isTrue (case found) $"the case: %A{found}"
        Expect.stringContains (DataError.message found) "byte " "the offset")

let private tarError bytes case =
    inFile "s.tar" bytes (fun path -> expectAt path (error (fun () -> WebDataset.split "x" path)) case)

let private tarBytes entries =
    Script.inFolder (fun folder ->
        let path = Path.Combine (folder, "made.tar")
        tar path entries
        File.ReadAllBytes path)

/// Readers against what they should read and against damaged files.
[<Tests>]
let tests =
    testList "Data" [
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 50 }
            "IDX gives back what was written"
            (fun (seed: byte) (gzip: bool) ->
                let n, h, w = 1 + int seed % 7, 1 + int seed % 5, 1 + int seed % 3
                let pixels = Array.init (n * h * w) (fun i -> byte (i * 7 + int seed))
                let labels = Array.init n (fun i -> byte (i % 10))
                Script.inFolder (fun folder ->
                    let write name bytes =
                        let path = Path.Combine (folder, (if gzip then name + ".gz" else name))
                        use file = File.Create path
                        use sink: Stream =
                            if gzip then
                                new Compression.GZipStream (file, Compression.CompressionLevel.Fastest)
                            else
                                file
                        sink.Write (bytes, 0, bytes.Length)
                        path
                    let a = write "images" (idxBytes 0x803 [ n; h; w ] pixels)
                    let b = write "labels" (idxBytes 0x801 [ n ] labels)
                    let split = Idx.split "x" a b
                    let read = Array.init n (fun i -> (split.Read i).Span.ToArray()) |> Array.concat
                    read = pixels
                    && split.Labels = Some (Array.map int labels)
                    && split.Height = h
                    && split.Width = w))
        test "IDX: wrong magic" {
            idxError (idxBytes 0x802 [ 3; 2; 2 ] [| 0uy .. 11uy |]) goodLabels (function
                | DataError.WrongMagic _ -> true
                | _ -> false)
        }
        test "IDX: truncated header" {
            idxError (Array.take 9 goodImages) goodLabels (function
                | DataError.Truncated _ -> true
                | _ -> false)
        }
        test "IDX: truncated content" {
            idxError (Array.take 20 goodImages) goodLabels (function
                | DataError.Truncated (_, 20L, 4L, 12L) -> true
                | _ -> false)
        }
        test "IDX: too much content" {
            idxError (Array.append goodImages [| 1uy |]) goodLabels (function
                | DataError.WrongCount (_, 28L, _, _, _) -> true
                | _ -> false)
        }
        test "IDX: as many labels as images" {
            idxError goodImages (idxBytes 0x801 [ 2 ] [| 1uy; 0uy |]) (function
                | DataError.WrongCount (_, 4L, 2L, 3L, _) -> true
                | _ -> false)
        }
        test "IDX: a size of 0" {
            idxError (idxBytes 0x803 [ 0; 2; 2 ] [||]) goodLabels (function
                | DataError.WrongCount (_, 4L, _, _, _) -> true
                | _ -> false)
        }
        test "IDX: no gzip stream under .gz" {
            inFile "x.gz" [| 1uy; 2uy; 3uy |] (fun path ->
                expectAt path (error (fun () -> Idx.split "x" path path)) (function
                    | DataError.WrongMagic _ -> true
                    | _ -> false))
        }
        test "CIFAR: records are read" {
            let record label = Array.append [| label |] (Array.init 3072 (fun i -> byte (i + int label)))
            inFile "batch.bin" (Array.append (record 3uy) (record 9uy)) (fun path ->
                let split = CifarBinary.split "x" [ path ]
                Expect.equal split.Count 2 "images"
                Expect.equal split.Labels (Some [| 3; 9 |]) "labels"
                Expect.equal ((split.Read 1).Span.ToArray()) (Array.tail (record 9uy)) "pixels")
        }
        test "CIFAR: truncated record" {
            inFile "batch.bin" (Array.zeroCreate (3073 + 100)) (fun path ->
                expectAt path (error (fun () -> CifarBinary.split "x" [ path ])) (function
                    | DataError.Truncated (_, 3073L, 100L, 3073L) -> true
                    | _ -> false))
        }
        test "CIFAR: a label that is no class" {
            inFile "batch.bin" (Array.create 3073 77uy) (fun path ->
                expectAt path (error (fun () -> CifarBinary.split "x" [ path ])) (function
                    | DataError.BadLabel (_, 0L, "77") -> true
                    | _ -> false))
        }
        test "CIFAR: empty file" {
            inFile "batch.bin" [||] (fun path ->
                expectAt path (error (fun () -> CifarBinary.split "x" [ path ])) (function
                    | DataError.EmptyArchive _ -> true
                    | _ -> false))
        }
        test "shards: images and labels go together, whatever their order" {
            inFile "s.tar" (tarBytes (List.rev (shard 7))) (fun path ->
                let split = WebDataset.split "x" path
                Expect.equal split.Count 7 "images"
                let first = split.Read 0
                Expect.equal (first.Channels, first.Height, first.Width) (3, 5, 6) "size"
                for i in 0..6 do
                    let image = split.Read i
                    let source = 6 - i
                    Expect.equal ((Option.get split.Labels)[i]) (source % 3) "label"
                    for k in 0..29 do
                        let colour = coloured source k
                        let found = image.Span[k], image.Span[30 + k], image.Span[60 + k]
                        Expect.equal found (colour.Red, colour.Green, colour.Blue) $"pixel {k} of image {i}")
        }
        test "shards: many threads read what one reads" {
            inFile "s.tar" (tarBytes (shard 40)) (fun path ->
                let split = WebDataset.split "x" path
                let one = Array.init 40 (fun i -> (split.Read i).Span.ToArray())
                let many = Array.Parallel.init 400 (fun i -> (split.Read (i % 40)).Span.ToArray())
                Expect.isTrue
                    (many |> Array.indexed |> Array.forall (fun (i, image) -> image = one[i % 40]))
                    "pixels")
        }
        test "shards: an empty archive" {
            tarError (tarBytes []) (function
                | DataError.EmptyArchive _ -> true
                | _ -> false)
        }
        test "shards: a truncated archive" {
            // In a header, and in an entry's bytes.
            tarError (Array.take 1100 (tarBytes (shard 2))) (function
                | DataError.Truncated (_, 1024L, 76L, 512L) -> true
                | _ -> false)
            tarError (Array.take 530 (tarBytes (shard 2))) (function
                | DataError.Truncated (_, 512L, 18L, _) -> true
                | _ -> false)
        }
        test "shards: a damaged header" {
            let bytes = tarBytes (shard 2)
            bytes[10] <- bytes[10] + 1uy
            tarError bytes (function
                | DataError.BadHeader (_, 0L, _) -> true
                | _ -> false)
        }
        test "shards: an image without a label" {
            tarError (tarBytes [ List.head (shard 1) ]) (function
                | DataError.NoLabel _ -> true
                | _ -> false)
        }
        test "shards: a label that is no number" {
            tarError (tarBytes [ List.head (shard 1); "0000.cls", "cat"B ]) (function
                | DataError.BadLabel _ -> true
                | _ -> false)
        }
        test "shards: a pattern that matches nothing" {
            match error (fun () -> WebDataset.split "x" "nowhere/none-*.tar") with
            | DataError.NoFiles pattern -> Expect.equal pattern "nowhere/none-*.tar" "pattern"
            | other -> failtest $"%A{other}"
        }
        test "shards: ranges expand" {
            Script.inFolder (fun folder ->
                for i in 0..11 do
                    tar (Path.Combine (folder, $"s-{i:D3}.tar")) (shard 1)
                let found = WebDataset.expand (Path.Combine (folder, "s-{003..010}.tar"))
                Expect.equal
                    (found |> List.map Path.GetFileName)
                    [ for i in 3..10 -> $"s-{i:D3}.tar" ]
                    "files")
        }
        test "a JPEG cut short is an error with its place" {
            let jpeg = png 32 32 (coloured 1) SKEncodedImageFormat.Jpeg
            Expect.equal (Decode.image "a.jpg" 512L 3 jpeg).Width 32 "the whole one is read"
            let found = error (fun () -> Decode.image "a.jpg" 512L 3 (Array.take (jpeg.Length / 2) jpeg))
            expectAt "a.jpg" found (function
                | DataError.CorruptImage ("a.jpg", 512L, _) -> true
                | _ -> false)
        }
        test "bytes that are no image are an error" {
            expectAt "b.jpg" (error (fun () -> Decode.image "b.jpg" 0L 3 (Array.create 99 7uy))) (function
                | DataError.CorruptImage _ -> true
                | _ -> false)
        }
        test "folders: classes in order, sizes apart" {
            Script.inFolder (fun folder ->
                for name, seed, width in [ "dog", 1, 8; "cat", 2, 6 ] do
                    let inside = Path.Combine (folder, "train", name)
                    Directory.CreateDirectory inside |> ignore
                    File.WriteAllBytes (
                        Path.Combine (inside, "0.png"),
                        png width 7 (coloured seed) SKEncodedImageFormat.Png
                    )
                let data = ImageFolder.load folder
                Expect.equal data.Classes [ "cat"; "dog" ] "classes"
                Expect.equal (data.Train.Read 1).Width 8 "the dog's width"
                Expect.equal (data.Train.Height, data.Train.Width) (7, 6) "the smallest size"
                Expect.isNone data.Test "no test part")
        }
        test "glyphs are a pure function of their number" {
            let once, again = Glyphs.split 1UL 0 "x" 50, Glyphs.split 1UL 0 "x" 80
            for i in 0..49 do
                Expect.equal ((once.Read i).Span.ToArray()) ((again.Read i).Span.ToArray()) $"image {i}"
            let other = Glyphs.split 1UL 1 "x" 50
            Expect.notEqual
                ((once.Read 3).Span.ToArray())
                ((other.Read 3).Span.ToArray())
                "the test part differs"
        }
    ]
