namespace Vantage

open System.Diagnostics

/// A picture with its file's name.
type Exhibit = { File: string; Caption: string; Png: byte array }

/// A protocol's figure in percent under the battery, by its name in results; most protocols have one. None where it says nothing of that representation.
type Score = { Name: string; Trained: float option; Random: float option; Raw: float option }

/// A gauge of one layer, of the trained network and of the random one.
type GaugeRow = { Layer: string; Gauge: string; OfTrained: float; OfRandom: float }

/// What the whole battery found.
type Findings = {
    Run: string
    Recipe: Recipe
    /// The set that was evaluated on, and how many images it has to train and to test on.
    Data: string
    /// The set that it was transferred to.
    Transfer: string option
    TrainImages: int
    TestImages: int
    Step: int
    /// The protocols that were measured, and their figures.
    Protocols: Protocol list
    Scores: Score list
    Gauges: GaugeRow list
    /// Names of layers, their CKA with each other, and each one's with its own in the random network.
    Layers: string list
    Likeness: float list list
    Changed: float list
    /// Another run, its layers, and the CKA of each layer (rows) with each of them, where one was named.
    Beside: (string * string list * float list list) option
    /// Eigenvalues of the covariance by layer and network, the largest first.
    Spectra: (string * float array) list
    Exhibits: Exhibit list
    /// What was not measured, and why.
    Absent: string list
    Seconds: float
}

/// What an evaluation tells while it goes on, and what it notes for its end.
[<Sealed>]
type Steps(say: string -> unit) =
    let clock = Stopwatch.StartNew ()
    let notes = ResizeArray<string>()

    /// Does a piece of work and tells when it is done, of how long it took and of the time so far.
    member _.Do(name: string, work: unit -> 'a) : 'a =
        let watch = Stopwatch.StartNew ()
        let result = work ()
        say $"{Metrics.duration clock.Elapsed.TotalSeconds, 12}  {name}, {watch.Elapsed.TotalSeconds:F1} s"
        result

    /// Notes what was not measured, and why.
    member _.Absent why = notes.Add why

    /// All notes.
    member _.Notes = List.ofSeq notes

    /// So far.
    member _.Seconds = clock.Elapsed.TotalSeconds
