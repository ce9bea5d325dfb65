module Vantage.Tests.NeighbourTests

open System
open Expecto
open FsCheck
open TorchSharp
open Vantage
open Vantage.Kernels

let private rows (seed: uint64) (n: int) (d: int) =
    use generator = new torch.Generator (seed, torch.CPU)
    torch.randn ([| int64 n; int64 d |], generator = generator)

let private find halves k (queries: torch.Tensor) bank =
    let struct (places, cosines) = Torch.Neighbours.Find (queries, bank, k, halves, 2)
    places, cosines

// The k largest of all cosines in float64, of equals the first.
let private naive k (queries: torch.Tensor) (bank: torch.Tensor) =
    let unit (x: torch.Tensor) = torch.nn.functional.normalize(x, 2.0, 1L).to_type torch.float64
    let all = ((unit queries).mm((unit bank).t())).data<float>().ToArray()
    let m = int bank.shape[0]
    Array.chunkBySize m all
    |> Array.collect (fun row ->
        Array.init m id
        |> Array.sortBy (fun j -> -row[j], j)
        |> Array.truncate k
        |> Array.map (fun j -> row[j]))

/// The nearest rows of a bank, by products in float32 and in bfloat16.
[<Tests>]
let tests =
    testList "Neighbour" [
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 60 }
            "by bfloat16 and by float32 the same neighbours, bit by bit, and the true ones"
            (fun (PositiveInt seed) (PositiveInt n) (PositiveInt d) (PositiveInt k) ->
                use _ = torch.NewDisposeScope ()
                let n, d = 1 + n * 13 % 700, 1 + d * 7 % 90
                let k = 1 + (k - 1) % n
                let queries, bank = rows (uint64 seed) 9 d, rows (uint64 seed + 1000UL) n d
                // Half of the bank in one tight bunch: bfloat16 alone cannot tell its rows apart.
                let bunch = bank.slice (0L, 0L, int64 (n / 2), 1L)
                bunch.mul_(Scope.number 1e-3).add_(queries[0]) |> ignore
                let exact, low = find false k queries bank, find true k queries bank
                Expect.equal low exact "places and cosines"
                for found, true' in Array.zip (snd exact) (naive k queries bank) do
                    // Sums of at most 91 products of float32.
                    Expect.isLessThan (abs (float found - true')) 1e-5 "the largest"
                for query in Array.chunkBySize k (fst exact) do
                    Expect.equal (Array.distinct query).Length k "no row twice")
        test "bfloat16 alone would choose otherwise" {
            use _ = torch.NewDisposeScope ()
            let queries, bank = rows 1UL 50 64, rows 2UL 5000 64
            let low (x: torch.Tensor) = torch.nn.functional.normalize(x, 2.0, 1L).to_type torch.bfloat16
            let struct (_, rough) = ((low queries).mm((low bank).t())).to_type(torch.float32).topk(10, 1)
            let rough = rough.data<int64>().ToArray() |> Array.chunkBySize 10 |> Array.map Set
            let exact = fst (find true 10 queries bank) |> Array.chunkBySize 10 |> Array.map Set
            let differ = Array.zip rough exact |> Array.filter (fun (a, b) -> a <> b) |> Array.length
            // The difference that is taken back: about half of these queries.
            Expect.isGreaterThan differ 5 "queries"
        }
        test "of equal rows the first comes first, and every row can be asked for" {
            use _ = torch.NewDisposeScope ()
            let bank = torch.ones (70L, 3L)
            for halves in [ false; true ] do
                let places, cosines = find halves 70 (torch.ones (2L, 3L)) bank
                Expect.equal places (Array.init 140 (fun i -> int64 (i % 70))) "in order"
                Expect.equal (Array.distinct cosines).Length 1 "equal"
                let places, cosines = find halves 3 (torch.full ([| 1L; 3L |], Scope.number -1.0)) bank
                Expect.equal places [| 0L; 1L; 2L |] "opposite"
                Expect.isLessThan (abs (cosines[0] + 1.0f)) 1e-6f "minus one"
        }
        test "where bfloat16 can tell no rows apart, the other blocks are made in float32, to the same bits" {
            use _ = torch.NewDisposeScope ()
            // Two blocks of queries; all rows within 1e-3 of one direction.
            let near seed n = (rows seed n 32).mul_(Scope.number 1e-3).add_(rows 3UL 1 32)
            let queries, bank = near 1UL 600, near 2UL 3000
            Expect.equal (find true 20 queries bank) (find false 20 queries bank) "places and cosines"
        }
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 200 }
            "the smallest numbers come first, the largest of them last"
            (fun (values: uint64 list) (PositiveInt k) (PositiveInt many) ->
                let random = Random many
                let values =
                    values
                    @ [ for _ in 1 .. many * 17 % 3000 -> uint64 (random.NextInt64 1_000_000L) ]
                    |> List.distinct
                    |> List.toArray
                let values = if many % 3 = 0 then Array.sort values else values
                if values.Length > 0 then
                    let k = 1 + k * 31 % values.Length
                    let found = Array.copy values
                    Simd.Smallest.First (Span found, k)
                    let expected = Array.truncate k (Array.sort values)
                    Expect.equal (Array.sort (Array.truncate k found)) expected "first"
                    Expect.equal found[k - 1] (Array.last expected) "last"
                    Expect.equal (Array.sort found) (Array.sort values) "all are there")
        test "what does not fit is refused" {
            let find products rows k places =
                Simd.Nearest.OfFloats (
                    ReadOnlySpan (Array.create products 0.5f),
                    0.0,
                    ReadOnlySpan (Array.zeroCreate<float32> 4),
                    ReadOnlySpan (Array.zeroCreate<float32>(2 * rows)),
                    2,
                    k,
                    1,
                    Span (Array.zeroCreate<int64> places),
                    Span (Array.zeroCreate<float32> places)
                )
            find 6 3 2 4 |> ignore
            for products, rows, k, places in [ 5, 3, 2, 4; 6, 3, 4, 8; 6, 3, 0, 0; 6, 3, 2, 3 ] do
                Expect.throwsT<ArgumentException>
                    (fun () -> find products rows k places |> ignore)
                    $"{products} {rows} {k}"
            let nan () =
                Simd.Nearest.OfFloats (
                    ReadOnlySpan [| nanf; 0.1f |],
                    0.0,
                    ReadOnlySpan [| 1f; 0f |],
                    ReadOnlySpan [| 1f; 0f; 0f; 1f |],
                    2,
                    2,
                    1,
                    Span (Array.zeroCreate<int64> 2),
                    Span (Array.zeroCreate<float32> 2)
                )
                |> ignore
            Expect.throwsT<ArgumentException>
                (fun () -> Simd.Smallest.First (Span [| 1UL; 2UL |], 3))
                "three of two"
            Expect.throwsT<ArgumentException> nan "not a number"
        }
    ]
