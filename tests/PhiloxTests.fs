module Vantage.Tests.PhiloxTests

open System
open Expecto
open Vantage.Kernels

let private block key (c0, c1, c2, c3) =
    let result = Array.zeroCreate<uint32> 4
    Philox.Block (key, c0, c1, c2, c3, Span result)
    List.ofArray result

/// Random123's kat_vectors, the lines "philox4x32 10".
let private known = [
    0UL, (0u, 0u, 0u, 0u), [ 0x6627e8d5u; 0xe169c58du; 0xbc57ac4cu; 0x9b00dbd8u ]
    UInt64.MaxValue,
    (UInt32.MaxValue, UInt32.MaxValue, UInt32.MaxValue, UInt32.MaxValue),
    [ 0x408f276du; 0x41c83b0eu; 0xa20bc7c6u; 0x6d5451fdu ]
    0x299f31d0a4093822UL,
    (0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u),
    [ 0xd16cfe09u; 0x94fdccebu; 0x5001e420u; 0x24126ea1u ]
]

let private count = 65536

/// One number for each of 65,536 draws along one coordinate.
let private along =
    let draw epoch image view site = float (Philox.Uniform (20240607UL, epoch, image, view, site))
    [
        "sites", Array.init count (draw 3 17L 1)
        "views", Array.init count (fun view -> draw 3 17L view 5)
        "images", Array.init count (fun image -> draw 3 (int64 image) 1 5)
        "epochs", Array.init count (fun epoch -> draw epoch 17L 1 5)
        "seeds", Array.init count (fun seed -> float (Philox.Uniform (uint64 seed, 3, 17L, 1, 5)))
    ]

let private near name expected deviation value =
    Expect.isLessThan
        (abs (value - expected))
        (Close.sigmas * deviation)
        $"{name}: {value} against {expected}"

[<Tests>]
let tests =
    testList "Philox" [
        for i, (key, counter, words) in List.indexed known do
            testCase $"known answer {i} of Random123" (fun () ->
                Expect.equal (block key counter) words "four words")

        testProperty "a draw is the documented lane of the documented counter"
        <| fun
               (seed: uint64)
               (epoch: int)
               (image: int64)
               (FsCheck.NonNegativeInt view)
               (FsCheck.NonNegativeInt site) ->
            let view, site = view % Philox.Views, site % Philox.Sites
            let counter =
                uint32 site >>> 2 ||| (uint32 view <<< 16), uint32 epoch, uint32 image, uint32 (image >>> 32)
            Philox.Bits (seed, epoch, image, view, site) = (block seed counter)[site % 4]

        testProperty "uniform is the upper 24 bits"
        <| fun (seed: uint64) (epoch: int) (image: int64) ->
            let uniform = Philox.Uniform (seed, epoch, image, 1, 2)
            uniform >= 0.0f
            && uniform < 1.0f
            && float uniform * 16777216.0 = float (Philox.Bits (seed, epoch, image, 1, 2) >>> 8)

        for name, draws in along do
            let n = float count
            let mean = Array.average draws
            testCase $"mean and variance along {name}" (fun () ->
                near "mean" 0.5 (sqrt (1.0 / 12.0 / n)) mean
                near
                    "variance"
                    (1.0 / 12.0)
                    (sqrt (1.0 / 180.0 / n))
                    (draws |> Array.averageBy (fun x -> (x - mean) ** 2.0)))
            testCase $"chi-square of 256 bins along {name}" (fun () ->
                let expected = n / 256.0
                let bins = draws |> Array.countBy (fun x -> int (x * 256.0))
                let hit = bins |> Array.sumBy (fun (_, k) -> (float k - expected) ** 2.0 / expected)
                let missed = float (256 - bins.Length) * expected
                near "chi-square" 255.0 (sqrt (2.0 * 255.0)) (hit + missed))
            testCase $"neighbours along {name} do not correlate" (fun () ->
                let products =
                    draws
                    |> Array.pairwise
                    |> Array.averageBy (fun (a, b) -> 12.0 * (a - 0.5) * (b - 0.5))
                near "correlation" 0.0 (1.0 / sqrt n) products)

        testCase "a seed's every bit matters" (fun () ->
            let draws = List.init 64 (fun bit -> Philox.Bits (1UL <<< bit, 0, 0L, 0, 0))
            Expect.equal (List.distinct draws).Length 64 "64 seeds, 64 draws")

        for view, site, value in [ -1, 0, "-1"; 65536, 0, "65536"; 0, -1, "-1"; 0, 262144, "262144" ] do
            testCase $"view {view}, site {site} is refused" (fun () ->
                let error =
                    try
                        Philox.Bits (1UL, 0, 0L, view, site) |> string
                    with :? ArgumentOutOfRangeException as e ->
                        e.Message
                Expect.stringContains error $"{value} does not fit" "names the value")

        testCase "a short destination is refused" (fun () ->
            let short = Array.zeroCreate<uint32> 3
            Expect.throwsT<ArgumentException>
                (fun () -> Philox.Block (0UL, 0u, 0u, 0u, 0u, Span short))
                "three words")
    ]
