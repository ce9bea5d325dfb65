/// What the laws of single terms share.
module Vantage.Tests.Terms

open System
open Expecto
open TorchSharp

/// A law of rows, columns and a seed, on 40 draws of 3 to 11 rows of 2 to 7 values.
let property name check =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with maxTest = 40 } name (fun (seed: uint64) ->
        use _ = torch.NewDisposeScope ()
        check (3 + int (seed % 9UL)) (2 + int (seed / 9UL % 6UL)) (seed % 1000000UL))

/// Rows of float64.
let matrix (values: float array) rows = torch.tensor(values).reshape(int64 rows, int64 (values.Length / rows))

/// Whether two values differ by no more than this share of 1 + |b|.
let near (tolerance: float) a b = abs (a - b) <= tolerance * (1.0 + abs b)

/// That work is refused with these words.
let refused (words: string) (work: unit -> torch.Tensor) =
    let text =
        try
            work () |> ignore
            "accepted"
        with :? ArgumentException as e ->
            e.Message
    Expect.stringContains text words "the message"

/// The softmax of each row of so many classes.
let softmax classes (logits: float array) =
    logits
    |> Array.chunkBySize classes
    |> Array.collect (fun row ->
        let all = row |> Array.sumBy exp
        row |> Array.map (fun x -> exp x / all))

/// The value of a reference, without its gradient.
let value struct (loss: float, _: float array) = loss
