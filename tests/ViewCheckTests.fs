/// What `check` says about views, before anything is drawn.
module Vantage.Tests.ViewCheckTests

open System
open Expecto
open Vantage

let private images = { Images = 100; Channels = 3; Height = 32<px>; Width = 40<px> }

/// What is wrong with a view, and the words that the message must hold.
let private wrong: (string * Augmentation * string list) list = [
    "a crop of 0 px", crop 0<px> (between 0.1 1.0), [ "0 px"; "at least 1" ]
    "a probability above 1", sometimes 1.5 grayscale, [ "1.5"; "[0, 1]" ]
    "a probability of NaN", sometimes nan grayscale, [ "NaN" ]
    "an empty choice", oneOf [], [ "nothing to choose" ]
    "an empty order", anyOrder [], [ "nothing to choose" ]
    "weights that sum to 0", oneOfWeighted [ 0.0, grayscale; 0.0, invert ], [ "weights"; "above 0" ]
    "a negative weight", oneOfWeighted [ -1.0, grayscale; 2.0, invert ], [ "-1" ]
    "more picks than steps", pick 3 [ grayscale; invert ], [ "pick 3"; "0 .. 2" ]
    "an area of NaN", crop 8<px> (between nan 1.0), [ "nan"; "Crop" ]
    "an area above the image", crop 8<px> (between 0.5 1.5), [ "1.5" ]
    "a distribution upside down", Augmentation.Brightness (between 2.0 1.0), [ "2.0"; "1.0" ]
    "a negative deviation", noise -0.1, [ "0.1"; "Noise" ]
    "nine bits", posterize 9, [ "9"; "1 .. 8" ]
    "an even number of taps", blurTaps 4 (exactly 1.0), [ "4" ]
    "a fill outside [0, 1]", affine { warp with Fill = 2.0 }, [ "2"; "[0, 1]" ]
    "a scale of 0", affine { warp with Scale = exactly 0.0 }, [ "0.0"; "Affine" ]
    "a shear of 90 degrees", affine { warp with ShearX = exactly 90.0 }, [ "90" ]
    "all channels dropped", dropChannels 3, [ "DropChannels (3)"; "1 .. 2" ]
    "a cutout of 0 px", cutout 0<px>, [ "0<px>"; "at least 1" ]
    "a mask that does not divide",
    augment [ crop 30<px> (between 0.1 1.0); maskPatches 4<px> 0.5 ],
    [ "30 x 30"; "divide" ]
    "a mask of an unknown size", maskPatches 4<px> 0.5, [ "MaskPatches"; "crop" ]
    "a jigsaw that does not divide",
    augment [ crop 16<px> (between 0.1 1.0); jigsaw 3 4<px> ],
    [ "16 x 16"; "Jigsaw" ]
    "a jigsaw with too large patches",
    augment [ crop 15<px> (between 0.1 1.0); jigsaw 3 6<px> ],
    [ "15 x 15" ]
    "a patch grid that does not divide",
    augment [ crop 17<px> (between 0.1 1.0); patches 8<px> 4<px> ],
    [ "17 x 17" ]
    "steps after tiles",
    augment [ crop 16<px> (between 0.1 1.0); patches 8<px> 4<px>; grayscale ],
    [ "PatchGrid"; "last step" ]
    "a resize by chance", sometimes 0.5 (resize 20<px>), [ "Resize"; "whatever is drawn" ]
    "Lab by chance", sometimes 0.5 lab, [ "Lab" ]
    "a size that depends on each image", resize 20<px>, [ "longer side"; "centerCrop" ]
    "a centre larger than the image", centerCrop 33<px>, [ "33"; "32 x 40" ]
    "a crop larger than the image", crop 33<px> (between 0.1 1.0), [ "33"; "32 x 40" ]
    "turns of an uneven image", Augmentation.QuarterTurns 1, [ "32 x 40" ]
    "channels that are not there", keepChannels 2 2, [ "KeepChannels"; "3" ]
    "means for other channels", standardize [ 0.1; 0.2 ] [ 1.0; 1.0 ], [ "2 values"; "3 channels" ]
]

let private messages (shape: ImageShape) view =
    CheckView.errors view @ CheckView.onImages shape view |> List.map Check.message

