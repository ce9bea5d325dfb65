/// FsCheck generators of the language's values, and small sets to train on.
module Vantage.Tests.Generators

open FsCheck
open FsCheck.FSharp
open Vantage
open Vantage.Kernels

/// A small whole number, both ends included.
let whole low high = Gen.choose (low, high)

/// A number that a person would write: thousandths from low to high.
let number low high =
    Gen.choose (int (low * 1000.0), int (high * 1000.0))
    |> Gen.map (fun n -> float n / 1000.0)

let private range low high =
    Gen.oneof [
        number low high |> Gen.map Distribution.Exactly
        Gen.two (number low high)
        |> Gen.map (fun (a, b) -> Distribution.Uniform (min a b, max a b))
        Gen.two (number (max low 0.01) high)
        |> Gen.map (fun (a, b) -> Distribution.LogUniform (min a b, max a b))
    ]

let private span low high =
    Gen.two (number low high)
    |> Gen.map (fun (a, b) -> Distribution.Uniform (min a b, max a b))

let private warpOf = gen {
    let! degrees = span -180.0 180.0
    let! right = span -0.3 0.3
    let! down = span -0.3 0.3
    let! scale = span 0.5 2.0
    let! shear = span -30.0 30.0
    let! fill = number 0.0 1.0
    return {
        warp with
            Degrees = degrees
            Right = right
            Down = down
            Scale = scale
            ShearX = shear
            ShearY = shear
            Fill = fill
    }
}

/// Operations on images of one channel or three that keep the size.
let private anyColours =
    Gen.oneof [
        range 0.0 2.0 |> Gen.map Augmentation.Brightness
        span -1.0 1.0 |> Gen.map Augmentation.AddBrightness
        range 0.0 2.0 |> Gen.map Augmentation.Contrast
        range 0.0 2.0 |> Gen.map Augmentation.ContrastByChannel
        range 0.0 2.0 |> Gen.map Augmentation.Saturation
        range 0.0 2.0 |> Gen.map Augmentation.Sharpness
        span -0.5 0.5 |> Gen.map Augmentation.Hue
        Gen.elements [
            Augmentation.Grayscale
            Augmentation.FlipHorizontal
            Augmentation.FlipVertical
            Augmentation.QuarterTurns 2
            Augmentation.Invert
            Augmentation.Sobel
            Augmentation.Solarize (Distribution.Exactly 0.5)
        ]
        range 0.1 2.0 |> Gen.map (fun d -> Augmentation.Blur (d, None))
        range 0.0 3.0 |> Gen.map Augmentation.BoxBlur
        range 0.0 0.3 |> Gen.map Augmentation.Noise
        warpOf |> Gen.map Augmentation.Affine
        Gen.map2 (fun side value -> Augmentation.Cutout (side * 1<px>, value)) (whole 1 12) (number 0.0 1.0)
        number 0.0 1.0
        |> Gen.map (fun value ->
            Augmentation.RandomErasing (
                Distribution.Uniform (0.02, 0.5),
                Distribution.LogUniform (0.3, 3.3),
                value
            ))
    ]

/// Those, and those that need three.
let private colour =
    Gen.frequency [
        8, anyColours
        1,
        Gen.elements [
            Augmentation.DropChannels 1
            Augmentation.DropChannels 2
            Augmentation.ShuffleChannels
        ]
    ]

let rec private stepsOf leaf size =
    if size <= 1 then
        leaf
    else
        let several count = Gen.listOfLength count (stepsOf leaf (size / count))
        Gen.frequency [
            4, leaf
            1, several 2 |> Gen.map Augmentation.Sequence
            1, several 3 |> Gen.map Augmentation.AnyOrder
            1,
            Gen.map2
                (fun p inner -> Augmentation.Sometimes (p, inner))
                (Gen.frequency [ 4, number 0.0 1.0; 1, Gen.elements [ 0.0; 1.0 ] ])
                (stepsOf leaf (size / 2))
            1,
            Gen.map2
                (fun weights inner -> Augmentation.OneOf (List.zip weights inner))
                (Gen.elements [ [ 1.0; 1.0; 1.0 ]; [ 0.5; 0.0; 2.0 ] ])
                (several 3)
            1, Gen.map2 (fun count inner -> Augmentation.Pick (count, inner)) (whole 0 3) (several 3)
        ]

let private steps size = stepsOf colour size

let private someCrop =
    Gen.map3
        (fun size (a, b) resampling ->
            Augmentation.Crop (
                size * 1<px>,
                Distribution.Uniform (min a b, max a b),
                Distribution.LogUniform (0.75, 4.0 / 3.0),
                resampling
            ))
        (whole 1 20)
        (Gen.two (number 0.05 1.0))
        (Gen.elements [
            Resampling.Bilinear
            Resampling.BilinearPlain
            Resampling.Bicubic
            Resampling.BicubicPlain
        ])

/// Any tree of steps without a crop.
let augmentation = Gen.sized (fun size -> steps (1 + size / 8))

