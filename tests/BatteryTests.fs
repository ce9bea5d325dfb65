module Vantage.Tests.BatteryTests

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Expecto
open Vantage

let private recipe = {
    Generators.small with
        Name = "battery"
        Data = "glyphs:240:100"
        Batch = 40
        Epochs = 2<epoch>
        Evaluate = [ knn 200 0.1; linearProbe 1e-4 60; onlineProbe 1e-2 ]
}

let private quietly (work: unit -> 'a) =
    let before = Console.Out
    Console.SetOut TextWriter.Null
    try
        work ()
    finally
        Console.SetOut before

let private train folder recipe =
    quietly (fun () -> Run.train { Run.settings with Folder = Some folder; Threads = Some 2 } recipe)

// One run and its findings, for all tests of them.
let private evaluated =
    lazy
        (let folder = Directory.CreateTempSubdirectory("vantage-battery-").FullName
         AppDomain.CurrentDomain.ProcessExit.Add (fun _ -> Directory.Delete (folder, true))
         let result = train folder recipe
         let said = ResizeArray<string>()
         let opened = Finished.load TorchSharp.torch.CPU None folder ignore
         let found = Battery.run said.Add (Some "glyphs:120:80") (Some opened) opened
         result, found, List.ofSeq said, BatteryPage.save folder found)

// Ten grey images to train on and ten to test on, in IDX files.
let private grey folder =
    Directory.CreateDirectory folder |> ignore
    let write name header (content: byte array) =
        File.WriteAllBytes (Path.Combine (folder, name), Array.append (Array.map byte header) content)
    for part in [ "train"; "t10k" ] do
        let images = [| 0; 0; 8; 3; 0; 0; 0; 10; 0; 0; 0; 28; 0; 0; 0; 28 |]
        write $"{part}-images-idx3-ubyte" images (Array.init 7840 byte)
        write $"{part}-labels-idx1-ubyte" [| 0; 0; 8; 1; 0; 0; 0; 10 |] (Array.init 10 byte)

let private refused part (arguments: string list) =
    let before = Console.Error
    use writer = new StringWriter ()
    Console.SetError writer
    try
        Expect.equal (quietly (fun () -> Evaluate.main (List.toArray arguments))) 1 "exit code"
    finally
        Console.SetError before
    Expect.stringContains (writer.ToString ()) part "reason"

/// `./research evaluate`: a run's checkpoint under every protocol, gauge and picture.
[<Tests>]
let tests =
    testSequenced
    <| testList "Battery" [
        test "a checkpoint read again scores what its run scored" {
            let result, found, _, _ = evaluated.Value
            let score name = found.Scores |> List.find (fun s -> s.Name = name)
            Expect.isNonEmpty result.Metrics "measured"
            for name, accuracy in result.Metrics do
                Expect.equal (score name).Trained (Some accuracy) $"{name} of the trained network"
            for name, accuracy in result.Random do
                Expect.equal (score name).Random (Some accuracy) $"{name} of the random one"
            for name, accuracy in result.Raw do
                Expect.equal (score name).Raw (Some accuracy) $"{name} of raw pixels"
        }
        test "every protocol is measured, or said not to be" {
            let _, found, said, _ = evaluated.Value
            for protocol in found.Protocols do
                let name = Protocol.name protocol
                for subject in [ "the trained network"; "a random network"; "raw pixels" ] do
                    let measured = said |> List.exists (fun line -> line.Contains $"] {subject}: {name},")
                    let noted = found.Absent |> List.exists _.StartsWith($"{name} of {subject}: ")
                    let isLeft =
                        found.Absent
                        |> List.exists (fun why ->
                            why.Contains $" of {subject}: with"
                            && Array.contains name (why.Substring(0, why.IndexOf " of ").Split ", "))
                    Expect.notEqual measured (noted || isLeft) $"{name} of {subject}"
            for name, isQuick in
                [
                    "knn", true
                    "linear-sweep", false
                    "linear-dino", false
                    for percent in [ 1; 2; 5; 10; 20; 50 ] do
                        $"linear-{percent}%%-balanced", true
                    "linear-moco-crops-1%-balanced", false
                    "finetune-simclr-1%-balanced", false
                    "finetune-simclr-10%-balanced", false
                    "finetune-simclr", false
                    "finetune-simclr2-1%-balanced", false
                    "knn on glyphs:120:80", true
                    "linear-sweep on glyphs:120:80", false
                    "linear-per-class on glyphs:120:80", true
                    "linear-map on glyphs:120:80", true
                    "linear corrupted", true
                ] do
                let score = found.Scores |> List.find (fun s -> s.Name = name)
                Expect.isSome score.Trained $"{name} of the trained network"
                Expect.isSome score.Random $"{name} of the random network"
                Expect.equal score.Raw.IsSome isQuick $"{name} of raw pixels"
            let beside = Metrics.read found.Run |> List.choose _.OnlineTest |> List.last
            let online = found.Scores |> List.find (fun s -> s.Name = "online")
            Expect.equal online.Trained (Some (100.0 * beside)) "the classifier beside the run, at its end"
            let classifies recipe = Battery.protocols recipe 240 10 None |> List.contains Protocol.Classifier
            Expect.isFalse (classifies recipe) "SimCLR trains no classifier"
            Expect.isTrue
                (classifies { recipe with Objective = supervised; Projector = head [ linear 10 ] })
                "this one does"
        }
        test "fine-tuning keeps to its bound of images, and to what is published where it can" {
            for images, expected in
                [
                    240, [ 8, 60; 2, 60; 8, 30; 30, 10; 8, 60 ]
                    60000, [ 75, 60; 75, 60; 256, 10; 256, 1; 75, 60 ]
                ] do
                let settings =
                    Battery.protocols recipe images 10 None
                    |> List.choose (fun p ->
                        match Protocol.core p with
                        | Protocol.FineTune s -> Some s
                        | _ -> None)
                Expect.equal
                    (settings |> List.map (fun s -> s.Batch, s.Epochs))
                    expected
                    $"batches and epochs of {images} images"
                Expect.equal (settings |> List.map _.Layers) [ 0; 0; 0; 0; 3 ] "from behind the activation"
        }
        test "evaluate measures protocols on a finished run, and refuses what does not fit by name" {
            let result, _, _, _ = evaluated.Value
            Expect.equal (evaluate recipe.Evaluate result.Folder) result.Metrics "as the run itself"
            try
                evaluate [ knn 0 0.1; simclrLinear 1000 ] result.Folder |> ignore
                failtest "measured all the same"
            with UserException text ->
                Expect.stringContains text "240" "of the images"
                Expect.equal (text.Split('\n').Length) 2 "both errors"
        }
        test "the set that a run is transferred to is another one, and is said on the page" {
            let glyphs, other = Sets.load "glyphs:20:10", { Sets.load "glyphs:20:10" with Name = "mnist" }
            Expect.equal (Battery.target other) (Some "glyphs:5000:2000") "of any other set"
            let there = Sets.locate "fashion-mnist" |> Option.map (fun _ -> "fashion-mnist")
            Expect.equal (Battery.target glyphs) there "of glyphs"
            let _, found, _, _ = evaluated.Value
            Expect.contains (BatteryPage.facts found) ("transferred to", "glyphs:120:80") "named"
        }
        test "layers are like themselves, from pixels to embeddings" {
            let _, found, _, _ = evaluated.Value
            Expect.equal found.Layers [ "pixels"; "middle"; "h"; "z" ] "layers"
            for i, row in List.indexed found.Likeness do
                Expect.floatClose Accuracy.medium row[i] 1.0 "itself"
                let column = found.Likeness |> List.map (List.item i)
                for value, other in List.zip row column do
                    Expect.floatClose Accuracy.medium value other "both ways"
            Expect.floatClose Accuracy.medium found.Changed.Head 1.0 "pixels are the same for both networks"
            Expect.isLessThan found.Changed[2] 0.9999 "training changed h"
            let run, theirs, values = found.Beside.Value
            Expect.equal (run, theirs) (found.Run, found.Layers) "beside itself"
            Expect.equal values found.Likeness "the same numbers"
        }
        test "the files hold every score and gauge" {
            let _, found, _, paths = evaluated.Value
            for path in paths do
                Expect.isTrue (File.Exists path) path
            let text name = paths |> List.find (fun p -> p.EndsWith (name: string)) |> File.ReadAllText
            use json = JsonDocument.Parse (text "evaluation.json")
            let scores = json.RootElement.GetProperty("scores").EnumerateArray() |> List.ofSeq
            Expect.equal
                (scores
                 |> List.map (fun s ->
                     nonNull (s.GetProperty("protocol").GetString()), s.GetProperty("trained").GetDouble()))
                (found.Scores |> List.map (fun s -> s.Name, s.Trained.Value))
                "scores"
            let lines = (text "evaluation.csv").TrimEnd().Split '\n'
            let layers = found.Layers.Length
            Expect.equal
                lines.Length
                (1 + found.Scores.Length + found.Gauges.Length + 2 * layers * layers)
                "lines of the CSV"
            for line in lines do
                Expect.equal (line.Split(',').Length) 6 line
            let markdown, html = text "evaluation.md", text "evaluation.html"
            for row in snd (BatteryPage.scores found) do
                Expect.stringContains markdown ("| " + String.concat " | " row + " |") "Markdown"
                Expect.stringContains html $"<td>{row[1]}</td>" "HTML"
            for gauge in found.Gauges do
                Expect.stringContains markdown $"| {gauge.Gauge} | {gauge.Layer} |" "Markdown"
            let own = html.Replace (Html.library (), "")
            Expect.equal (Regex.Count (own, "src=\"data:image/png;base64,")) 4 "four pictures"
            Expect.isFalse (own.Contains "://") "no address"
        }
        test "what cannot be evaluated is refused by name" {
            Script.inFolder (fun folder ->
                refused "holds no checkpoint" [ folder ]
                refused "missing" []
                let copy = Path.Combine (folder, "checkpoint.safetensors")
                let result, _, _, _ = evaluated.Value
                File.Copy (Checkpoint.file result.Folder, copy)
                grey (Path.Combine (folder, "grey"))
                refused "does not fit images of 1 channels" [ folder; "--data"; $"idx:{folder}/grey" ]
                File.WriteAllBytes (copy, File.ReadAllBytes(copy)[..2000])
                refused "no good checkpoint" [ folder ])
        }
        test "a browser draws the charts, on a desktop and on a phone, without network" {
            let _, _, _, paths = evaluated.Value
            let page = paths |> List.find _.EndsWith("evaluation.html")
            let html = Browser.document 1200 page
            let panels = Regex.Count (html, "class=\"panel\"")
            Expect.isGreaterThanOrEqual panels 2 "panels"
            // Plotly's own elements: a chart's drawing, and a path for each of its curves.
            Expect.equal
                (Regex.Count (html, "<svg class=\"main-svg\"[^>]*style=\"background"))
                panels
                "drawings"
            Expect.isGreaterThanOrEqual (Regex.Count (html, "class=\"js-line\"")) (2 * panels) "curves"
            for width in [ 390; 1200 ] do
                let content, window = Browser.measured width page
                Expect.equal window width "the frame is as wide as it was asked to be"
                Expect.isLessThanOrEqual content window $"no scrolling sideways at {width}"
        }
    ]
