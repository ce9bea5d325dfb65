/// Vantage.Bench.dll NAME [--quick]: measures, prints a table and writes artifacts/bench/NAME.json.
module Vantage.Bench.Main

open System
open System.IO

/// What can be measured.
let private benches =
    Map [
        "augment", AugmentBench.run
        "operations", OperationBench.run
        "photos", PhotoBench.run
        "losses", (fun quick -> LossBench.run "" quick @ ObjectiveBench.run "" quick)
        "memory", MemoryBench.run
        "evaluate", EvaluateBench.run
        "update", UpdateBench.run
        "convolutions", ConvolutionBench.run
        "train", TrainBench.run ""
        "growth", GrowthBench.run
        "peaks", PeakBench.run
    ]

[<EntryPoint>]
let main arguments =
    let names, options = arguments |> List.ofArray |> List.partition (fun a -> not (a.StartsWith "--"))
    match names, options |> List.except [ "--quick" ] with
    | [ "peak"; pairs; objective ], [] -> // asked by the bench of memory, in a process of its own
        let peak = MemoryBench.peak objective (int pairs)
        printfn "%s" (peak.ToString Globalization.CultureInfo.InvariantCulture)
        0
    | [ "side"; quick; precision; seed; started ], [] -> // asked by the bench of accuracy, in a process of its own
        AccuracyBench.side
            (Boolean.Parse quick)
            precision
            (uint64 seed)
            (Double.Parse (started, Globalization.CultureInfo.InvariantCulture))
        0
    | [ "accuracy" ], [] -> if AccuracyBench.run (List.contains "--quick" options) then 0 else 1
    | [ "encoders" ], [] ->
        EncoderBench.run (List.contains "--quick" options)
        0
    | [ "peak-of-run"; number ], [] -> // asked by the bench of peaks, in a process of its own
        let peak = PeakBench.peak (int number)
        printfn "%s" (peak.ToString Globalization.CultureInfo.InvariantCulture)
        0
    | [ "errors" ], [] ->
        ObjectiveBench.errors ()
        0
    | [ "micro" ], [] ->
        MicroBench.run (List.contains "--quick" options)
        0
    | name :: part, [] when
        benches.ContainsKey name
        && (part.IsEmpty || List.contains name [ "losses"; "train" ] && part.Length = 1)
        ->
        let quick = List.contains "--quick" options
        let rows =
            match part with
            | [ part ] when name = "train" -> TrainBench.run part quick
            | [ part ] -> LossBench.run part quick @ ObjectiveBench.run part quick
            | _ -> benches[name] quick
        let path = Path.Combine (Peer.root, "artifacts", "bench", name + ".json")
        Row.write path rows
        printfn $"{Environment.ProcessorCount} cores, .NET {Environment.Version}, {DateTime.UtcNow:u}"
        Row.print rows
        if rows |> List.exists (fun row -> row.Operations > 0.0) then
            let limits = Limits.measured.Value
            printfn
                $"limits of one core, measured: {limits.Bytes / 1e9:F1} GB/s copied, {limits.Operations / 1e9:F0} Gop/s of float32"
        printfn $"written to {Path.GetRelativePath (Environment.CurrentDirectory, path)}"
        if rows |> List.forall _.Equal then 0 else 1
    | _ ->
        let known = String.Join (", ", Seq.append benches.Keys [ "accuracy"; "encoders"; "errors"; "micro" ])
        eprintfn
            $"""usage: Vantage.Bench.dll NAME [--quick], NAME one of: {known}; not "{String.Join (" ", arguments)}" """
        2
