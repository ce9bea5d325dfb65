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

/// What protocols need of a set, and its features.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Examined =
    let private refuse text = raise (EvaluationException text)

    /// The labels of the training images, the test images and their labels; none where a set has not all of them.
    let parts (data: Dataset) =
        let belong name (split: Split) (labels: int array) =
            if labels.Length <> split.Count then
                refuse
                    $"the {name} part of {data.Name} has {split.Count} images and {labels.Length} labels: they are not of one set. Give one label for each image."
        match data.Train.Labels, data.Test with
        | Some train, Some ({ Labels = Some labels } as test) ->
            belong "training" data.Train train
            belong "test" test labels
            Some (train, test, labels)
        | _ -> None

    /// The same with marks, of a set whose images show several classes.
    let marks (data: Dataset) =
        match data.Train.Marks, data.Test with
        | Some train, Some ({ Marks = Some marks } as test) -> Some (train, test, marks)
        | _ -> None

    /// Another set for a protocol, as the encoder takes it. Raises EvaluationException where it lacks what a protocol needs.
    let another (subject: Examined) name =
        let data = Adapted.toLike subject.Data.Train (Sets.load name)
        match parts data, marks data with
        | Some _, _
        | _, Some _ -> data
        | _ ->
            refuse
                $"{name} has no labelled test images or no labels for its training images, and a transfer needs both. Use another set."

    /// Features of a set's two parts, with labels.
    let features (subject: Examined) (data: Dataset) : Features option =
        parts data
        |> Option.map (fun (train, test, labels) -> {
            Train = Probe.features subject.Viewer data.Train subject.Encode subject.Device
            TrainLabels = train
            Test = Probe.features subject.Viewer test subject.Encode subject.Device
            TestLabels = labels
            Classes = data.Classes.Length
        })

    /// Features of a set's two parts, with marks.
    let markedFeatures (subject: Examined) (data: Dataset) : MarkedFeatures option =
        marks data
        |> Option.map (fun (train, test, marks) -> {
            Classes = data.Classes
            Train = Probe.features subject.Viewer data.Train subject.Encode subject.Device
            TrainMarks = train
            Test = Probe.features subject.Viewer test subject.Encode subject.Device
            TestMarks = marks
        })
