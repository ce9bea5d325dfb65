namespace Vantage

open TorchSharp

/// What a layer did to one image, for `explain`.
type LayerTrace = { Layer: string; Output: int64 list; Macs: int64 }

/// The weights and running statistics of a network by their published names, and the mode it is in. Weights of a network that does not learn take no gradient.
type Weights(device: torch.Device, seed: uint64, precision: Precision, learns: bool) =
    let generator = new torch.Generator (seed, torch.CPU)
    let parameters = ResizeArray<string * Kept>()
    let buffers = ResizeArray<string * Kept>()
    let calls = ResizeArray<int>()
    let mutable stepOfCalls = -1

    /// Batch norm uses the batch's statistics and updates its running ones.
    member val Training = true with get, set

    /// Values and blocks are dropped: while training, in a network that learns. A target that follows one drops nothing (as DINO's code).
    member this.Drops = this.Training && learns

    /// Batch norm's running statistics follow the batch's, while training.
    member val Following = true with get, set

    /// What stands before the names of weights that are made from now on.
    member val Prefix = "" with get, set

    /// Layers of a batch norm that are made from now on are layer norms.
    member val LayerNorms = false with get, set

    /// Which step of the run this is: dropout draws by it.
    member val Step = 0 with get, set

    /// A number for a layer that draws by chance, to ask `Call` with.
    member _.Counter() =
        calls.Add 0
        calls.Count - 1

    /// How often the layer with this counter drew in this step before; draws depend on it.
    member this.Call counter =
        if stepOfCalls <> this.Step then
            for i in 0 .. calls.Count - 1 do
                calls[i] <- 0
            stepOfCalls <- this.Step
        calls[counter] <- calls[counter] + 1
        calls[counter] - 1

    /// How often every layer has drawn in this step: set to what it was, layers draw the same again.
    member this.Calls
        with get () =
            if stepOfCalls = this.Step then
                calls.ToArray ()
            else
                Array.zeroCreate calls.Count
        and set (before: int array) =
            stepOfCalls <- this.Step
            before |> Array.iteri (fun i count -> calls[i] <- count)

    /// What chance in layers is drawn from.
    member _.Seed = seed

    /// Where layers write what they did, while somebody listens.
    member val Trace: ResizeArray<LayerTrace> option = None with get, set

    /// Where the weights live.
    member _.Device = device

    /// Weights that are learnt, in the order in which they were made.
    member _.Parameters = parameters |> Seq.map (fun (name, kept) -> name, kept.Value) |> Seq.toList

    /// Running statistics.
    member _.Buffers = buffers |> Seq.map (fun (name, kept) -> name, kept.Value) |> Seq.toList

    /// The type in which the encoder computes.
    member _.Compute = if Precision.isBFloat16 precision then torch.bfloat16 else torch.float32

    /// How maps lie in memory, and why.
    member _.Layout = fst (Layouts.choose precision)

    /// Makes and names a weight; `init` gets a generator seeded by the recipe.
    member this.Parameter(name, init: torch.Generator -> torch.Tensor) =
        let tensor = (init generator).``to``(device).detach().requires_grad_ learns
        parameters.Add (this.Prefix + name, Kept tensor)
        tensor

    /// Makes and names a weight that stays as it was drawn; it is saved with the statistics.
    member this.Fixed(name, init: torch.Generator -> torch.Tensor) =
        let tensor = (init generator).``to``(device).detach()
        buffers.Add (this.Prefix + name, Kept tensor)
        tensor

    /// Makes and names a running statistic.
    member this.Buffer(name, value: torch.Tensor) =
        let tensor = value.``to`` device
        buffers.Add (this.Prefix + name, Kept tensor)
        tensor

    /// Writes what a layer did, if somebody listens.
    member this.Note(name, output: torch.Tensor, macs: int64) =
        match this.Trace with
        | Some trace -> trace.Add { Layer = name; Output = List.ofArray output.shape; Macs = macs }
        | None -> ()