[<Tests>]
let tests =
    testList "Checked views" [
        for name, view, words in wrong do
            testCase name (fun () ->
                let found = messages images view
                Expect.hasLength found 1 (String.Join ("\n", found))
                for word in words do
                    Expect.stringContains found.Head word "the message names the value")

        testCase "colour steps on grey images" (fun () ->
            for view in [ lab; dropChannels 1; shuffleChannels ] do
                let found = messages { images with Channels = 1 } view
                Expect.hasLength found 1 (String.Join ("\n", found))
                Expect.stringContains found.Head "3 channels" "what is needed")

        testCase "all errors at once" (fun () ->
            let found = messages images (augment [ sometimes 2.0 grayscale; posterize 0; cutout 0<px> ])
            Expect.hasLength found 3 (String.Join ("\n", found)))

        testCase "views of several sizes have shapes of their own" (fun () ->
            let view size = augment [ crop size (between 0.1 1.0); flip ]
            let recipe = { Generators.small with Views = multiCrop [ 2, view 32<px> ] [ 3, view 16<px> ] }
            let split = Generators.patterns "sizes" 4 3 32 2
            let viewer = Views.viewer (Kernels.ViewEngine.Best ()) 3 32 32 recipe
            Expect.equal (viewer.Shapes |> List.map _.Height) [ 32; 32; 16; 16; 16 ] "sizes"
            let starts = Views.offsets viewer 4
            Expect.equal (Array.last starts) (4 * 3 * (2 * 32 * 32 + 3 * 16 * 16)) "values of a batch"
            let into = Array.create (Array.last starts) nanf
            Views.render viewer 0 [| 0; 1; 2; 3 |] (Array.init 4 split.Read) 1 into
            Expect.isFalse (Array.exists Single.IsNaN into) "every value is written"
            let _, alone = Views.replay viewer 0 2 (split.Read 2) 3
            Expect.equal alone into[starts[3] + 2 * 768 .. starts[3] + 3 * 768 - 1] "the very pixels, alone")

        testCase "random masks mask the share they say, blocks at most that" (fun () ->
            for seed in 0UL .. 50UL do
                let draws = { Seed = seed; Epoch = 0; Image = 3L; View = 1 }
                let masked shape =
                    Patches.mask draws.At 0 2<px> (exactly 0.4) shape 24 30
                    |> Array.filter id
                    |> Array.length
                Expect.equal (masked MaskShape.Scattered) 72 "two fifths of 180"
                let blocks = masked (MaskShape.Blocks 16)
                Expect.isTrue (blocks > 36 && blocks <= 72) $"{blocks} patches in blocks")

        testCase "branches of a recipe have augmentations of their own, identity included" (fun () ->
            let recipe = {
                Generators.small with
                    Views =
                        views [
                            identity
                            augment [ flip; solarize 0.5 ]
                            augment [ invert; invert; invert ]
                        ]
            }
            let split = Generators.patterns "branches" 2 3 12 2
            let viewer = Views.viewer (Kernels.ViewEngine.Reference) 3 12 12 recipe
            let image = split.Read 1
            let seen view = snd (Views.replay viewer 0 1 image view)
            let stored = Array.init image.Length (fun i -> float32 (image.At i))
            Expect.equal (seen 0) stored "identity is the image"
            let negative = stored |> Array.map (fun x -> float (1.0f - x))
            Expect.isLessThanOrEqual
                (Close.worst (Array.map float (seen 2)) negative)
                Close.lastBit
                "the third is the negative"
            Expect.notEqual (seen 1) stored "the second is another")

        testCase "the plan counts as the kernels do" (fun () ->
            Expect.equal Plan.mostSites Kernels.Philox.Sites "sites"
            Expect.equal Plan.patchesPerStep Kernels.Reference.Mask.Patches "patches of a step")

        testCase "weights decide how often" (fun () ->
            let plan = Plan.ofAugmentation (oneOfWeighted [ 1.0, invert; 0.0, equalize; 3.0, grayscale ])
            let counts =
                Array.init 4000 (fun i ->
                    let table = Array.zeroCreate<Kernels.Step> plan.Slots
                    Draw.row plan { Seed = 5UL; Epoch = 0; Image = int64 i; View = 0 } 9 9 table 0
                    table[0].Operation)
                |> Array.countBy id
                |> Map.ofArray
            // 4,000 draws at 1/4 have a standard deviation of 27.
            Expect.isTrue (abs (counts[Kernels.Operation.Invert] - 1000) < 6 * 27) $"%A{counts}"
            Expect.isFalse (counts.ContainsKey Kernels.Operation.Equalize) "a weight of 0 is never chosen")

        testCase "pick keeps the list's order and takes as many as it says" (fun () ->
            let steps = [ invert; equalize; grayscale; autoContrast ]
            let plan = Plan.ofAugmentation (pick 2 steps)
            Expect.equal plan.Slots 2 "slots"
            let kinds = [
                Kernels.Operation.Invert
                Kernels.Operation.Equalize
                Kernels.Operation.Grayscale
                Kernels.Operation.AutoContrast
            ]
            for i in 0..200 do
                let table = Array.zeroCreate<Kernels.Step> 2
                Draw.row plan { Seed = 5UL; Epoch = 0; Image = int64 i; View = 0 } 9 9 table 0
                let places = table |> Array.map (fun s -> List.findIndex ((=) s.Operation) kinds)
                Expect.isLessThan places[0] places[1] "in order, and different")
    ]
