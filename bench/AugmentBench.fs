/// View making: SimCLR's views by every tier, on one core and two, beside torchvision.
module Vantage.Bench.AugmentBench

open System
open Vantage.Kernels
open Vantage.Bench.Row

/// A kind of view.
type Kind = {
    Name: string
    Channels: int
    From: int
    To: int
    Blurred: bool
    Images: int
    /// Views that the peer makes in one repetition.
    PeerViews: int
}

/// The views that are measured.
let kinds = [
    {
        Name = "SimCLR view 32 -> 32"
        Channels = 3
        From = 32
        To = 32
        Blurred = false
        Images = 1024
        PeerViews = 1000
    }
    {
        Name = "grey view 28 -> 28"
        Channels = 1
        From = 28
        To = 28
        Blurred = false
        Images = 1024
        PeerViews = 1000
    }
    {
        Name = "SimCLR view 256 -> 224, blur"
        Channels = 3
        From = 256
        To = 224
        Blurred = true
        Images = 64
        PeerViews = 40
    }
]

let private slots = 8

let private step operation (a: float) b c d = Step (operation, float32 a, float32 b, float32 c, float32 d)

/// SimCLR's draw of one view: crop of area 8 to 100 %, flip, jitter by chance 0.8, grey by chance 0.2, blur by chance 0.5.
let private draw kind epoch image (steps: Span<Step>) =
    let at site = float (Philox.Uniform (1UL, epoch, int64 image, 0, site))
    let between low high site = low + (high - low) * at site
    let when' chance site made = if at site < chance then made else Step ()
    let factor operation low high site = step operation (between low high site) 0.0 0.0 0.0
    let side = float kind.From
    let area, aspect = side * side * between 0.08 1.0 0, exp (between (log 0.75) (log (4.0 / 3.0)) 1)
    let height = Math.Clamp (round (sqrt (area / aspect)), 1.0, side)
    let width = Math.Clamp (round (sqrt (area * aspect)), 1.0, side)
    let top, left = floor (at 2 * (side - height + 1.0)), floor (at 3 * (side - width + 1.0))
    steps[0] <- step Operation.Crop top left height width
    steps[1] <- when' 0.5 4 (step Operation.FlipHorizontal 0.0 0.0 0.0 0.0)
    steps[2] <- when' 0.8 5 (factor Operation.Brightness 0.2 1.8 6)
    steps[3] <- when' 0.8 5 (factor Operation.Contrast 0.2 1.8 7)
    steps[4] <- when' 0.8 5 (factor Operation.Saturation 0.2 1.8 8)
    steps[5] <- when' 0.8 5 (factor Operation.Hue -0.2 0.2 9)
    steps[6] <- when' 0.2 10 (step Operation.Grayscale 0.0 0.0 0.0 0.0)
    steps[7] <-
        if kind.Blurred then
            when' 0.5 11 (step Operation.Blur (between 0.1 2.0 12) (float (kind.To / 10 / 2 * 2 + 1)) 0.0 0.0)
        else
            Step ()

/// float32 against double through five steps, before standardization: see Close.view of the tests.
let private tolerance = 2e-5f

/// Images, the drawing and rendering of all their views on this many cores, and what is needed to check and to count it.
type Work = {
    Shape: ViewShape
    Image: Image
    Steps: Step array
    Draw: int -> unit
    Render: IViewEngine -> ViewShape -> int -> float32 array -> unit
}

/// The work of a kind of view.
let work kind cores =
    let length = kind.Channels * kind.From * kind.From
    let pixels = Array.zeroCreate<byte>(kind.Images * length)
    Random(0).NextBytes pixels
    let images =
        Array.init kind.Images (fun i -> Image (pixels, i * length, kind.Channels, kind.From, kind.From))
    let steps = Array.zeroCreate<Step>(kind.Images * slots)
    let drawOne epoch i = draw kind epoch i (Span (steps, i * slots, slots))
    let options = Threading.Tasks.ParallelOptions (MaxDegreeOfParallelism = cores)
    {
        Shape =
            ViewShape (
                kind.Channels,
                kind.To,
                kind.To,
                Array.create kind.Channels 0.0f,
                Array.create kind.Channels 0.25f
            )
        Image = images[0]
        Steps = steps
        Draw =
            fun epoch ->
                if cores = 1 then
                    for i in 0 .. kind.Images - 1 do
                        drawOne epoch i
                else
                    Threading.Tasks.Parallel.For (0, kind.Images, options, drawOne epoch) |> ignore
        Render =
            fun engine shape count views ->
                engine.Render (
                    ReadOnlyMemory (images, 0, count),
                    ReadOnlyMemory (steps, 0, count * slots),
                    slots,
                    shape,
                    Memory<float32> views,
                    cores
                )
    }

/// Whether the first views are the reference's, before standardization.
let private equal kind (work: Work) engine =
    work.Draw 0
    let count = if kind.From > 100 then 2 else 64
    let plain =
        ViewShape (kind.Channels, kind.To, kind.To, work.Shape.Mean, Array.create kind.Channels 1.0f)
    let made engine =
        let views = Array.zeroCreate<float32>(count * plain.Length)
        work.Render engine plain count views
        views
    Array.forall2 (fun (a: float32) b -> abs (a - b) <= tolerance) (made ViewEngine.Reference) (made engine)

