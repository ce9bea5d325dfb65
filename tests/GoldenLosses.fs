/// Every case of golden/losses.safetensors: the answers of public implementations, the reference in double and the kernel in float32 beside them.
module Vantage.Tests.GoldenLosses

open Expecto
open TorchSharp
open Vantage.Kernels
open Vantage.Tests.Objectives

/// A case of the file, of N rows, at temperature T.
type Golden = {
    Name: string
    At: Case
    /// Its inputs with gradient, "in.KEY" and "grad.KEY".
    Keys: string list
    /// Value and gradients in double.
    Reference: Case -> float array list -> float * float array list
    /// From inputs of N rows each.
    Kernel: Case -> torch.Tensor list -> torch.Tensor
}

let private value name = Golden.load "losses.safetensors" |> Golden.f32 name

let private at n t = { N = n; D = 32; T = t; Seed = 0UL }

let private like (x: torch.Tensor) (values: float array) rows =
    torch.tensor(values).reshape(int64 rows, int64 (values.Length / rows)).to_type x.dtype

let private known name at keys (objective: Objectives.Objective) : Golden = {
    Name = name
    At = at
    Keys = keys
    Reference = objective.Reference
    Kernel = fun c leaves -> objective.Kernel c 0 leaves
}

let private contrastive name t objective =
    known name (at 16 t) [ "a"; "b" ] (all |> List.find (fun o -> o.Name = objective))

let private statistic name keys objective =
    known name (at 16 0.1) keys (StatisticObjectives.all |> List.find (fun o -> o.Name = objective))

let private supCon =
    // Both views of an image are of its class.
    let labels () =
        let labels = Golden.load "losses.safetensors" |> Golden.i64 "supcon_t0.1.in.labels"
        Array.append labels labels
    {
        Name = "supcon_t0.1"
        At = at 16 0.1
        Keys = [ "a"; "b" ]
        Reference =
            fun c x ->
                let struct (loss, gradient) =
                    Reference.SupCon.Loss (Array.append x[0] x[1], labels (), c.T, true)
                loss, Array.splitInto 2 gradient |> Array.toList
        Kernel =
            fun c x -> Torch.SupCon.Loss (torch.cat (List.toArray x, 0L), torch.tensor (labels ()), c.T, true)
    }

let private moco =
    let value key = value $"infonce_queue_t0.2.in.{key}"
    {
        Name = "infonce_queue_t0.2"
        At = at 16 0.2
        Keys = [ "q" ]
        Reference =
            fun c x ->
                let struct (loss, gradient) =
                    Reference.InfoNce.Queue (x[0], value "k", value "queue", c.N, c.T, true)
                loss, [ gradient ]
        Kernel =
            fun c x ->
                let queue = value "queue"
                Torch.InfoNce.Queue (
                    x[0],
                    like x[0] (value "k") c.N,
                    like x[0] queue (queue.Length / 32),
                    c.T,
                    true
                )
    }

let private mocoV3 =
    let keys () = value "mocov3_t0.2.in.k"
    {
        Name = "mocov3_t0.2"
        At = at 16 0.2
        Keys = [ "q" ]
        Reference =
            fun c x ->
                let struct (loss, gradient, _) =
                    Reference.InfoNce.Loss (x[0], keys (), Array.init c.N id, c.T, true)
                2.0 * c.T * loss, [ gradient |> Array.map ((*) (2.0 * c.T)) ]
        Kernel = fun c x -> Torch.InfoNce.InBatch (x[0], like x[0] (keys ()) c.N, c.T, true)
    }

let private byol =
    let z () = value "byol.in.z"
    {
        Name = "byol"
        At = at 16 1.0
        Keys = [ "p" ]
        Reference =
            fun c x ->
                let struct (loss, p) = Reference.CosineRegression.Loss (x[0], z (), c.N)
                loss, [ p ]
        Kernel = fun c x -> Torch.CosineRegression.Loss (x[0], like x[0] (z ()) c.N)
    }

