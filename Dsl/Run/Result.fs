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
    /// Share of the training time spent waiting for views.
    WaitShare: float
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

    /// Writes `result.json`.
    let save (result: RunResult) =
        let table (rows: (string * float) list) = dict rows
        let content =
            dict [
                "metrics", box (table result.Metrics)
                "random", box (table result.Random)
                "raw", box (table result.Raw)
                "waitShare", box result.WaitShare
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
