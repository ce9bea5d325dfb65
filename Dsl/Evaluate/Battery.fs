namespace Vantage

open System.Diagnostics
open TorchSharp

/// The whole battery on one run: every protocol, every gauge, every picture. A protocol joins by its line in `protocols`.
module Battery =
    /// The protocols, on so many training images.
    let protocols images =
        let batch = min 1024 images
        [
            knn 200 0.1
            linearProbe 1e-4 60
            linearSweep 0.1 40
            simclrLinear batch
            mocoLinear batch
            byolLinear batch
            dinoLinear batch
            balancedLabels 1.0 (linearProbe 1e-4 60)
            balancedLabels 10.0 (linearProbe 1e-4 60)
            randomLabels 1.0 (linearProbe 1e-4 60)
            classifier
        ]

    let private isClassifier (it: Finished) =
        match it.Recipe.Objective with
        | Objective.Classify _ -> Head.width it.Recipe.Projector = Some it.Data.Classes.Length
        | _ -> false

    // Every protocol on the trained network, the random one and raw pixels.
    let private scores (steps: Steps) (it: Finished) =
        match it.Data.Train.Labels, it.Data.Test with
        | Some trainLabels, Some ({ Labels = Some testLabels } as test) ->
            use _ = torch.NewDisposeScope ()
            let network = it.Trained.Network.Weights.Device
            let features name encode device =
                steps.Do (
                    $"features of {name}",
                    fun () -> {
                        Train = Probe.features it.Trained.Viewer it.Data.Train encode device
                        TrainLabels = trainLabels
                        Test = Probe.features it.Trained.Viewer test encode device
                        TestLabels = testLabels
                        Classes = it.Data.Classes.Length
                    }
                )
            let trained = features "the trained network" (Train.encoder it.Trained) network
            let random = features "a random network" (Train.encoder it.Random) network
            let pixels = features "raw pixels" (fun x -> x.flatten 1L) torch.CPU
            // k-NN measures angles.
            let mean = pixels.Train.mean ([| 0L |], true)
            let raw = { pixels with Train = pixels.Train - mean; Test = pixels.Test - mean }
            let seed = it.Recipe.Seed
            let classified (trainer: Trainer) =
                let logits = Train.encoder trainer >> trainer.Network.Project
                use found = Probe.features trainer.Viewer test logits network
                Probe.classified found testLabels
            let measure protocol () =
                let watch = Stopwatch.StartNew ()
                let trained, random, raw =
                    match protocol with
                    | Protocol.Classifier -> classified it.Trained, Some (classified it.Random), None
                    | _ ->
                        let own = Probe.measure seed protocol
                        own trained, Some (own random), Some (own raw)
                {
                    Protocol = protocol
                    Trained = trained
                    Random = random
                    Raw = raw
                    Seconds = watch.Elapsed.TotalSeconds
                }
            let all = protocols it.Data.Train.Count
            all
            |> List.indexed
            |> List.choose (fun (i, protocol) ->
                let name = Protocol.name protocol
                if protocol = Protocol.Classifier && not (isClassifier it) then
                    steps.Absent
                        $"{name}: the recipe trains no classifier of these {it.Data.Classes.Length} classes."
                    None
                else
                    try
                        Some (steps.Do ($"[{i + 1}/{all.Length}] {name}", measure protocol))
                    with EvaluationException why ->
                        steps.Absent $"{name}: {why}"
                        None)
        | _ ->
            steps.Absent
                $"Protocols: {it.Data.Name} has no labelled test images beside labelled training images."
            []

    // Every gauge, of the trained network and of the random one.
    let private gauges (steps: Steps) (it: Finished) (looking: Split) chosen trained random =
        let classes = it.Data.Classes.Length
        if (Examine.labels classes looking chosen).IsNone then
            steps.Absent
                $"Neural collapse and clusters: they need an image of each of at least 2 classes among the {Array.length chosen} that are looked at."
        List.map2
            (fun (layer, t: Gauge) (_, r: Gauge) -> {
                Layer = layer
                Gauge = t.Name
                OfTrained = t.Value
                OfRandom = r.Value
            })
            (Examine.gauges it.Trained looking chosen classes trained)
            (Examine.gauges it.Random looking chosen classes random)

    /// Everything that is measured of a run; `say` is told of each step when it is done.
    let run (say: string -> unit) (it: Finished) : Findings =
        use _ = torch.NewDisposeScope ()
        let steps = Steps say
        let scores = scores steps it
        let looking = defaultArg it.Data.Test it.Data.Train
        let chosen = Examine.chosen it.Recipe.Seed looking
        let labels = looking.Labels |> Option.map (fun all -> chosen |> Array.map (fun i -> all[i]))
        let trained, random =
            steps.Do (
                $"layers of {chosen.Length} images",
                fun () ->
                    Anatomy.ofImages it.Trained looking chosen, Anatomy.ofImages it.Random looking chosen
            )
        let gauges = steps.Do ("gauges", fun () -> gauges steps it looking chosen trained random)
        let likeness, changed =
            steps.Do (
                "likeness of layers",
                fun () ->
                    Anatomy.likeness trained trained,
                    List.map2 (fun (_, x) (_, y) -> Spectrum.cka x y) trained.Parts random.Parts
            )
        let exhibits = Sights.all steps it looking chosen labels trained random
        {
            Run = it.From
            Recipe = it.Recipe
            Data = it.Data.Name
            TrainImages = it.Data.Train.Count
            TestImages = it.Data.Test |> Option.map _.Count |> Option.defaultValue 0
            Step = it.Step
            Scores = scores
            Gauges = gauges
            Layers = trained.Parts |> List.map fst
            Likeness = likeness
            Changed = changed
            Spectra = [
                for name, anatomy in [ "trained", trained; "random", random ] do
                    for l in [ "h"; "z" ] do
                        $"{l}, {name}", Spectrum.eigenvalues (Anatomy.part l anatomy)
            ]
            Exhibits = exhibits
            Absent = steps.Notes
            Seconds = steps.Seconds
        }
