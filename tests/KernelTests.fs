/// Every engine against the reference, and the laws of views for every engine.
module Vantage.Tests.KernelTests

open System
open System.Runtime.Intrinsics
open Expecto
open FsCheck
open Vantage.Kernels
open Vantage.Tests.Chains

/// The environment variable by which a parent process says which engines its child may have: TierTests.
let tiersExpected = "VANTAGE_TIERS"

let private engines = [ ViewEngine.Reference; yield! ViewEngine.Tiers () ]
let private config = { FsCheckConfig.defaultConfig with maxTest = 250; arbitrary = [ typeof<Generators> ] }

/// A law for each engine.
let private law name (property: IViewEngine -> Chain -> bool) =
    testList name [ for engine in engines -> testPropertyWithConfig config engine.Name (property engine) ]

let private names () = ViewEngine.Tiers () |> Array.map _.Name |> String.concat " "

/// A chain's pixels with exactly these steps, none of them a crop.
let private only steps chain = { chain with View = chain.Source; Steps = steps }

/// The chain on an image of 1 or 3 channels that ends with as many: what colour steps may follow.
let private ending chain =
    let changes (s: Step) = s.Operation = Operation.Select || s.Operation = Operation.Lab
    if List.exists changes chain.Steps || chain.Channels = 2 || chain.Channels = 4 then
        {
            chain with
                Channels = 1
                Pixels = Array.take (fst chain.Source * snd chain.Source) chain.Pixels
                Steps =
                    chain.Steps
                    |> List.filter (fun s -> not (changes s) && s.Operation <> Operation.Channels)
        }
    else
        chain

/// A colour law for each engine.
let private colourLaw name (property: IViewEngine -> Chain -> bool) =
    law name (fun engine chain -> property engine (ending chain))

/// The rendering of a step alone agrees with the reference on any image.
let private alone name (makeStep: Chain -> Step) =
    testPropertyWithConfig config $"{name} alone" (fun chain ->
        let chain = only [ makeStep chain ] (ending chain)
        let expected = render ViewEngine.Reference chain
        ViewEngine.Tiers ()
        |> Array.forall (fun engine -> apart (render engine chain) expected <= Close.view))

