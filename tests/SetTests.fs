module Vantage.Tests.SetTests

open System
open System.IO
open System.Security.Cryptography
open Expecto
open Vantage

let private error f =
    try
        f () |> ignore
        failtest "nothing was raised"
    with DataException error ->
        error

let private shared name =
    let path = Path.Combine (Script.root, "..", "shared", "data", name)
    if not (Directory.Exists path) then
        skiptest $"no {name} beside the repository"
    path

/// Named sets: where they are looked for, how they are fetched, what is on this machine.
[<Tests>]
let tests =
    testList "Sets" [
        test "a missing set says each place and the remedy" {
            Script.inFolder (fun folder ->
                Environment.SetEnvironmentVariable ("VANTAGE_DATA", folder)
                try
                    match error (fun () -> Sets.load "cifar10") with
                    | DataError.Missing (_, places, _) as missing ->
                        Expect.contains places (Path.Combine (folder, "cifar10")) "VANTAGE_DATA is looked at"
                        for place in places do
                            Expect.stringContains (DataError.message missing) place "each place is said"
                    | other -> failtest $"%A{other}"
                finally
                    Environment.SetEnvironmentVariable ("VANTAGE_DATA", null))
        }
        for spec in [ "glyph"; "glyphs:0:5"; "webdataset:"; "imagenet" ] do
            test $"'{spec}' is no set" {
                match error (fun () -> Sets.load spec) with
                | DataError.UnknownSet found -> Expect.equal found spec "named"
                | other -> failtest $"%A{other}"
            }
        test "a download appears whole or not at all" {
            Script.inFolder (fun folder ->
                let content = Array.init 5000 byte
                use listener = new Net.HttpListener ()
                let port = 20000 + Environment.ProcessId % 20000
                listener.Prefixes.Add $"http://127.0.0.1:{port}/"
                listener.Start ()
                let serve = async {
                    for _ in 1..2 do
                        let! context = listener.GetContextAsync () |> Async.AwaitTask
                        context.Response.OutputStream.Write (content, 0, content.Length)
                        context.Response.Close ()
                }
                Async.Start serve
                let download md5 = { Url = $"http://127.0.0.1:{port}/x"; File = "x"; Md5 = md5 }
                match error (fun () -> Fetch.file folder (download "00")) with
                | DataError.WrongChecksum _ -> ()
                | other -> failtest $"%A{other}"
                Expect.isEmpty (Directory.GetFiles folder) "nothing is left of a wrong file"
                Fetch.file folder (download (Convert.ToHexStringLower (MD5.HashData content)))
                Expect.equal (File.ReadAllBytes (Path.Combine (folder, "x"))) content "the file"
                listener.Stop ()
                match error (fun () -> Fetch.file folder (download "00")) with
                | DataError.NotFetched _ -> ()
                | other -> failtest $"%A{other}")
        }
        test "rgb: gives grey images their channel three times, and leaves colour as it is" {
            Script.inFolder (fun folder ->
                let content (header: byte list) (bytes: byte list) = List.toArray (header @ bytes)
                // Two images of 2 x 3.
                let pixels = [ for i in 0..11 -> byte (20 * i) ]
                let sizes n = [ 0uy; 0uy; 0uy; byte n ]
                for part in [ "train"; "t10k" ] do
                    let file kind = Path.Combine (folder, $"{part}-{kind}-ubyte")
                    let images = [ 0uy; 0uy; 8uy; 3uy ] @ sizes 2 @ sizes 2 @ sizes 3
                    File.WriteAllBytes (file "images-idx3", content images pixels)
                    File.WriteAllBytes (
                        file "labels-idx1",
                        content ([ 0uy; 0uy; 8uy; 1uy ] @ sizes 2) [ 1uy; 0uy ]
                    )
                let grey, colour = Sets.load $"idx:{folder}", Sets.load $"rgb:idx:{folder}"
                for one, three in [ grey.Train, colour.Train; grey.Test.Value, colour.Test.Value ] do
                    Expect.equal (three.Channels, three.Height, three.Width) (3, 2, 3) "size"
                    Expect.equal three.Labels one.Labels "labels"
                    for i in 0..1 do
                        let expected = (one.Read i).Span.ToArray()
                        Expect.equal
                            ((three.Read i).Span.ToArray())
                            (Array.concat [ expected; expected; expected ])
                            $"image {i}")
            let glyphs, same = Sets.load "glyphs:10:5", Sets.load "rgb:glyphs:10:5"
            Expect.equal ((same.Train.Read 3).Span.ToArray()) ((glyphs.Train.Read 3).Span.ToArray()) "colour"
        }
        test "rgb: of images that lie encoded decodes them small too, and of float32 keeps float32" {
            let grey = Vantage.Kernels.Image ([| 0.1f; 0.2f; 0.3f |], 1, 1, 1, 2)
            Expect.equal
                (Rgb.image grey).Values
                [| 0.2f; 0.3f; 0.2f; 0.3f; 0.2f; 0.3f |]
                "values from the offset on"
            let split = {
                (Sets.load "glyphs:10:5").Train with
                    Channels = 1
                    Read = fun _ -> grey
                    Encoded =
                        Some (fun _ -> {
                            Height = 1
                            Width = 2
                            Decode = fun denominator -> if denominator = 2 then grey else failtest "scale"
                        })
            }
            Expect.equal (((Rgb.split split).Encoded.Value 0).Decode 2).Channels 3 "channels"
        }
        test "Fashion-MNIST, where it is installed" {
            match Sets.locate "fashion-mnist" with
            | None -> skiptest "Fashion-MNIST is not on this machine"
            | Some _ ->
                let data = Sets.load "fashion-mnist"
                Expect.equal (data.Train.Count, (Option.get data.Test).Count) (60000, 10000) "images"
                let counts = Option.get data.Train.Labels |> Array.countBy id |> Array.sort
                Expect.equal counts [| for c in 0..9 -> c, 6000 |] "images of a class"
        }
        test "CIFAR-10 shards stream in flat memory" {
            let folder = shared "cifar10"
            let split = WebDataset.split "train" (Path.Combine (folder, "cifar10-train-00000{0..1}.tar"))
            Expect.equal (split.Channels, split.Height, split.Width) (3, 32, 32) "size"
            Expect.isTrue (Option.get split.Labels |> Array.forall (fun l -> l >= 0 && l < 10)) "labels"
            let pass () =
                let mutable sum = 0L
                for i in 0 .. min 9999 (split.Count - 1) do
                    sum <- sum + int64 ((split.Read i).Span[0])
                sum
            let first = pass ()
            let before = GC.GetTotalMemory true
            Expect.equal (pass ()) first "the same pixels"
            // 10,000 decoded images are 30 MB: none of them is kept.
            Expect.isLessThan (GC.GetTotalMemory true - before) 3_000_000L "bytes kept after a second pass"
        }
    ]
