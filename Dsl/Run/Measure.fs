namespace Vantage

open System.Collections.Generic
open TorchSharp
open Vantage.Kernels

/// Runs protocols on a network or on raw pixels.
module Measure =
    let private refuse text = raise (EvaluationException text)

    let private pixels (x: torch.Tensor) = x.flatten 1L

    /// A network, as it is, on the images of a set.
    let ofNetwork (viewer: Viewer) (recipe: Recipe) (network: Network) data =
        network.Training <- false
        {
            Viewer = viewer
            Device = network.Weights.Device
            Seed = recipe.Seed
            Encode = network.Encode
            Network = Some (recipe, network)
            Data = data
        }

    /// Raw pixels, which k-NN measures by their angles: the training mean is taken off.
    let ofPixels (viewer: Viewer) seed (data: Dataset) =
        let mean =
            Scope.scoped (fun () ->
                let all = Probe.features viewer data.Train pixels torch.CPU
                all.mean([| 0L |], true).DetachFromDisposeScope())
        {
            Viewer = viewer
            Device = torch.CPU
            Seed = seed
            Encode = fun x -> pixels x - mean
            Network = None
            Data = data
        }

    // The training images whose labels a protocol may see.
    let rec private chosen seed classes labels =
        function
        | Protocol.FewLabels (share, _) -> Subset.ofShare seed classes share labels
        | Protocol.PerClass inner
        | Protocol.MeanPrecision inner -> chosen seed classes labels inner
        | _ -> Array.init labels.Length id

    // Scores of the test images by a protocol that needs the network.
    let private byNetwork
        (subject: Examined)
        (recipe, network: Network)
        (train, test: Split, labels)
        protocol
        =
        let classes = subject.Data.Classes.Length
        // The images whose labels may be seen.
        let allowed () =
            Probe.examineLabels classes train labels
            let images = chosen subject.Seed classes train protocol
            Probe.examineLabels classes (images |> Array.map (fun i -> train[i])) labels
            images
        match Protocol.core protocol with
        | Protocol.LinearCrops (settings, crop) ->
            let images = allowed ()
            network.Training <- false
            let features = Probe.features subject.Viewer test subject.Encode subject.Device
            CropProbe.scores
                subject.Seed
                settings
                crop
                subject.Encode
                subject.Device
                subject.Viewer
                subject.Data.Train
                train
                images
                features
                classes
        | Protocol.FineTune settings ->
            let images = allowed ()
            FineTuning.scores
                subject.Seed
                settings
                recipe
                network
                subject.Viewer
                subject.Data.Train
                train
                images
                test
                classes
        | _ ->
            network.Training <- false
            let said = Probe.features subject.Viewer test (network.Encode >> network.Project) subject.Device
            if said.shape[1] <> int64 classes then
                refuse
                    $"the network's classifier knows {said.shape[1]} classes, and {subject.Data.Name} has {classes}: it was trained on other labels. Measure it on the set that it was trained on."
            said

    // How well a hidden layer tells a transformation from h and, where there is a projector, from g(h); and how well the most frequent choice does.
    let private transformed (subject: Examined) transformation images =
        use _ = torch.NewDisposeScope ()
        match subject.Data.Test with
        | None -> []
        | Some test ->
            let name = Transformation.name transformation
            if transformation = Transformation.Grey && test.Channels <> 3 then
                refuse
                    $"{name}: images of {test.Channels} channels have no colour to lose. Ask for another transformation."
            let part number count split =
                Altered.some count split
                |> Altered.transformed subject.Viewer subject.Seed number transformation
            let train, test = part 1 images subject.Data.Train, part 2 (images / 2) test
            let classes = (Transformation.choices transformation).Length
            let tell from encode =
                let features split = Probe.features subject.Viewer split encode subject.Device
                let said =
                    HiddenProbe.scores
                        subject.Seed
                        (features train)
                        train.Labels.Value
                        (features test)
                        classes
                Probe.finite $"{name} from {from}" said
                $"{name} from {from}", Accuracy.top1 (Probe.largest said) test.Labels.Value
            let most = test.Labels.Value |> Array.countBy id |> Array.map snd |> Array.max
            [
                tell "h" subject.Encode
                match subject.Network with
                | Some (_, network) -> tell "g(h)" (subject.Encode >> network.Project)
                | None -> ()
                $"{name} by chance", 100.0 * float most / float test.Count
            ]

    // Mean and standard deviation of each figure.
    let private together count (rows: (string * float) list list) = [
        for same in List.transpose rows do
            let name = fst same.Head
            let values = same |> List.map snd
            let mean = List.average values
            let squares = values |> List.sumBy (fun v -> (v - mean) * (v - mean))
            $"{name} over {count} seeds", mean
            $"{name} over {count} seeds, deviation", sqrt (squares / float (count - 1))
    ]

    /// The figures of protocols, in percent, by name, in the order of the protocols. None where the set has no labels, and none of protocols that need a network where there is none.
    /// `each` is given each protocol with the work that measures it, and gives its figures: it may tell of it, or say why there are none.
    let runEach each (protocols: Protocol list) (subject: Examined) : (string * float) list =
        use _ = torch.NewDisposeScope ()
        // Sets, and features of them, are made once, when a protocol first looks at them.
        let sets = Dictionary<string, Dataset>()
        let made = Dictionary<string, Features option>()
        let marked = Dictionary<string, MarkedFeatures option>()
        let setNamed name =
            match sets.TryGetValue name with
            | true, data -> data
            | _ ->
                let data = Examined.another subject name
                sets[name] <- data
                data
        let featuresOf key (on: Examined) =
            match made.TryGetValue key with
            | true, found -> found
            | _ ->
                let found = Examined.features on on.Data
                found
                |> Option.iter (fun f ->
                    f.Train.DetachFromDisposeScope () |> ignore
                    f.Test.DetachFromDisposeScope () |> ignore)
                made[key] <- found
                found
        let markedOf key (on: Examined) =
            match marked.TryGetValue key with
            | true, found -> found
            | _ ->
                let found = Examined.markedFeatures on on.Data
                found
                |> Option.iter (fun f ->
                    f.Train.DetachFromDisposeScope () |> ignore
                    f.Test.DetachFromDisposeScope () |> ignore)
                marked[key] <- found
                found
        // Scores of test images, those of the set or others.
        let scores key (on: Examined) protocol (others: Split option) =
            match Examined.parts on.Data, on.Network with
            | Some (train, test, labels), Some network when Protocol.ofNetwork protocol ->
                let test = defaultArg others test
                Some (byNetwork on network (train, test, defaultArg test.Labels labels) protocol)
            | Some _, _ when not (Protocol.ofNetwork protocol) ->
                featuresOf key on
                |> Option.map (fun f ->
                    match others with
                    | None -> Probe.scores on.Seed protocol f
                    | Some split ->
                        use _ = torch.NewDisposeScope ()
                        let test = Probe.features on.Viewer split on.Encode on.Device
                        let changed = { f with Test = test; TestLabels = split.Labels.Value }
                        (Probe.scores on.Seed protocol changed).MoveToOuterDisposeScope())
            | _ -> None
        let corrupted key (on: Examined) images corruptions inner =
            match Examined.parts on.Data with
            | None -> []
            | Some (_, test, _) ->
                use _ = torch.NewDisposeScope ()
                let few = Altered.some images test
                let labels = few.Labels.Value
                let all = Altered.corrupted on.Viewer on.Seed corruptions few
                match scores key on inner (Some all) with
                | None -> []
                | Some scores ->
                    let n = int64 labels.Length
                    let figure place =
                        Probe.figure
                            inner
                            on.Data.Classes.Length
                            (scores.narrow (0L, int64 place * n, n))
                            labels
                    let rows = [
                        for place, corruption in List.indexed corruptions do
                            let name = $"{Protocol.name inner} {Corruption.name corruption}"
                            let each = List.init 5 (fun severity -> figure (5 * place + severity))
                            name, List.average each
                            for severity, value in List.indexed each do
                                $"{name} {severity + 1}", value
                    ]
                    // Each sixth row is a corruption's mean.
                    let mean =
                        rows
                        |> List.indexed
                        |> List.filter (fun (i, _) -> i % 6 = 0)
                        |> List.averageBy (snd >> snd)
                    ($"{Protocol.name inner} corrupted", mean) :: rows
        let rec rows key (on: Examined) protocol =
            match protocol with
            | Protocol.Transfer (name, inner) ->
                rows name { on with Data = setNamed name } inner
                |> List.map (fun (row, value) -> $"{row} on {name}", value)
            | Protocol.Seeds (count, inner) ->
                List.init count (fun i -> rows key { on with Seed = on.Seed + uint64 i } inner)
                |> together count
            | Protocol.Transformed (transformation, images) -> transformed on transformation images
            // It was measured while it learned.
            | Protocol.Online _ -> []
            | _ when (Examined.marks on.Data).IsSome -> [
                for features in Option.toList (markedOf key on) do
                    Protocol.name protocol, MarkedProbe.measure on.Seed protocol features
              ]
            | Protocol.Corrupted (images, corruptions, inner) -> corrupted key on images corruptions inner
            | _ ->
                use _ = torch.NewDisposeScope ()
                match scores key on protocol None, Examined.parts on.Data with
                | Some scores, Some (_, _, labels) -> [
                    Protocol.name protocol, Probe.figure protocol on.Data.Classes.Length scores labels
                  ]
                | _ -> []
        try
            protocols
            |> List.collect (fun protocol -> each protocol (fun () -> rows "" subject protocol))
        finally
            for features in made.Values |> Seq.choose id do
                features.Train.Dispose ()
                features.Test.Dispose ()
            for features in marked.Values |> Seq.choose id do
                features.Train.Dispose ()
                features.Test.Dispose ()

    /// The figures of protocols, as `runEach` has them.
    let run protocols subject = runEach (fun (_: Protocol) work -> work ()) protocols subject
