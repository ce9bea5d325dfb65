/// What objectives say of inputs that no training should meet: right, or a clear error.
module Vantage.Tests.ExtremeTests

open System
open Expecto
open TorchSharp
open Vantage.Kernels
open Vantage.Tests.Objectives

let private everywhere (value: float) (x: float array) = Array.map (fun _ -> value) x

let private inputs: (string * (float array -> float array)) list = [
    "zeros", everywhere 0.0
    "equal rows of one value", everywhere 0.7
    "1e-30", Array.map ((*) 1e-30)
    "1e30", Array.map ((*) 1e30)
]

let private temperatures = [ 1e-4; 0.1; 1e4 ]

// The fewest images, one value each; and a few of both.
let private sizes objective = [
    for n in [ objective.Least; max 2 objective.Least; 5 ] |> List.distinct do
        for d in [ 1; 2; 6 ] -> n, d
]

let private finite (x: float) = Double.IsFinite x

// Covariances of 1e60 plus a variance of noise near 1 are singular in double precision: where images are fewer than values, IMAX and whitening are then not a number, which ends a run.
let private resolves objective name = not (List.contains objective.Name [ "IMAX"; "W-MSE" ] && name = "1e30")

// Value and gradients, or what the kernel says against the input.
let private answer single case given objective =
    try
        Ok (kernel single 0 case given objective)
    with :? ArgumentException as error ->
        Error error.Message

let private says (message: string) =
    Expect.isGreaterThan message.Length 20 "a sentence"
    Expect.isTrue (Seq.exists Char.IsDigit message) $"with the value: {message}"

// Kernels whose references are of another form, or of their parts: here only what they make of extremes counts.
let private more name least unit kernel = {
    Name = name
    Least = least
    Rows = fun c -> [ c.N; c.N ]
    Reference = fun _ _ -> nan, []
    Tiled = false
    Kernel = kernel
    Unit = unit
    Differentiable = true
}

let private fixed' c salt (x: torch.Tensor) = like x c.N (numbers (c.Seed + salt) (c.N * c.D))

let private others = [
    more "SwAV" 1 false (fun c _ x ->
        let codes = [| for scores in x -> Torch.Sinkhorn.Codes (scores.detach (), c.T, 3) |]
        Torch.SwapCodes.Loss (List.toArray x, codes, c.T))
    more "W-MSE" 2 false (fun c _ x ->
        let order = torch.arange (int64 c.N)
        let white (z: torch.Tensor) = Torch.Whitening.Of (z, order, int64 c.N, 1e-3)
        Torch.Alignment.Loss (white x[0], white x[1], 1.0, true))
    more "SimSiam" 1 true (fun c _ x ->
        Torch.CosineRegression.SimSiam (x[0], fixed' c 1UL x[0], x[1], fixed' c 2UL x[0]))
    more "MoCo v3, both ways" 1 true (fun c _ x ->
        Torch.InfoNce.Symmetric (x[0], x[1], fixed' c 1UL x[0], fixed' c 2UL x[0], c.T, true))
    more "alignment" 1 true (fun c _ x -> Torch.Alignment.Loss (x[0], x[1], c.T, true))
    {
        more "virtual adversary" 1 false (fun c _ x ->
            let model = Func<_, _>(fun (images: torch.Tensor) -> images.mm x[0])
            Torch.VirtualAdversary.Loss (model, fixed' c 1UL x[0], fixed' c 2UL x[0], 1e-2, 2.0, 1)) with
            Rows = fun c -> [ c.D ]
    }
]

let private all = Objectives.all @ StatisticObjectives.all @ others

/// An input as a seed has it: as it comes, or one of the extremes.
let private mixed d kind (x: float array) =
    match kind with
    | 0 -> x
    | 1 -> x |> Array.mapi (fun i v -> if i < d then 0.0 else v)
    | 2 -> x |> Array.mapi (fun i _ -> x[i % d])
    | k -> (snd inputs[k - 3]) x

let private kinds = 3 + inputs.Length

[<Tests>]
let tests =
    testList "Extremes" [
        for objective in all do
            test
                $"{objective.Name}: few images, one value, extreme values and temperatures are finite or refused" {
                for n, d in sizes objective do
                    for t in temperatures do
                        for name, change in inputs |> List.filter (fst >> resolves objective) do
                            let case = { N = n; D = d; T = t; Seed = 11UL }
                            let given = Objectives.inputs case objective |> List.map change
                            match answer false case given objective with
                            | Ok (value, gradients) ->
                                let where = $"{name}, {n} x {d}, temperature {t}"
                                Expect.isTrue (finite value) $"value {value}: {where}"
                                Expect.isTrue
                                    (gradients |> Seq.forall (Seq.forall finite))
                                    $"gradient: {where}"
                            | Error message -> says message
            }
            // Values of 1e30 are beyond float32 where they are multiplied with one another, lengths and all.
            testPropertyWithConfig
                { FsCheckConfig.defaultConfig with maxTest = 60 }
                $"{objective.Name}: any mixture of extremes is finite or refused"
                (fun (seed: uint64) ->
                    let draw site = float (Philox.Uniform (seed, 3, 0L, 0, site))
                    let case = {
                        N = objective.Least + int (6.0 * draw 0)
                        D = 1 + int (8.0 * draw 1)
                        T = 1e-4 * (1e8 ** draw 2)
                        Seed = seed % 1000000UL
                    }
                    let single = draw 3 < 0.5
                    let largest = inputs |> List.findIndex (fst >> (=) "1e30") |> (+) 3
                    let kind i =
                        let kind = int (float kinds * draw (4 + i))
                        if kind = largest && not objective.Unit then 0 else kind
                    let chosen = objective.Rows case |> List.mapi (fun i _ -> kind i)
                    let given = List.map2 (mixed case.D) chosen (Objectives.inputs case objective)
                    match answer single case given objective with
                    | Ok (value, gradients) ->
                        let where = $"%A{case}, inputs %A{chosen}, single {single}"
                        Expect.isTrue (finite value) $"value {value}: {where}"
                        Expect.isTrue (gradients |> Seq.forall (Seq.forall finite)) $"gradient: {where}"
                    | Error message -> says message)
            test $"{objective.Name}: what is not a number never becomes one" {
                let case = { N = 5; D = 6; T = 0.1; Seed = 12UL }
                let given = Objectives.inputs case objective
                for position in 0 .. given.Length - 1 do
                    let spoilt =
                        given
                        |> List.mapi (fun i x ->
                            if i = position then Array.mapi (fun k v -> if k = 8 then nan else v) x else x)
                    match answer false case spoilt objective with
                    | Ok (value, _) ->
                        Expect.isFalse (finite value) $"input {position} holds a NaN, the loss is {value}"
                    | Error message -> says message
            }
    ]
