namespace Vantage

open System
open FsCheck
open FsCheck.FSharp
open Vantage.Kernels

/// One trial of a law: a tree and a few images of one size.
type Trial = {
    Tree: Augmentation
    Channels: int
    Height: int
    Width: int
    Images: byte array list
    Seed: uint64
}

/// Trials: how they are made, made smaller, rendered and told.
module Trial =
    /// Trees with one part less, or one part put in place of the whole: what shrinking tries.
    let rec smaller (tree: Augmentation) : Augmentation seq = seq {
        yield! Augmentation.inside tree
        let without inner = inner |> Seq.mapi (fun i _ -> List.removeAt i inner)
        let instead inner =
            inner
            |> Seq.mapi (fun i step -> smaller step |> Seq.map (fun s -> List.updateAt i s inner))
            |> Seq.concat
        match tree with
        | Augmentation.Sequence inner ->
            yield! Seq.append (without inner) (instead inner) |> Seq.map Augmentation.augment
        | Augmentation.AnyOrder inner when inner.Length > 1 ->
            yield! Seq.append (without inner) (instead inner) |> Seq.map Augmentation.AnyOrder
        | Augmentation.Sometimes (p, inner) ->
            yield! smaller inner |> Seq.map (fun s -> Augmentation.Sometimes (p, s))
        | _ -> ()
    }

    let private image trial (pixels: byte array) =
        Image (pixels, 0, trial.Channels, trial.Height, trial.Width)

    let internal shapeOf trial plan = Views.shape trial.Channels trial.Height trial.Width plan

    let private draws trial i = { Seed = trial.Seed; Epoch = 0; Image = int64 i; View = 0 }

    /// The views of a trial's images and the table that made them.
    let internal render engine plan trial (numbers: int array) threads =
        let images =
            numbers
            |> Array.map (fun i -> image trial trial.Images[i % trial.Images.Length])
        Views.ofPlan engine plan images (Array.map (draws trial) numbers) threads

    let private pixels channels height width =
        Gen.choose (0, 255)
        |> Gen.map byte
        |> Gen.arrayOfLength (channels * height * width)

    let internal trialOf tree channels sizes = gen {
        let! height, width = sizes
        let! images = Gen.listOfLength 3 (pixels channels height width)
        let! seed = Gen.choose (0, Int32.MaxValue)
        return {
            Tree = tree
            Channels = channels
            Height = height
            Width = width
            Images = images
            Seed = uint64 seed
        }
    }

    /// Smaller trees first, then smaller and flatter images.
    let internal shrink trial = seq {
        yield!
            smaller trial.Tree
            |> Seq.filter (fun tree -> (CheckView.errors tree).IsEmpty)
            |> Seq.map (fun tree -> { trial with Tree = tree })
        let cut height width =
            let keep (pixels: byte array) =
                Array.init (trial.Channels * height * width) (fun i ->
                    let c, y, x = i / (height * width), i / width % height, i % width
                    pixels[(c * trial.Height + y) * trial.Width + x])
            { trial with Height = height; Width = width; Images = List.map keep trial.Images }
        let sizes = [
            trial.Height / 2, trial.Width
            trial.Height, trial.Width / 2
            trial.Height - 1, trial.Width
            trial.Height, trial.Width - 1
        ]
        yield!
            sizes
            |> Seq.filter (fun (h, w) -> h > 0 && w > 0 && (h < trial.Height || w < trial.Width))
            |> Seq.map (fun (h, w) -> cut h w)
        if trial.Images |> List.exists (Array.exists (fun p -> p > 1uy)) then
            yield { trial with Images = trial.Images |> List.map (Array.map (fun p -> p / 2uy)) }
    }

    let private sizes = Gen.elements [ 1, 1; 1, 7; 5, 1; 7, 11; 13, 13; 17, 16; 31, 29; 32, 32; 33, 47 ]

    /// Image sizes that the tree allows: any where it ends in a size of its own or keeps the image's; large enough for its grids.
    let internal sizesFor tree =
        let needs =
            Augmentation.parts tree
            |> List.map (function
                | Augmentation.CenterCrop size -> int size
                | _ -> 1)
            |> List.max
        if needs = 1 then
            sizes
        else
            sizes |> Gen.map (fun (h, w) -> max h needs, max w needs)

    let internal describe trial (fault: string) (lower: Augmentation -> Plan) =
        let plan = lower trial.Tree
        let table = Array.zeroCreate<Step> plan.Slots
        Draw.row plan (draws trial 0) trial.Height trial.Width table 0
        let rows =
            table
            |> Array.filter (fun s -> s.Operation <> Operation.None)
            |> Array.map (fun s -> $"    {s.Operation} {s.A} {s.B} {s.C} {s.D} {s.E} {s.F} {s.G}")
        String.concat "\n" [
            fault
            $"  tree   {Print.augmentation trial.Tree}"
            $"  images {trial.Images.Length} of {trial.Channels} x {trial.Height} x {trial.Width}, seed {trial.Seed}; the first is {Convert.ToHexString (Array.truncate 48 trial.Images.Head)}"
            "  steps of the first"
            yield! rows
        ]
