namespace Vantage

open System
open System.Globalization
open System.IO
open System.Text.Json

/// One logged step of a run. Times are seconds, rates images a second.
type Metric = {
    Step: int
    Epoch: float
    Loss: float
    Rate: float
    /// Share of anchors whose nearest candidate is their own other view (SimCLR's monitor).
    Accuracy: float
    /// Entropy of the contrastive task in nats.
    Entropy: float
    Spread: float
    Rank: float
    Alignment: float
    Uniformity: float
    /// The share of this batch's labels that the classifier beside the run tells, where there is one.
    Online: float option
    /// At the end of an epoch: the share of the test images' labels that it tells.
    OnlineTest: float option
    ImagesPerSecond: float
    /// Of the time so far, what went into waiting for views, forward, the loss, backward, the update of the weights.
    WaitShare: float
    ForwardShare: float
    LossShare: float
    BackwardShare: float
    UpdateShare: float
    Seconds: float
}

/// Metrics as JSON lines: one object a line, appended while a run goes on.
module Metrics =
    /// The file in a run's folder.
    let file folder = Path.Combine (folder, "metrics.jsonl")

    let private options =
        JsonSerializerOptions (
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            NumberHandling = Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
            DefaultIgnoreCondition = Serialization.JsonIgnoreCondition.WhenWritingNull
        )

    /// Adds a line.
    let append folder (metric: Metric) =
        File.AppendAllText (file folder, JsonSerializer.Serialize (metric, options) + "\n")

    /// All lines so far, in order; none where no step was logged. A last line without its end was cut off with its run, and is left out.
    let read folder =
        if File.Exists (file folder) then
            let lines = (File.ReadAllText (file folder)).Split '\n'
            Array.truncate (lines.Length - 1) lines
            |> Array.filter (fun line -> line <> "")
            |> Array.map (fun line -> JsonSerializer.Deserialize<Metric>(line, options) |> nonNull)
            |> Array.toList
        else
            []

    /// The gauges of a run at its end, by the names that its lines have: the mean of each over the last tenth of them.
    let atEnd folder =
        let lines = File.ReadAllLines (file folder)
        let last = lines[lines.Length - max 1 (lines.Length / 10) ..]
        let values (name: string) = [
            for line in last do
                use json = JsonDocument.Parse line
                match json.RootElement.TryGetProperty name with
                | true, value when value.ValueKind = JsonValueKind.Number -> value.GetDouble ()
                | _ -> ()
        ]
        Map [
            for name in [ "spread"; "rank"; "alignment"; "uniformity"; "entropy" ] do
                match values name with
                | [] -> ()
                | found -> name, List.average found
        ]

    /// Forgets the lines from a step on: a resumed run writes them again.
    let truncate folder step =
        let kept = read folder |> List.filter (fun m -> m.Step < step)
        kept
        |> List.map (fun m -> JsonSerializer.Serialize (m, options) + "\n")
        |> String.concat ""
        |> Durable.writeText (file folder)

    /// A time span for people: 45 s, 3 min 05 s.
    let duration (seconds: float) =
        let whole = int (Math.Round seconds)
        if whole < 60 then
            $"{whole} s"
        else
            String.Format (CultureInfo.InvariantCulture, "{0} min {1:00} s", whole / 60, whole % 60)
