namespace Vantage

open TorchSharp

/// The whole battery on one run: every protocol, every gauge, every picture. A protocol joins by its line in `protocols`.
module Battery =
    // So many images pass through a copy while it is fine-tuned, at most, unless one epoch takes more.
    let private tunedImages = 60000

    // Fine-tuning on so many labelled images, for the published number of epochs or as many as `tunedImages` allows.
    let private tuned published word labelled =
        let batch = min labelled (max 8 (min 256 (labelled / 8)))
        word (max 1 (min published (tunedImages / labelled))) batch

    // A copy of the encoder, and one from behind the first activation of the projector, with 1, 10 and 100 % of the labels.
    let private fineTuned (recipe: Recipe) images classes =
        let few share published word = [
            let labelled = Protocol.labelled classes images share
            if labelled >= 2 then
                Protocol.FewLabels (share, tuned published word labelled)
        ]
        let (Head layers) = recipe.Projector
        let activation =
            layers
            |> List.tryFindIndex (fun layer -> layer = Layer.Relu || layer = Layer.Gelu)
        [
            yield! few (LabelShare.Balanced 1.0) 60 simclrFineTune
            yield! few (LabelShare.Random 1.0) 60 simclrFineTune
            yield! few (LabelShare.Balanced 10.0) 30 simclrFineTune
            tuned 10 simclrFineTune images
            match activation with
            | Some place -> yield! few (LabelShare.Balanced 1.0) 60 (simclr2FineTune (place + 1))
            | None -> ()
        ]

    // On crops, as published, a probe encodes its images as often as it has epochs: those of 1 % of the labels.
    let private onCrops images classes = [
        let share = LabelShare.Balanced 1.0
        let labelled = Protocol.labelled classes images share
        let batch = min labelled (max 8 (min 256 (labelled / 8)))
        for probe in [ simclrLinear; mocoLinear; byolLinear; dinoLinear ] do
            Protocol.FewLabels (share, augmented (probe batch))
    ]

    /// The set that a representation is transferred to where none is named: `glyphs`, which every machine has, and of a run on it Fashion-MNIST, where it is on this machine.
    let target (data: Dataset) =
        if data.Name = "glyphs" then
            Sets.locate "fashion-mnist" |> Option.map (fun _ -> "fashion-mnist")
        else
            Some "glyphs:5000:2000"

    // With the figures that the transfer protocol has: right answers, their mean over classes, 11-point average precision.
    let private transferred name (data: Dataset) =
        if data.Train.Marks.IsSome then
            [ knn (min 200 data.Train.Count) 0.1; linearProbe 1e-4 60; linearSweep 0.1 20 ]
            |> List.map meanPrecision
            |> transfer name
        else
            transfer name [
                knn (min 200 data.Train.Count) 0.1
                linearSweep 0.1 20
                perClass (linearProbe 1e-4 60)
                meanPrecision (linearProbe 1e-4 60)
            ]

    /// The protocols, for a recipe on so many training images of a set, and what of them is measured on another one where it is given by its name.
    let protocols (recipe: Recipe) images classes other =
        let batch = min 1024 images
        let isClassifier =
            match recipe.Objective with
            | Objective.Classify _ -> Head.width recipe.Projector = Some classes
            | _ -> false
        [
            knn 200 0.1
            linearProbe 1e-4 60
            linearSweep 0.1 20
            simclrLinear batch
            mocoLinear batch
            byolLinear batch
            dinoLinear batch
            for percent in [ 1.0; 2.0; 5.0; 10.0; 20.0; 50.0 ] do
                balancedLabels percent (linearProbe 1e-4 60)
            randomLabels 1.0 (linearProbe 1e-4 60)
            yield! onCrops images classes
            yield! fineTuned recipe images classes
            match other with
            | Some (name, data) -> yield! transferred name data
            | None -> ()
            yield!
                transformations 2000 [
                    Transformation.Grey
                    Transformation.Turned
                    Transformation.Noisy 0.1
                    Transformation.Sobel
                ]
            corrupted 500 Corruption.all (linearProbe 1e-4 60)
            if isClassifier then
                classifier
        ]

    // Raw pixels have so many dimensions that what fits many times over would take longer on them than all else, and no network to tune.
    let private quick protocol =
        match Protocol.core protocol with
        | Protocol.LinearSweep _
        | Protocol.LinearSgd _ -> false
        | _ -> not (Protocol.ofNetwork protocol)

    // What the classifier beside the run told of the test images at the end of its last epoch.
    let private online (steps: Steps) (it: Finished) =
        let measured =
            if it.IsOwn then
                Metrics.read it.From |> List.choose _.OnlineTest |> List.tryLast
            else
                None
        match measured with
        | Some share -> [ { Name = "online"; Trained = Some (100.0 * share); Random = None; Raw = None } ]
        | None ->
            steps.Absent
                "online: it learns beside a run. Train with onlineProbe among the protocols of the recipe, and evaluate on the set of the run."
            []

    // Every protocol on the trained network, the random one and raw pixels. A protocol that cannot be measured is noted with the reason.
    let private scores (steps: Steps) (it: Finished) protocols =
        let network (trainer: Trainer) = Measure.ofNetwork trainer.Viewer it.Recipe trainer.Network it.Data
        let few = List.filter quick protocols
        let count = 2 * List.length protocols + few.Length
        let at = ref 0
        let measure name protocols (subject: unit -> Examined) =
            use _ = torch.NewDisposeScope ()
            let each protocol (work: unit -> (string * float) list) =
                at.Value <- at.Value + 1
                try
                    steps.Do ($"[{at.Value}/{count}] {name}: {Protocol.name protocol}", work)
                with EvaluationException why ->
                    steps.Absent $"{Protocol.name protocol} of {name}: {why}"
                    []
            subject () |> Measure.runEach each protocols
        match it.Data.Train.Labels, it.Data.Test with
        | Some _, Some { Labels = Some _ } ->
            let trained = measure "the trained network" protocols (fun () -> network it.Trained)
            let random = measure "a random network" protocols (fun () -> network it.Random)
            let raw =
                measure "raw pixels" few (fun () -> Measure.ofPixels it.Trained.Viewer it.Recipe.Seed it.Data)
            let left = List.except few protocols |> List.map Protocol.name |> String.concat ", "
            steps.Absent
                $"{left} of raw pixels: with that many dimensions they take longer than all else, and a recipe that evaluates by them measures them; or they tune a network, and pixels have none."
            let find name rows = rows |> List.tryFind (fst >> (=) name) |> Option.map snd
            trained @ random @ raw
            |> List.map fst
            |> List.distinct
            |> List.map (fun name -> {
                Name = name
                Trained = find name trained
                Random = find name random
                Raw = find name raw
            })
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

    /// Everything that is measured of a run, beside another one where it is given, and of its transfer to the named set, else to `target`; `say` is told of each step when it is done.
    let run
        (say: string -> unit)
        (transfer: string option)
        (other: Finished option)
        (it: Finished)
        : Findings =
        use _ = torch.NewDisposeScope ()
        let steps = Steps say
        let transfer = transfer |> Option.orElse (target it.Data)
        if transfer.IsNone then
            steps.Absent "Transfer: there is no other set on this machine. Name one with --transfer."
        let protocols =
            transfer
            |> Option.map (fun name -> name, Sets.load name)
            |> protocols it.Recipe it.Data.Train.Count it.Data.Classes.Length
        let scores = scores steps it protocols @ online steps it
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
        let beside =
            other
            |> Option.map (fun other ->
                steps.Do (
                    $"likeness of layers with {other.From}",
                    fun () ->
                        let theirs = Anatomy.ofImages other.Trained looking chosen
                        other.From, List.map fst theirs.Parts, Anatomy.likeness trained theirs
                ))
        let exhibits = Sights.all steps it looking chosen labels trained random
        {
            Run = it.From
            Recipe = it.Recipe
            Data = it.Data.Name
            Transfer = transfer
            TrainImages = it.Data.Train.Count
            TestImages = it.Data.Test |> Option.map _.Count |> Option.defaultValue 0
            Step = it.Step
            Protocols = protocols
            Scores = scores
            Gauges = gauges
            Layers = trained.Parts |> List.map fst
            Likeness = likeness
            Changed = changed
            Beside = beside
            Spectra = [
                for name, anatomy in [ "trained", trained; "random", random ] do
                    for l in [ "h"; "z" ] do
                        $"{l}, {name}", Spectrum.eigenvalues (Anatomy.part l anatomy)
            ]
            Exhibits = exhibits
            Absent = steps.Notes
            Seconds = steps.Seconds
        }
