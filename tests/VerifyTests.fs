/// Verification of augmentations: right engines pass, planted faults are caught and shrunk.
module Vantage.Tests.VerifyTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open Vantage
open Vantage.Kernels
open Vantage.Kernels.Reference

/// The reference, but for the steps that `wrong` does its own way.
type private Planted(wrong: Step -> Picture -> Picture option, pickSteps: int -> int) =
    let render (images: ReadOnlyMemory<Image>) (steps: ReadOnlyMemory<Step>) slots (shape: ViewShape) put =
        for i in 0 .. images.Length - 1 do
            let mutable picture = Picture.Of (images.Span[i])
            for k in 0 .. slots - 1 do
                let step = steps.Span[pickSteps i * slots + k]
                picture <-
                    wrong step picture
                    |> Option.defaultWith (fun () -> picture.Do (step, shape.Height, shape.Width))
            Standardize.Apply (picture.Values, shape.Mean, shape.Deviation)
            |> Array.iteri (fun k x -> put (i * shape.Length + k) (float32 x))
    interface IViewEngine with
        member _.Name = "planted"
        member _.Render(images, steps, slots, shape, destination: Memory<float32>, _threads: int) =
            render images steps slots shape (fun k x -> destination.Span[k] <- x)
        member _.Render(images, steps, slots, shape, destination: Memory<BFloat16>, _threads: int) =
            render images steps slots shape (fun k x -> destination.Span[k] <- BFloat16.From x)

let private wrong operation (f: Step -> Picture -> float array) =
    Planted (
        (fun step picture ->
            if step.Operation = operation then
                Some (Picture (f step picture, picture.Channels, picture.Height, picture.Width))
            else
                None),
        id
    )

let private offByOne =
    Planted (
        (fun step picture ->
            if
                step.Operation = Operation.Crop
                && float step.A + float step.C < float picture.Height
            then
                let moved =
                    Step (step.Operation, step.A + 1f, step.B, step.C, step.D, step.E, step.F, step.G)
                Some (picture.Do (moved, 1, 1))
            else
                None),
        id
    )

/// HSV and back, without bringing the turned hue back into one turn.
let private noWrap =
    wrong Operation.Hue (fun step p ->
        let plane = p.Height * p.Width
        let result = Array.copy p.Values
        if p.Channels = 3 then
            for i in 0 .. plane - 1 do
                let r, g, b = p.Values[i], p.Values[plane + i], p.Values[2 * plane + i]
                let v = max r (max g b)
                let c = v - min r (min g b)
                let h =
                    if c = 0.0 then 0.0
                    elif v = r then (g - b) / c
                    elif v = g then 2.0 + (b - r) / c
                    else 4.0 + (r - g) / c
                for channel, n in [ 0, 5.0; 1, 3.0; 2, 1.0 ] do
                    let k = n + h + 6.0 * float step.A
                    result[channel * plane + i] <- v - c * (min k (4.0 - k) |> min 1.0 |> max 0.0)
        result)

/// Weights by the Gaussian's own integral, not by their sum.
let private notNormalized =
    wrong Operation.Blur (fun step p ->
        let sigma, taps = float step.A, int step.B
        let sum = List.sum [ for k in -taps / 2 .. taps / 2 -> exp (-0.5 * (float k / sigma) ** 2.0) ]
        let gain = if sigma = 0.0 then 1.0 else (sum / (sigma * sqrt (2.0 * Math.PI))) ** 2.0
        Blur.Apply (p.Values, p.Channels, p.Height, p.Width, sigma, taps)
        |> Array.map (fun x -> min 1.0 (x * gain)))

let private perBatch = Planted ((fun _ _ -> None), (fun _ -> 0))

/// The second random operation of a plan reads the draws of the first.
let private reused tree =
    let plan = Plan.ofAugmentation tree
    let mutable first = None
    let rec share planned =
        planned
        |> List.map (function
            | Planned.Do (site, 1, slots, operation) ->
                match first with
                | None ->
                    first <- Some site
                    Planned.Do (site, 1, slots, operation)
                | Some earlier -> Planned.Do (earlier, 1, slots, operation)
            | Planned.Gate (site, p, inside) -> Planned.Gate (site, p, share inside)
            | Planned.Shuffle (site, branches) -> Planned.Shuffle (site, List.map share branches)
            | other -> other)
    { plan with Steps = share plan.Steps }