[<Tests>]
let tests =
    testList "Kernels" [
        testCase "the tiers are those that this process may have" (fun () ->
            let machine =
                String.Join (
                    " ",
                    [
                        "simd-scalar"
                        if Vector256.IsHardwareAccelerated then
                            "simd-256"
                        if Vector512.IsHardwareAccelerated then
                            "simd-512"
                    ]
                )
            let asked = Environment.GetEnvironmentVariable tiersExpected |> Option.ofObj
            Expect.equal machine (Option.defaultValue machine asked) "the instruction sets really are off"
            Expect.equal (names ()) machine "one engine for each"
            Expect.equal
                (ViewEngine.Best().Name)
                (Array.last (ViewEngine.Tiers ())).Name
                "the best is the widest")

        testPropertyWithConfig
            { config with maxTest = 1500 }
            "every tier agrees with the reference on every chain"
            (fun chain ->
                let expected = render ViewEngine.Reference chain
                ViewEngine.Tiers ()
                |> Array.forall (fun engine -> apart (render engine chain) expected <= Close.view))

        testPropertyWithConfig
            config
            "every tier agrees with the reference after standardization"
            (fun chain ->
                let expected = renderAs standard ViewEngine.Reference chain
                let tolerance = Close.view / 0.224 // standardization divides the error as it divides the value
                ViewEngine.Tiers ()
                |> Array.forall (fun engine -> apart (renderAs standard engine chain) expected <= tolerance))

        testList "each operation" [
            alone "nothing" (fun _ -> Step ())
            alone "flip" (fun _ -> flip)
            alone "brightness" (fun chain -> factor Operation.Brightness (float chain.Pixels[0] / 100.0))
            alone "contrast" (fun chain -> factor Operation.Contrast (float chain.Pixels[0] / 100.0))
            alone "saturation" (fun chain -> factor Operation.Saturation (float chain.Pixels[0] / 100.0))
            alone "hue" (fun chain -> factor Operation.Hue (float chain.Pixels[0] / 100.0 - 1.0))
            alone "grayscale" (fun _ -> grayscale)
            alone "vertical flip" (fun _ -> factor Operation.FlipVertical 0.0)
            alone "half a turn" (fun _ -> factor Operation.Rotate90 2.0)
            alone "additive brightness" (fun chain ->
                factor Operation.Add (float chain.Pixels[0] / 128.0 - 1.0))
            alone "contrast by channel" (fun chain ->
                factor Operation.ContrastByChannel (float chain.Pixels[0] / 100.0))
            alone "solarize" (fun chain -> factor Operation.Solarize ((float chain.Pixels[0] + 0.5) / 255.0))
            alone "posterize" (fun chain -> factor Operation.Posterize (1.0 + float (chain.Pixels[0] % 8uy)))
            alone "invert" (fun _ -> factor Operation.Invert 0.0)
            alone "autocontrast" (fun _ -> factor Operation.AutoContrast 0.0)
            alone "equalize" (fun _ -> factor Operation.Equalize 0.0)
            alone "sharpness" (fun chain -> factor Operation.Sharpness (float chain.Pixels[0] / 100.0))
            alone "sobel" (fun _ -> factor Operation.Sobel Reference.Sobel.Unit)
            alone "box blur" (fun chain -> factor Operation.BoxBlur (float chain.Pixels[0] / 50.0))
            alone "noise" (fun chain -> step Operation.Noise 0.2 (float chain.Pixels[0]) 7.0 0.0)
            alone "rotation" (fun chain ->
                affine (Vantage.Affine.inverse (float chain.Pixels[0]) 0.5 -1.5 1.1 9.0 3.0) 0.25)
            alone "blur" (fun chain ->
                blur (0.1 + float chain.Pixels[0] / 50.0) (2 * min (fst chain.Source) (snd chain.Source) - 1))
            alone "crop" (fun chain -> crop 0 0 (max 1 (fst chain.Source / 2)) (max 1 (snd chain.Source / 3)))
        ]

        law "range: before standardization every value lies in [0, 1]" (fun engine chain ->
            render engine chain |> Array.forall (fun x -> x >= 0.0f && x <= 1.0f))

        law "flip twice is the identity, bit for bit" (fun engine chain ->
            render engine { chain with Steps = chain.Steps @ [ flip; flip ] } = render engine chain)

        law "flip before the steps that have no sides = after them" (fun engine chain ->
            let hasSides (step: Step) =
                match step.Operation with
                | Operation.Rotate90
                | Operation.Affine
                | Operation.Erase
                | Operation.Mask
                | Operation.Noise -> true
                | _ -> false
            let chain = { chain with Steps = List.filter (hasSides >> not) chain.Steps }
            let isCrop (step: Step) = step.Operation = Operation.Crop
            let upToCrop =
                chain.Steps
                |> List.tryFindIndexBack isCrop
                |> Option.map ((+) 1)
                |> Option.defaultValue 0
            let before = List.insertAt upToCrop flip chain.Steps
            let after = chain.Steps @ [ flip ]
            apart (render engine { chain with Steps = before }) (render engine { chain with Steps = after })
            <= Close.view)

        colourLaw "factor 1, hue 0 and sigma 0 are the identity" (fun engine chain ->
            let nothing = [
                factor Operation.Brightness 1.0
                factor Operation.Contrast 1.0
                factor Operation.Saturation 1.0
                factor Operation.Hue 0.0
                blur 0.0 1
            ]
            apart (render engine { chain with Steps = chain.Steps @ nothing }) (render engine chain)
            <= Close.lastBit)

        colourLaw "hue by a full turn is the identity" (fun engine chain ->
            let turned = chain.Steps @ [ factor Operation.Hue 1.0 ]
            apart (render engine { chain with Steps = turned }) (render engine chain)
            <= Close.lastBit)

        colourLaw "grayscale is idempotent but for the sum of its weights, 0.9999" (fun engine chain ->
            let grey times =
                render engine { chain with Steps = chain.Steps @ List.replicate times grayscale }
            let weight = if chain.Channels = 1 then 1.0f else 0.9999f
            apart (grey 2) (grey 1 |> Array.map (fun x -> weight * x))
            <= 2.0 * Close.lastBit)

        law "brightness composes where nothing clamps" (fun engine chain ->
            let brightness factors =
                render engine (only (factors |> List.map (factor Operation.Brightness)) chain)
            apart (brightness [ 0.5; 1.5 ]) (brightness [ 0.75 ]) <= Close.lastBit)

        law "a crop of everything to the same size is the identity" (fun engine chain ->
            let whole = crop 0 0 (fst chain.Source) (snd chain.Source)
            apart (render engine (only [ whole ] chain)) (render engine (only [] chain))
            <= Close.lastBit)

        law "an image inside a larger array gives the same view, bit for bit" (fun engine chain ->
            let height, width = chain.Source
            let padded = Array.concat [ Array.create 5 255uy; chain.Pixels; Array.create 100 255uy ]
            let image = Image (padded, 5, chain.Channels, height, width)
            let channels = channelsAfter chain.Channels chain.Steps
            let shape = plain channels (fst chain.View) (snd chain.View)
            renderAll engine 1 shape [| image |] [| chain.Steps |] = render engine chain)

        law "an image of float32 gives the view of its bytes" (fun engine chain ->
            let height, width = chain.Source
            let values = chain.Pixels |> Array.map (fun p -> float32 p / 255f)
            let image = Image (values, 0, chain.Channels, height, width)
            let channels = channelsAfter chain.Channels chain.Steps
            let shape = plain channels (fst chain.View) (snd chain.View)
            apart (renderAll engine 1 shape [| image |] [| chain.Steps |]) (render engine chain)
            <= Close.view)

        law "channels-last and bfloat16 hold the same values" (fun engine chain ->
            let height, width = chain.Source
            let image = Image (chain.Pixels, 0, chain.Channels, height, width)
            let channels = channelsAfter chain.Channels chain.Steps
            let shape = standard channels (fst chain.View) (snd chain.View)
            let planar = renderAs standard engine chain
            let area = planar.Length / channels
            let last =
                ViewShape (
                    channels,
                    shape.Height,
                    shape.Width,
                    shape.Mean,
                    shape.Deviation,
                    Layout = Layout.Nhwc
                )
            let halves = Array.zeroCreate<BFloat16> planar.Length
            let steps = Array.ofList chain.Steps
            engine.Render (
                ReadOnlyMemory [| image |],
                ReadOnlyMemory steps,
                steps.Length,
                last,
                Memory<BFloat16> halves,
                1
            )
            let floats = renderAll engine 1 last [| image |] [| chain.Steps |]
            let from i = planar[i % channels * area + i / channels]
            Array.forall
                id
                (Array.init planar.Length (fun i -> floats[i] = from i && halves[i] = BFloat16.From (from i))))
    ]