let private simsiam =
    let value key = value $"simsiam.in.{key}"
    let quarter = Array.map (fun v -> v / 4.0)
    {
        Name = "simsiam"
        At = at 16 1.0
        Keys = [ "p0"; "p1" ]
        Reference =
            fun c x ->
                let struct (first, g) = Reference.CosineRegression.Loss (x[0], value "z1", c.N)
                let struct (second, h) = Reference.CosineRegression.Loss (x[1], value "z0", c.N)
                (first + second) / 4.0 - 1.0, [ quarter g; quarter h ]
        Kernel =
            fun c x ->
                Torch.CosineRegression.SimSiam (
                    x[0],
                    like x[0] (value "z0") c.N,
                    x[1],
                    like x[0] (value "z1") c.N
                )
    }

let private swd =
    let value key = value $"swd.in.{key}"
    {
        Name = "swd"
        At = at 64 1.0
        Keys = [ "z" ]
        Reference =
            fun c x ->
                let struct (loss, z) =
                    Reference.SlicedWasserstein.Loss (x[0], value "prior", value "proj", c.N, true)
                loss, [ z ]
        Kernel =
            fun c x ->
                Torch.SlicedWasserstein.Loss (
                    x[0],
                    like x[0] (value "prior") c.N,
                    like x[0] (value "proj") 32,
                    true
                )
    }

let private dino =
    let value key = value $"dino.in.{key}"
    {
        Name = "dino"
        At = at 16 0.1
        Keys = [ "s1"; "s2" ]
        Reference =
            fun _ x ->
                let teachers = [| value "t1"; value "t2" |]
                let struct (loss, s) =
                    Reference.Dino.Loss (List.toArray x, teachers, value "center", 0.1, 0.04)
                loss, List.ofArray s
        Kernel =
            fun c x ->
                let teachers = [| like x[0] (value "t1") c.N; like x[0] (value "t2") c.N |]
                Torch.Dino.Loss (List.toArray x, teachers, like x[0] (value "center") 1, 0.1, 0.04)
    }

/// Value and gradients of a kernel on inputs of this type.
let private run dtype (case: Golden) (inputs: float array list) =
    use _ = torch.NewDisposeScope ()
    let leaves =
        inputs
        |> List.map (fun x ->
            torch
                .tensor(x)
                .reshape(int64 case.At.N, int64 (x.Length / case.At.N))
                .to_type(dtype)
                .detach()
                .requires_grad_
                true)
    let loss = case.Kernel case.At leaves
    loss.backward ()
    loss.to_type(torch.float64).item<float>(),
    leaves
    |> List.map (fun t -> (nonNull t.grad).to_type(torch.float64).data<float>().ToArray())

/// Scores of two views against prototypes that learn; the reference in double is the kernel in float64, whose parts have scalar references of their own.
let private swav =
    let kernel _ (x: torch.Tensor list) =
        let prototypes = Torch.UnitRows.Of (x[2].view(10L, 32L))
        let scores = [| for z in x[..1] -> (Torch.UnitRows.Of z).mm(prototypes.t ()) |]
        let codes = scores |> Array.map (fun s -> Torch.Sinkhorn.Codes (s, 0.05, 3))
        Torch.SwapCodes.Loss (scores, codes, 0.1)
    let case = {
        Name = "swav"
        At = at 16 0.1
        Keys = [ "a"; "b"; "protos" ]
        Reference = fun _ _ -> nan, []
        Kernel = kernel
    }
    { case with Reference = fun _ x -> run torch.float64 case x }

