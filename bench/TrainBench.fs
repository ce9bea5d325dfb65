/// Steps of training beside the same network, batch and precision in PyTorch, in turns; and a whole run beside its bare steps.
module Vantage.Bench.TrainBench

open System
open System.Diagnostics
open System.Globalization
open System.IO
open System.Threading
open TorchSharp
open Vantage
open Vantage.Bench.Row
open Vantage.Kernels

/// A network at a size, ours and PyTorch's settings of it.
type private Case = {
    Words: string
    Encoder: Encoder
    /// As bench/peers/train_step_pytorch.py names it.
    Peer: string
    Channels: int
    Size: int
    Batch: int
    Precision: Precision
    /// The peer's: fp32, fp32cl, bf16, bf16cl.
    Mode: string
}

/// By how much the losses of the same weights and images may differ: float32 sums in another order, and products of bfloat16 (8 bits) through some twenty layers.
let private tolerance case = if case.Mode.StartsWith "fp32" then 1e-3 else 3e-2

// Weights that the peer computes as well.
let private fill (weights: Weights) =
    use _ = torch.NewDisposeScope ()
    use _ = torch.no_grad ()
    for name, t in weights.Parameters do
        let i = torch.arange (t.numel () |> float |> Scope.number, dtype = torch.float64)
        let w = (i * Scope.number 0.7 + Scope.number (1.3 * float name.Length)).sin().view t.shape
        let value =
            if t.dim () > 1L then
                w * Scope.number (sqrt (2.0 / float (t.numel () / t.shape[0])))
            elif name.EndsWith "weight" then
                w * Scope.number 0.1 + Scope.number 1.0
            else
                w * Scope.number 0.1
        t.copy_ (value.to_type torch.float32) |> ignore

// One step, forward, mean square of the output, backward; it gives the loss.
let private stepOf case =
    let weights = Weights (torch.CPU, 1UL, case.Precision, true)
    let built = Encoders.build weights case.Channels false false case.Encoder
    fill weights
    let size = int64 case.Size
    let images =
        let count = int64 (case.Batch * case.Channels) * size * size
        (torch.arange (Scope.number (float count), dtype = torch.float64)
         * Scope.number 0.05)
            .sin()
            .view(int64 case.Batch, int64 case.Channels, size, size)
            .to_type
            torch.float32
    let parameters = [| for name, tensor in weights.Parameters -> struct (name, tensor) |]
    let optimizer = new Optim.Sgd (parameters, 0.9, 0.0)
    fun () ->
        use _ = torch.NewDisposeScope ()
        let loss = (built.See Sight.Whole images).Pooled.square().mean()
        Scope.backward loss
        optimizer.ZeroGrad ()
        float (loss.item<float32>())

let private rate batch seconds step =
    let clock = Stopwatch.StartNew ()
    let mutable steps = 0
    while steps = 0 || clock.Elapsed.TotalSeconds < seconds do
        step () |> ignore
        steps <- steps + 1
        Scope.settle ()
    float (steps * batch) / clock.Elapsed.TotalSeconds

// The best turn: other work on a shared machine only ever slows one down.
let private best (values: float list) = List.max values

let private invariant (x: float) = x.ToString CultureInfo.InvariantCulture

let private row quick (peer: Peer.Turns option) case =
    use _ = torch.NewDisposeScope ()
    let step = stepOf case
    let loss = step ()
    step () |> ignore
    // Many short turns: each side finds the machine's quiet moments, which on a shared one last less than a second. Of networks whose steps are long, fewer.
    let least, most, seconds, enough = if quick then 4, 8, 0.15, 4.0 else 12, 40, 0.2, 20.0
    let started =
        peer
        |> Option.map (fun peer ->
            peer.Ask $"setup {case.Peer} {case.Channels} {case.Size} {case.Batch} {case.Mode}")
    let clock = Stopwatch.StartNew ()
    let rates = [
        let mutable turn = 0
        while turn < least || turn < most && clock.Elapsed.TotalSeconds < enough do
            turn <- turn + 1
            rate case.Batch seconds step,
            peer
            |> Option.map (fun peer -> (peer.Ask $"step {invariant seconds}").GetProperty("rate").GetDouble())
    ]
    {
        Case = case.Words
        Unit = "images/s"
        Ours = rates |> List.map fst |> best
        Peer = if peer.IsSome then Some (rates |> List.choose snd |> best) else None
        PeerName =
            match started with
            | Some answer -> $"""{answer.GetProperty("name").GetString()} {case.Mode}"""
            | None -> "torch"
        // What was not compared does not count as equal.
        Equal =
            match started with
            | Some answer ->
                let theirs = answer.GetProperty("loss").GetDouble()
                abs (loss - theirs) <= tolerance case * abs theirs
            | None -> false
        Bytes = 0.0
        Operations = 0.0
    }

