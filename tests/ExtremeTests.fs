/// What objectives say of inputs that no training should meet: right, or a clear error.
module Vantage.Tests.ExtremeTests

open System
open Expecto
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

// Covariances of 1e60 plus a variance of noise near 1 are singular in double precision: where images are fewer than values, IMAX is then not a number, which ends a run.
let private resolves objective name = not (objective.Name = "IMAX" && name = "1e30")

// Value and gradients, or what the kernel says against the input.
let private answer case given objective =
    try
        Ok (kernel false 0 case given objective)
    with :? ArgumentException as error ->
        Error error.Message

let private says (message: string) =
    Expect.isGreaterThan message.Length 20 "a sentence"
    Expect.isTrue (Seq.exists Char.IsDigit message) $"with the value: {message}"

let private all = Objectives.all @ StatisticObjectives.all

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
                            match answer case given objective with
                            | Ok (value, gradients) ->
                                let where = $"{name}, {n} x {d}, temperature {t}"
                                Expect.isTrue (finite value) $"value {value}: {where}"
                                Expect.isTrue
                                    (gradients |> Seq.forall (Seq.forall finite))
                                    $"gradient: {where}"
                            | Error message -> says message
            }
            test $"{objective.Name}: what is not a number never becomes one" {
                let case = { N = 5; D = 6; T = 0.1; Seed = 12UL }
                let given = Objectives.inputs case objective
                for position in 0 .. given.Length - 1 do
                    let spoilt =
                        given
                        |> List.mapi (fun i x ->
                            if i = position then Array.mapi (fun k v -> if k = 8 then nan else v) x else x)
                    match answer case spoilt objective with
                    | Ok (value, _) ->
                        Expect.isFalse (finite value) $"input {position} holds a NaN, the loss is {value}"
                    | Error message -> says message
            }
    ]