let private wmse = {
    Name = "wmse_full_batch"
    At = at 64 1.0
    Keys = [ "a"; "b" ]
    Reference =
        fun c x ->
            let white = x |> List.map (fun a -> Reference.Whitening.Of (a, c.N, 1e-3))
            let struct (loss, dy) = Reference.CosineRegression.Loss (white[0], white[1], c.N)
            let struct (_, dz) = Reference.CosineRegression.Loss (white[1], white[0], c.N)
            loss, List.map2 (fun a d -> Reference.Whitening.Back (a, d, c.N, 1e-3)) x [ dy; dz ]
    Kernel =
        fun c x ->
            let order = torch.arange (int64 c.N)
            let white (z: torch.Tensor) = Torch.Whitening.Of (z, order, int64 c.N, 1e-3)
            // 2 - 2 cos, where both sides carry gradient.
            (Torch.Alignment.Loss (white x[0], white x[1], 1.0, true) + 1.0.ToScalar())
            * 2.0.ToScalar()
}

/// All of the file that have a loss.
let cases = [
    contrastive "ntxent_t0.1" 0.1 "NT-Xent, with its neighbours"
    contrastive "ntxent_t0.5" 0.5 "NT-Xent, with its neighbours"
    contrastive "ntxent_t1.0" 1.0 "NT-Xent, with its neighbours"
    moco
    mocoV3
    contrastive "dcl_t0.1" 0.1 "DCL"
    contrastive "dclw_t0.1" 0.1 "DCLW"
    supCon
    contrastive "ntlogistic_t0.5" 0.5 "NT-Logistic"
    contrastive "margin_triplet_m0.8" 1.0 "margin triplet"
    byol
    simsiam
    statistic "barlow_l0.005" [ "a"; "b" ] "Barlow Twins"
    statistic "vicreg" [ "a"; "b" ] "VICReg"
    statistic "hypersphere" [ "a"; "b" ] "hypersphere"
    swav
    dino
    statistic "koleo" [ "z" ] "KoLeo"
    wmse
    swd
]

/// The worst errors of the reference and of the float32 kernel: of the value, relative, and of the gradients' entries, as the file's are of the order 0.01 to 0.1.
let errors (case: Golden) =
    let golden key = value $"{case.Name}.{key}"
    let expected = (golden "out")[0]
    let slopes = case.Keys |> List.map (fun key -> golden $"grad.{key}")
    let off (loss: float, gradients) =
        abs (loss - expected) / abs expected, List.map2 Close.worst gradients slopes |> List.max
    let inputs = case.Keys |> List.map (fun key -> golden $"in.{key}")
    off (case.Reference case.At inputs), off (run torch.float32 case inputs)

/// The worst errors of balanced codes, in double by the reference and in float32.
let codes () =
    use _ = torch.NewDisposeScope ()
    let scores, expected = value "sinkhorn.in.scores", value "sinkhorn.out"
    let single = torch.tensor(scores).view(16L, 10L).to_type torch.float32
    let found = Torch.Sinkhorn.Codes (single, 0.05, 3)
    Close.worst (Reference.Sinkhorn.Codes (scores, 16, 0.05, 3)) expected,
    Close.worst (found.to_type(torch.float64).data<float>().ToArray()) expected

[<Tests>]
let tests =
    testList "Golden losses" [
        for case in cases do
            test case.Name {
                let (value, gradient), (value32, gradient32) = errors case
                Expect.isLessThan value Close.goldenLoss "reference value"
                Expect.isLessThan gradient Close.goldenGradient "reference gradient"
                Expect.isLessThan value32 Close.float32Loss "float32 value"
                Expect.isLessThan gradient32 Close.goldenGradient "float32 gradient"
            }
        test "sinkhorn" {
            let reference, single = codes ()
            Expect.isLessThan reference Close.goldenGradient "reference"
            Expect.isLessThan single Close.goldenGradient "float32"
        }
        test "no case of the file is left out" {
            use document =
                Golden.load "losses.safetensors"
                |> Golden.metadata "cases"
                |> System.Text.Json.JsonDocument.Parse
            let names = [
                for case in document.RootElement.EnumerateArray () ->
                    nonNull (case.GetProperty("name").GetString())
            ]
            // LARS is an optimiser's and RankMe a gauge's: they are tested where those are.
            let here = "sinkhorn" :: "lars" :: "rank" :: (cases |> List.map _.Name)
            Expect.equal (List.sort names) (List.sort here) "names"
        }
    ]