let private cases =
    let case name encoder peer channels size batch (setting, precision) mode = {
        Words = $"{name}, {channels} x {size} px, batch {batch}, {setting}"
        Encoder = encoder
        Peer = peer
        Channels = channels
        Size = size
        Batch = batch
        Precision = precision
        Mode = mode
    }
    let resnet18 = case "ResNet-18" resnet18Small "resnet18" 3 32 64
    let compact widths blocks channels size batch =
        let text = widths |> List.map string |> String.concat ","
        case
            $"small ResNet {text}"
            (compactResNet widths blocks)
            $"compact:{text}:{blocks}"
            channels
            size
            batch
    let plain = "float32 channels first", channelsFirst float32s
    let standard = "our default", bfloat16
    [
        resnet18 plain "fp32"
        resnet18 ("float32", float32s) "fp32"
        resnet18 standard "fp32"
        resnet18 standard "bf16cl"
        resnet18 ("bfloat16 channels first", channelsFirst bfloat16) "bf16"
        for small in
            [
                compact [ 32; 64; 96 ] 1 1 28 512
                compact [ 32; 64; 96 ] 1 1 28 64
                compact [ 32; 64; 128 ] 1 3 32 256
                compact [ 32; 64; 128 ] 1 3 32 64
            ] do
            small standard "bf16cl"
            small ("float32", float32s) "fp32"
            small standard "fp32"
    ]

// As many images as Fashion-MNIST has: gauges are computed fifty times an epoch.
let private recipe = { Curve.simclr with Data = "glyphs:60160:100"; Epochs = 1<epoch> }

// A whole run, views, steps and log, beside steps on one batch that is there already; in turns.
let private wholeRow quick =
    let data = Sets.load recipe.Data
    let prepare () = Train.prepare (ViewEngine.Best ()) torch.CPU recipe data.Train
    let folder = Directory.CreateTempSubdirectory("vantage-bench-").FullName
    try
        let bare =
            let trainer = prepare ()
            trainer.Network.Training <- true
            use loader = new Loader (trainer.Viewer, data.Train, recipe, 0, 1, ignore)
            let batch = loader.Next ()
            fun () ->
                use _ = torch.NewDisposeScope ()
                let _, _, _, remember = Trainer.gradients trainer batch
                Trainer.advance trainer batch remember
        let whole () =
            let trainer = prepare ()
            let clock = Stopwatch.StartNew ()
            Train.run trainer Position.start (Metrics.append folder) ignore ignore CancellationToken.None
            |> ignore
            float (trainer.Total * recipe.Batch) / clock.Elapsed.TotalSeconds, clock.Elapsed.TotalSeconds
        bare () |> ignore
        bare () |> ignore
        let rates =
            List.init (if quick then 2 else 4) (fun _ ->
                let whole, seconds = whole ()
                whole, rate recipe.Batch seconds bare) // as long: a short look at a machine whose pace changes finds a better moment
        {
            Case = "SimCLR, 2 views of 28 px, batch 256: the whole run, beside its bare steps"
            Unit = "images/s"
            Ours = rates |> List.map fst |> best
            Peer = Some (rates |> List.map snd |> best)
            PeerName = "ours, bare"
            Equal = true
            Bytes = 0.0
            Operations = 0.0
        }
    finally
        Directory.Delete (folder, true)

/// The cases whose names hold this text.
let run (part: string) quick =
    Interop.NativeLibraries.Load ()
    torch.set_num_threads Environment.ProcessorCount
    let peer = Peer.turns "train_step_pytorch.py" []
    try
        [
            for case in cases do
                case.Words, (fun () -> row quick peer case)
            "whole", (fun () -> wholeRow quick)
        ]
        |> List.filter (fun (name, _) -> name.Contains part)
        |> List.map (fun (name, measure) ->
            let row = measure ()
            let beside = row.Peer |> Option.map (sprintf "%.0f") |> Option.defaultValue "not installed"
            eprintfn $"{name}: {row.Ours:F0}, {row.PeerName}: {beside}" // a run that is cut off has said what it had
            row)
    finally
        peer |> Option.iter (fun peer -> (peer :> IDisposable).Dispose())
