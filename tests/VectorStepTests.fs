module Vantage.Tests.VectorStepTests

open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels

// Sizes around whole vectors and whole stretches: matrices and, of one dimension, what is excluded.
let private shapes = [
    [| 1L; 1L |]
    [| 3L; 7L |]
    [| 16L |]
    [| 5L; 3L; 3L; 3L |]
    [| 33L |]
    [| 150L; 257L |]
    [| 400L; 100L |]
]

let private rules
    : (string * ((struct (string * torch.Tensor))[] -> bool -> System.Nullable<float> -> Optim.Optimizer)) list =
    let larsOf form nesterov clip p vectors longest =
        new Optim.Lars (p, 0.9, 0.01, form, 0.02, nesterov, clip, Vectors = vectors, Clip = longest)
        :> Optim.Optimizer
    [
        "SGD", (fun p v c -> new Optim.Sgd (p, 0.9, 0.01, Vectors = v, Clip = c))
        "SGD with Nesterov's momentum",
        (fun p v c -> new Optim.Sgd (p, 0.9, 0.01, true, Vectors = v, Clip = c))
        "Adam", (fun p v c -> new Optim.AdamW (p, 0.05, 0.5, 0.99, Vectors = v, Clip = c))
        "AdamW", (fun p v c -> new Optim.AdamW (p, 0.05, Vectors = v, Clip = c))
        "LAMB", (fun p v c -> new Optim.Lamb (p, 0.05, Vectors = v, Clip = c))
        "LARS, rate inside", larsOf Optim.LarsForm.Inside false false
        "LARS, rate outside, Nesterov", larsOf Optim.LarsForm.Outside true false
        "LARC", larsOf Optim.LarsForm.Larc false false
        "LARC, clipped", larsOf Optim.LarsForm.Larc false true
    ]

let private normal (seed: uint64) (shape: int64 array) =
    use generator = new torch.Generator (seed, torch.CPU)
    torch.randn (shape, generator = generator)

// Six steps from a seed: weights and states at the end. One gradient is missing at times, one weight begins at zero, one has a rate of its own.
let private stepped (make: _ -> bool -> _ -> Optim.Optimizer) vectors clip seed =
    let weights =
        shapes
        |> List.mapi (fun i shape ->
            let start = if i = 1 then torch.zeros shape else normal (seed + uint64 i) shape
            struct ($"w{i}", start.requires_grad_ true))
        |> List.toArray
    let optimizer = make weights vectors clip
    for step in 0..5 do
        optimizer.ZeroGrad ()
        for i, struct (_, w) in Array.indexed weights do
            if i <> 3 || step % 2 = 0 then
                w.grad <- normal (seed * 31UL + uint64 (100 * step + i)) (List.item i shapes)
        let own name =
            if name = "w2" then
                System.Nullable 0.01
            else
                System.Nullable (0.1 / float (1 + step))
        optimizer.Step (0.1, own)
    Array.append [| for struct (name, w) in weights -> name, w.detach () |] [|
        for struct (name, t) in optimizer.State -> name, t
    |]

let private largest (t: torch.Tensor) = t.abs().max().to_type(torch.float64).item<float>()

/// Steps over the memory of all weights: the same values as by tensor operations, and the same bits by any number of threads.
[<Tests>]
let tests =
    testList "Vector steps" [
        for name, make in rules do
            testPropertyWithConfig
                { FsCheckConfig.defaultConfig with maxTest = 5 }
                $"{name}: steps by vectors are steps by tensors"
                (fun (seed: uint16) (clips: bool) ->
                    use _ = torch.NewDisposeScope ()
                    let clip = if clips then System.Nullable 3.0 else System.Nullable ()
                    let fast, plain =
                        stepped make true clip (uint64 seed), stepped make false clip (uint64 seed)
                    // Where terms cancel, what is left is off by roundings of the terms, which a single value does not tell: those of all weights, or of one state of them all, have one size.
                    let kind (part: string) =
                        part.Substring (part.IndexOf '.' + 1 |> max 0) |> _.TrimEnd([| '0' .. '9' |])
                    let terms =
                        [ for part, b in plain -> kind part, largest b ]
                        |> List.groupBy fst
                        |> Map.ofList
                    for (part, a), (other, b) in Array.zip fast plain do
                        Expect.equal part other "one layout of states"
                        let size =
                            if b.numel () = 1L then
                                terms[kind part] |> List.map snd |> List.max
                            else
                                max 0.01 (largest b)
                        Expect.isLessThan (largest (a - b)) (Close.vectorStep * size) part)
        test "what lies otherwise in memory is stepped too, to the same values" {
            use _ = torch.NewDisposeScope ()
            let run vectors =
                let w = (normal 1UL [| 6L; 5L |]).t().requires_grad_ true
                let optimizer = new Optim.AdamW ([| struct ("w", w) |], 0.05, Vectors = vectors)
                w.grad <- (normal 2UL [| 6L; 5L |]).t()
                optimizer.Step 0.1
                w.detach().contiguous()
            Expect.isFalse (run true).requires_grad "stepped"
            Expect.isLessThan (largest (run true - run false)) Close.vectorStep "values"
        }
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 10 }
            "a follower by vectors is a follower by tensors, and momentum 1 and 0 are fixed points"
            (fun (seed: uint16) ->
                use _ = torch.NewDisposeScope ()
                let made k =
                    shapes
                    |> List.mapi (fun i s -> normal (uint64 seed + uint64 (k + i)) s)
                    |> List.toArray
                let follow momentum vectors =
                    let target = made 0
                    Optim.Follower.Step (target, made 50, momentum, vectors)
                    target
                let off a b =
                    Array.map2 (fun (x: torch.Tensor) y -> largest (x - y) / largest y) a b
                    |> Array.max
                Expect.isLessThan (off (follow 0.99 true) (follow 0.99 false)) Close.vectorStep "values"
                Expect.equal (off (follow 1.0 true) (made 0)) 0.0 "stays"
                Expect.equal (off (follow 0.0 true) (made 50)) 0.0 "copies")
        testSequenced
        <| test "steps by vectors are the same bits with one thread and with more" {
            let before = torch.get_num_threads ()
            try
                for name, make in rules do
                    use _ = torch.NewDisposeScope ()
                    let bits threads =
                        torch.set_num_threads threads
                        stepped make true (System.Nullable 3.0) 7UL
                        |> Array.map (fun (name, t) -> name, t.bytes.ToArray ())
                    Expect.equal (bits 1) (bits 4) name
            finally
                torch.set_num_threads before
        }
    ]
