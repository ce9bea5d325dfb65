namespace Vantage

open System.IO
open System.Text.Json

/// What a run measured. Accuracies are percent; by protocol name.
type RunResult = {
    Folder: string
    Recipe: Recipe
    Metrics: (string * float) list
    Random: (string * float) list
    Raw: (string * float) list
    /// Gauges of the trained network and of the random one, each with what it is of.
    Gauges: (string * Gauge) list
    RandomGauges: (string * Gauge) list
    /// Where the training time went, in seconds.
    Spent: Spent
    /// Seconds of training, without set-up and evaluation.
    Seconds: float
    ImagesPerSecond: float
    Skipped: int
    History: Metric list
}

/// Results as files.
module RunResult =
    /// The file in a run's folder.
    let file folder = Path.Combine (folder, "result.json")

    /// Shares of the training time.
    let shares result = Spent.shares result.Seconds result.Spent

    /// Writes `result.json`.
    let save (result: RunResult) =
        let table (rows: (string * float) list) = dict rows
        // By what they are of, then by name; JSON has no NaN.
        let gauges (all: (string * Gauge) list) =
            dict [
                for layer, own in List.groupBy fst all do
                    let finite x : objnull = if System.Double.IsFinite x then box x else null
                    layer, dict [ for _, gauge in own -> gauge.Name, finite gauge.Value ]
            ]
        let content =
            dict [
                "metrics", box (table result.Metrics)
                "random", box (table result.Random)
                "raw", box (table result.Raw)
                "gauges", box (gauges result.Gauges)
                "randomGauges", box (gauges result.RandomGauges)
                "waitShare", box (shares result).Waited
                "forwardShare", box (shares result).Forward
                "lossShare", box (shares result).Loss
                "backwardShare", box (shares result).Backward
                "updateShare", box (shares result).Updated
                "seconds", box result.Seconds
                "imagesPerSecond", box result.ImagesPerSecond
                "skippedImages", box result.Skipped
                "recipe", box (Print.fingerprint result.Recipe)
                "name", box result.Recipe.Name
                "data", box result.Recipe.Data
                "seed", box result.Recipe.Seed
                "epochs", box (int result.Recipe.Epochs)
            ]
        File.WriteAllText (
            file result.Folder,
            JsonSerializer.Serialize (content, JsonSerializerOptions (WriteIndented = true))
            + "\n"
        )