/// A whole view: a crop, some steps, a standardization; `check` finds nothing wrong with it.
let view =
    Gen.map3
        (fun first inner (mean, deviation) ->
            Augmentation.augment [
                first
                Augmentation.augment inner
                Augmentation.Standardize ([ mean ], [ deviation ])
            ])
        someCrop
        (Gen.listOf augmentation |> Gen.map (List.truncate 4))
        (Gen.zip (number 0.0 1.0) (number 0.1 1.0))

/// Any tree for images of one channel too, a crop first or not.
let anyTree =
    Gen.sized (fun size ->
        Gen.map2
            (fun first rest -> augment [ first; rest ])
            (Gen.oneof [ Gen.constant identity; someCrop ])
            (stepsOf anyColours (1 + size / 8)))

/// Augmentations for properties.
type Trees =
    static member Augmentation() = Arb.fromGenShrink (augmentation, Trial.smaller)

/// A tree and three images of one size, of one channel or three.
type SizedTree = { Tree: Augmentation; Channels: int; Height: int; Width: int; Seed: uint64 }

/// What this engine makes of the images, before standardization.
let renderedBy (engine: IViewEngine) case =
    let length = case.Channels * case.Height * case.Width
    let pixels = Array.init (3 * length) (fun i -> byte (Philox.Bits (case.Seed, 9, int64 i, 0, 0)))
    let images = Array.init 3 (fun i -> Image (pixels, i * length, case.Channels, case.Height, case.Width))
    let draws = Array.init 3 (fun i -> { Seed = case.Seed; Epoch = 0; Image = int64 i; View = 0 })
    let values, _ = Views.ofPlan engine (Plan.ofAugmentation case.Tree) images draws 1
    Array.map float values

/// Three taps, over a tenth of 20 rows or more, reflect one pixel on each side.
let private blurs tree =
    Augmentation.parts tree
    |> List.exists (function
        | Augmentation.Blur _ -> true
        | _ -> false)

/// Trees with images of odd sizes. A blur over a tenth of the height fits every size.
type Sized =
    static member SizedTree() =
        let sides = Gen.elements [ 1; 1; 2; 3; 5; 7; 11; 13; 16; 17; 23; 31; 37 ]
        gen {
            let! channels = Gen.elements [ 1; 3; 3 ]
            let! tree = if channels = 1 then anyTree else Gen.oneof [ anyTree; augmentation ]
            let! height = sides
            let! width = sides
            let! seed = Gen.choose (0, 1 <<< 30)
            let width = if blurs tree then max 2 width else width
            return { Tree = tree; Channels = channels; Height = height; Width = width; Seed = uint64 seed }
        }
        |> fun generator ->
            Arb.fromGenShrink (
                generator,
                fun case -> Trial.smaller case.Tree |> Seq.map (fun tree -> { case with Tree = tree })
            )

/// The setting of properties over augmentations.
let trees = { Expecto.FsCheckConfig.defaultConfig with arbitrary = [ typeof<Trees> ]; maxTest = 200 }

/// A small set: `classes` patterns, noise, `count` images of channels x size x size.
let patterns name count channels size classes : Split =
    let pixels =
        Array.init (count * channels * size * size) (fun i ->
            let image = i / (channels * size * size)
            let x, y = i % size, i / size % size
            let wave =
                sin (float (x * (1 + image % classes)) * 0.7)
                + cos (float (y * (classes - image % classes)) * 0.5)
            let noise = float (Philox.Uniform (7UL, 0, int64 i, 0, 0)) - 0.5
            byte (max 0.0 (min 255.0 (127.0 + 50.0 * wave + 60.0 * noise))))
    {
        Name = name
        Count = count
        Channels = channels
        Height = size
        Width = size
        Labels = Some (Array.init count (fun i -> i % classes))
        Read = fun i -> Image (pixels, i * channels * size * size, channels, size, size)
        Marks = None
        Encoded = None
    }

/// A recipe that trains in a blink: 16 px views, a small encoder, batches of 8.
let small: Recipe = {
    Name = "small"
    Source = arxiv "2002.05709" "equation 1"
    Data = "patterns"
    OnCorrupt = stop
    Views =
        globals
            2
            (augment [
                crop 16<px> (between 0.3 1.0)
                flip
                sometimes 0.8 (jitter {| Brightness = 0.4; Contrast = 0.4; Saturation = 0.4; Hue = 0.1 |})
                standardize [ 0.5 ] [ 0.25 ]
            ])
    Encoder = compactResNet [ 8; 16 ] 1
    Projector = head [ linearNoBias 16; batchNorm; relu; linear 8 ]
    Passes = together
    Avoid = [ repel inBatch ]
    Objective = ntXent 0.5
    Optimizer = { Rule = Rule.AdamW; Rate = warmup 1<epoch> (cosine 3e-3 0.0); Decay = 1e-4 }
    Precision = float32s
    Batch = 8
    Epochs = 3<epoch>
    Seed = 5UL
    Evaluate = [ knn 5 0.1; linearProbe 1e-4 20 ]
}

/// A corrupt image in a file of this name.
let corrupt file = DataError.CorruptImage (file, 0L, "IncompleteInput")