let private simclr =
    augment [ crop 16<px> (between 0.2 1.0); flip; colorDistortion 1.0; blurTaps 3 (between 0.1 2.0) ]

let private broken verdicts =
    verdicts
    |> List.choose (fun v -> v.Counterexample |> Option.map (fun text -> v.Law, text))

let private caught name engine lower (laws: string list) (word: string) =
    testCase $"{name} is caught" (fun () ->
        let trees = Gen.constant simclr
        let found = Verify.engine engine lower 100 3 trees |> broken
        for law in laws do
            match List.tryFind (fst >> (=) law) found with
            | None -> failtest $"{law} held; broken were {List.map fst found}"
            | Some (_, text) ->
                // Shrinking leaves the operation at fault and next to nothing else.
                Expect.stringContains text word "the fault is named"
                let tree = text.Split '\n' |> Array.find (fun line -> line.Trim().StartsWith "tree")
                let operations = tree.Split "Augmentation." |> Array.length |> (+) -1
                Expect.isLessThanOrEqual operations 3 $"shrunk to {tree}")

[<Tests>]
let tests =
    testList "Verify" [
        testCase "SimCLR's view keeps every law" (fun () ->
            let verdicts = Verify.augmentation simclr
            Expect.isEmpty (broken verdicts) (Verify.report verdicts)
            Expect.all verdicts (fun v -> v.Trials = 100) "every law was tried")

        testCase "the published policies keep every law" (fun () ->
            for name, policy in
                [
                    "RandAugment", randAugment 2 9
                    "RandAugment of FixMatch", augment [ randAugmentHalf 2; cutout 16<px> ]
                    "AutoAugment", autoAugment
                    "CMC", augment [ crop 16<px> (between 0.2 1.0); flip; lab; keepChannels 1 2 ]
                    "PIRL", augment [ crop 15<px> (between 0.6 1.0); colorDistortion 0.5; jigsaw 3 4<px> ]
                    "CPC", augment [ crop 16<px> (between 0.2 1.0); patches 8<px> 4<px> ]
                    "iBOT", augment [ crop 32<px> (between 0.25 1.0); maskBlocks 4<px> (between 0.1 0.5) 4 ]
                    "CAN", augment [ crop 32<px> (between 0.25 1.0); noise 0.05; maskPatches 4<px> 0.5 ]
                    "BYOL",
                    augment [
                        cropBicubic 16<px> (between 0.08 1.0)
                        flip
                        boxBlur (between 0.1 2.0)
                        sometimes 0.2 (solarize 0.5)
                    ]
                    "evaluation", augment [ resize 24<px>; centerCrop 21<px> ]
                ] do
                let verdicts = Verify.augmentationOn (ViewEngine.Best ()) 30 3 policy
                Expect.isEmpty (broken verdicts) $"{name}: {Verify.report verdicts}")

        caught
            "an off-by-one crop"
            offByOne
            Plan.ofAugmentation
            [ "the engine does what the reference means" ]
            "Crop"
        caught
            "a hue that forgets to wrap around"
            noWrap
            Plan.ofAugmentation
            [ "the engine does what the reference means" ]
            "Hue"
        caught
            "a blur that forgets to renormalise"
            notNormalized
            Plan.ofAugmentation
            [ "the engine does what the reference means" ]
            "Blur"
        caught
            "a draw reused between two sites"
            ViewEngine.Reference
            reused
            [ "every draw decides one thing" ]
            "decides two things"
        caught
            "a per-batch instead of a per-image parameter"
            perBatch
            Plan.ofAugmentation
            [
                "the engine does what the reference means"
                "a view made alone is the view made in a batch"
                "a permuted batch gives permuted views"
            ]
            "Augmentation."

        testCase "what was never tried does not hold" (fun () ->
            // 201 taps reflect 100 pixels: more than the images of a trial have.
            let verdicts = Verify.augmentation (blurTaps 201 (exactly 1.0))
            Expect.all verdicts (fun v -> v.Trials = 0) "no trial"
            Expect.equal (broken verdicts).Length verdicts.Length (Verify.report verdicts))

        testCase "a tree that check refuses is refused with its errors" (fun () ->
            let refused tree =
                try
                    Verify.augmentation tree |> ignore
                    ""
                with :? ArgumentException as e ->
                    e.Message
            Expect.stringContains (refused (sometimes 1.5 flip)) "1.5" "the value is named")
    ]