/// Draws and renders all views again, each time anew.
let private again kind (work: Work) engine =
    let views = Array.zeroCreate<float32>(kind.Images * work.Shape.Length)
    let mutable epoch = 0
    fun () ->
        epoch <- epoch + 1
        work.Draw epoch
        work.Render engine work.Shape kind.Images views

let private row quick (peer: (float * string) option) kind (engine: IViewEngine) cores =
    let work = work kind cores
    let equal = equal kind work engine
    {
        Case = $"""{kind.Name}, {cores} {if cores = 1 then "core" else "cores"}, {engine.Name}"""
        Unit = "views/s"
        Ours = Watch.bestPerSecond quick (again kind work engine) * float kind.Images
        Peer = Option.map fst peer
        PeerName = peer |> Option.map snd |> Option.defaultValue "torchvision"
        Equal = equal
        Bytes = Cost.bytes work.Image work.Shape
        Operations =
            work.Steps
            |> Array.chunkBySize slots
            |> Array.averageBy (fun steps -> Cost.operations work.Image (ReadOnlySpan steps) work.Shape)
    }

/// How much faster two cores are than one: the two in turns, the best of each, so that a machine that changes its pace does not decide.
let private twoOverOne quick kind (engine: IViewEngine) =
    let one, two = again kind (work kind 1) engine, again kind (work kind 2) engine
    let seconds (work: unit -> unit) =
        let clock = Diagnostics.Stopwatch.StartNew ()
        for _ in 1 .. (if quick then 5 else 20) do
            work ()
        clock.Elapsed.TotalSeconds
    let best = Array.init 21 (fun _ -> struct (seconds one, seconds two))
    let least pick = best |> Array.map pick |> Array.min
    let ratio = least (fun struct (one, _) -> one) / least (fun struct (_, two) -> two)
    {
        Case = $"{kind.Name}, two cores over one, {engine.Name}"
        Unit = "% of one core"
        Ours = 100.0 * ratio
        Peer = None
        PeerName = "itself"
        Equal = equal kind (work kind 2) engine
        Bytes = 0.0
        Operations = 0.0
    }

/// Whether the operations that kornia and we mean alike give kornia's answers on its image: exact flips, weights in double precision.
let private sameAsKornia channels (answers: Map<string, float array>) =
    let side = 16
    let values = Array.init (channels * side * side) (fun i -> float32 (i * 7919 % 256) / 255.0f)
    let shape = ViewShape (channels, side, side, Array.create channels 0.0f, Array.create channels 1.0f)
    let made step =
        let view = Array.zeroCreate<float32> values.Length
        (ViewEngine.Best ())
            .Render(
                ReadOnlyMemory [| Image (values, 0, channels, side, side) |],
                ReadOnlyMemory [| step |],
                1,
                shape,
                Memory<float32> view,
                1
            )
        view
    let steps =
        Map [
            "flip", step Operation.FlipHorizontal 0.0 0.0 0.0 0.0
            "blur", step Operation.Blur 1.1 3.0 0.0 0.0
            "grayscale", step Operation.Grayscale 0.0 0.0 0.0 0.0
        ]
    answers
    |> Map.forall (fun name expected ->
        Array.forall2 (fun x (y: float) -> abs (float x - y) <= float tolerance) (made steps[name]) expected)

// A row of ours beside another peer.
let private beside (peer: float * string) equal row = {
    row with
        Case = $"{row.Case}, beside {(snd peer).Split(' ')[0]}"
        Peer = Some (fst peer)
        PeerName = snd peer
        Equal = row.Equal && equal
}

/// All cases, each side the best of its repetitions. The time includes the drawing of the random numbers, as the peers' does.
let run quick = [
    Interop.NativeLibraries.Load ()
    for kind in kinds do
        let views = if quick then max 10 (kind.PeerViews / 5) else kind.PeerViews
        let arguments = [ kind.Channels; kind.From; kind.To; views ] |> List.map string
        for cores in [ 1; 2 ] do
            let peer = Peer.run "augment_torchvision.py" cores arguments
            TorchSharp.torch.set_num_threads cores
            let tiers = if cores = 1 then ViewEngine.Tiers () else [| ViewEngine.Best () |]
            let rows = [ for engine in tiers -> row quick peer kind engine cores ]
            let tensors = row quick peer kind (ViewEngine.Torch TorchSharp.torch.CPU) cores
            yield! rows
            tensors
            if cores = 1 then
                match Peer.runWithResults "augment_kornia.py" (arguments @ [ string kind.Images ]) with
                | Some (kornia, answers) ->
                    let equal = sameAsKornia kind.Channels answers
                    beside kornia equal (List.last rows)
                    beside kornia equal tensors
                | None -> ()
                match Peer.run "augment_lightly.py" 1 arguments with
                | Some lightly -> beside lightly true (List.last rows)
                | None -> ()
        twoOverOne quick kind (ViewEngine.Best ())
]
