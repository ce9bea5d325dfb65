namespace Vantage

open TorchSharp
open Vantage.Kernels

/// What is measured on which images.
type Examined = {
    Viewer: Viewer
    Device: torch.Device
    Seed: uint64
    /// Images, as evaluation sees them, to representations.
    Encode: torch.Tensor -> torch.Tensor
    /// The network, for protocols that need more than representations; none for raw pixels.
    Network: (Recipe * Network) option
    Data: Dataset
}

/// Runs protocols on a network or on raw pixels.
module Measure =
    let private refuse text = raise (EvaluationException text)

    // An image with as many channels as the encoder takes: grey is repeated, colour becomes grey by the weights of `grayscale`.
    let private withChannels wanted (image: Image) =
        let area = image.Height * image.Width
        match image.Channels, wanted with
        | found, _ when found = wanted -> image
        | 1, 3 ->
            let values = Array.init (3 * area) (fun i -> float32 (image.At (i % area)))
            Image (values, 0, 3, image.Height, image.Width)
        | _ ->
            let grey i =
                0.2989 * image.At i
                + 0.587 * image.At (area + i)
                + 0.114 * image.At (2 * area + i)
            Image (Array.init area (grey >> float32), 0, 1, image.Height, image.Width)

    /// A set as an encoder takes it that was trained on images like those of a split: of the same size and channels. Raises EvaluationException where the set cannot be.
    let adapted (like: Split) (data: Dataset) : Dataset =
        let fit (split: Split) =
            match split.Channels, like.Channels with
            | found, wanted when found = wanted || (found = 1 && wanted = 3) || (found = 3 && wanted = 1) -> {
                split with
                    Channels = like.Channels
                    Height = like.Height
                    Width = like.Width
                    Read = split.Read >> withChannels like.Channels
                    Encoded = None
              }
            | found, wanted ->
                refuse
                    $"{data.Name} has images of {found} channels, and the encoder takes {wanted}: no rule brings one to the other. Use a set of {wanted} channels, or of 1 or 3."
        { data with Train = fit data.Train; Test = data.Test |> Option.map fit }

    // The parts of a set that protocols need.
    let private parts (data: Dataset) =
        match data.Train.Labels, data.Test with
        | Some train, Some ({ Labels = Some labels } as test) -> Some (train, test, labels)
        | _ -> None

    // Another set for a protocol, which must have all that a protocol needs.
    let private another (subject: Examined) name =
        let data = adapted subject.Data.Train (Sets.load name)
        match parts data with
        | Some _ -> data
        | None ->
            refuse
                $"{name} has no labelled test images or no labels for its training images, and a transfer needs both. Use another set."

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

    let private features (subject: Examined) (data: Dataset) : Features option =
        parts data
        |> Option.map (fun (train, test, labels) -> {
            Train = Probe.features subject.Viewer data.Train subject.Encode subject.Device
            TrainLabels = train
            Test = Probe.features subject.Viewer test subject.Encode subject.Device
            TestLabels = labels
            Classes = data.Classes.Length
        })

    // The training images whose labels a protocol may see.
    let rec private chosen seed classes labels =
        function
        | Protocol.FewLabels (share, _) -> Subset.ofShare seed classes share labels
        | Protocol.PerClass inner
        | Protocol.MeanPrecision inner
        | Protocol.Transfer (_, inner) -> chosen seed classes labels inner
        | _ -> Array.init labels.Length id

    // A protocol that needs the network.
    let private byNetwork (subject: Examined) (data: Dataset) protocol =
        match subject.Network, parts data with
        | Some (recipe, network), Some (train, test, labels) ->
            let classes = data.Classes.Length
            use _ = torch.NewDisposeScope ()
            let scores =
                match Protocol.core protocol with
                | Protocol.FineTune settings ->
                    let images = chosen subject.Seed classes train protocol
                    Probe.examineLabels classes (images |> Array.map (fun i -> train[i])) labels
                    FineTuning.scores
                        subject.Seed
                        settings
                        recipe
                        network
                        subject.Viewer
                        data.Train
                        train
                        images
                        test
                        classes
                | _ ->
                    network.Training <- false
                    Probe.features subject.Viewer test (network.Encode >> network.Project) subject.Device
            [ Protocol.name protocol, Probe.figure protocol classes scores labels ]
        | _ -> []

    /// The figures of protocols, in percent, by name, in the order of the protocols. None where the set has no labels, and none of protocols that need a network where there is none.
    let run (protocols: Protocol list) (subject: Examined) : (string * float) list =
        use _ = torch.NewDisposeScope ()
        let set =
            function
            | Protocol.Transfer (name, _) -> Some name
            | _ -> None
        // The features of each set are made once, and only where a protocol looks at them.
        let data =
            protocols
            |> List.choose set
            |> List.distinct
            |> List.map (fun name -> name, another subject name)
            |> Map
        let dataOf protocol =
            match set protocol with
            | Some name -> data[name]
            | None -> subject.Data
        let made =
            protocols
            |> List.filter (Protocol.ofNetwork >> not)
            |> List.map set
            |> List.distinct
            |> List.map (fun name ->
                let own = name |> Option.map (fun name -> data[name]) |> Option.defaultValue subject.Data
                name, features subject own)
            |> Map
        protocols
        |> List.collect (fun protocol ->
            if Protocol.ofNetwork protocol then
                byNetwork subject (dataOf protocol) protocol
            else
                match made[set protocol] with
                | Some features -> [ Protocol.name protocol, Probe.measure subject.Seed protocol features ]
                | None -> [])
