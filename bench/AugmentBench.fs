/// View making: SimCLR's views by every tier, on one core and two, beside torchvision.
module Vantage.Bench.AugmentBench

open System
open Vantage.Kernels
open Vantage.Bench.Row

/// A kind of view.
type private Kind = {
    Name: string
    Channels: int
    From: int
    To: int
    Blurred: bool
    Images: int
    /// Views that the peer makes in one repetition.
    PeerViews: int
}

let private kinds = [
    {
        Name = "SimCLR view 32 -> 32"
        Channels = 3
        From = 32
        To = 32
        Blurred = false
        Images = 512
        PeerViews = 1000
    }
    {
        Name = "grey view 28 -> 28"
        Channels = 1
        From = 28
        To = 28
        Blurred = false
        Images = 512
        PeerViews = 1000
    }
    {
        Name = "SimCLR view 256 -> 224, blur"
        Channels = 3
        From = 256
        To = 224
        Blurred = true
        Images = 32
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

let private row quick (peer: (float * string) option) kind (engine: IViewEngine) cores =
    let pixels = Array.zeroCreate<byte>(kind.Images * kind.Channels * kind.From * kind.From)
    Random(0).NextBytes pixels
    let length = kind.Channels * kind.From * kind.From
    let images =
        Array.init kind.Images (fun i -> Image (pixels, i * length, kind.Channels, kind.From, kind.From))
    let steps = Array.zeroCreate<Step>(kind.Images * slots)
    let shape deviation =
        ViewShape (
            kind.Channels,
            kind.To,
            kind.To,
            Array.create kind.Channels 0.0f,
            Array.create kind.Channels deviation
        )
    let plain = shape 1.0f
    let render (engine: IViewEngine) shape count cores (views: float32 array) =
        let images, steps = ReadOnlyMemory (images, 0, count), ReadOnlyMemory (steps, 0, count * slots)
        engine.Render (images, steps, slots, shape, Memory<float32> views, cores)
    let drawAll epoch =
        let one i = draw kind epoch i (Span (steps, i * slots, slots))
        if cores = 1 then
            for i in 0 .. kind.Images - 1 do
                one i
        else
            Threading.Tasks.Parallel.For (
                0,
                kind.Images,
                Threading.Tasks.ParallelOptions (MaxDegreeOfParallelism = cores),
                one
            )
            |> ignore

    drawAll 0
    let checkedViews = if kind.From > 100 then 2 else 64
    let expected, found =
        Array.zeroCreate (checkedViews * plain.Length), Array.zeroCreate (checkedViews * plain.Length)
    render ViewEngine.Reference plain checkedViews 1 expected
    render engine plain checkedViews cores found
    let equal = Array.forall2 (fun (a: float32) b -> abs (a - b) <= tolerance) expected found

    let views, standard = Array.zeroCreate (kind.Images * plain.Length), shape 0.25f
    let mutable epoch = 0
    let batches =
        Watch.perSecond quick (fun () ->
            epoch <- epoch + 1
            drawAll epoch
            render engine standard kind.Images cores views)
    {
        Case = $"""{kind.Name}, {cores} {if cores = 1 then "core" else "cores"}, {engine.Name}"""
        Unit = "views/s"
        Ours = batches * float kind.Images
        Peer = Option.map fst peer
        PeerName = peer |> Option.map snd |> Option.defaultValue "torchvision"
        Equal = equal
        Bytes = Cost.bytes images[0] standard
        Operations =
            Seq.init kind.Images (fun i ->
                Cost.operations images[i] (ReadOnlySpan (steps, i * slots, slots)) standard)
            |> Seq.average
    }

/// All cases. The time includes the drawing of the random numbers, as the peer's does.
let run quick = [
    Interop.NativeLibraries.Load ()
    for kind in kinds do
        for cores in [ 1; 2 ] do
            let views = if quick then max 10 (kind.PeerViews / 5) else kind.PeerViews
            let arguments = [ kind.Channels; kind.From; kind.To; views ] |> List.map string
            let peer = Peer.run "augment_torchvision.py" cores arguments
            TorchSharp.torch.set_num_threads cores
            let engines = [|
                if cores = 1 then yield! ViewEngine.Tiers () else ViewEngine.Best ()
                ViewEngine.Torch TorchSharp.torch.CPU
            |]
            for engine in engines do
                row quick peer kind engine cores
]
