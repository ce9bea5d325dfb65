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
        let content =
            dict [
                "metrics", box (table result.Metrics)
                "random", box (table result.Random)
                "raw", box (table result.Raw)
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
