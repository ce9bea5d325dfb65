namespace Vantage

open TorchSharp

/// What a layer did to one image, for `explain`.
type LayerTrace = { Layer: string; Output: int64 list; Macs: int64 }

/// The weights and running statistics of a network by their published names, and the mode it is in.
type Weights(device: torch.Device, seed: uint64, precision: Precision) =
    let generator = new torch.Generator (seed, torch.CPU)
    let parameters = ResizeArray<string * Kept>()
    let buffers = ResizeArray<string * Kept>()

    /// Batch norm uses the batch's statistics and updates its running ones.
    member val Training = true with get, set

    /// Where layers write what they did, while somebody listens.
    member val Trace: ResizeArray<LayerTrace> option = None with get, set

    /// Where the weights live.
    member _.Device = device

    /// Weights that are learnt, in the order in which they were made.
    member _.Parameters = parameters |> Seq.map (fun (name, kept) -> name, kept.Value) |> Seq.toList

    /// Running statistics.
    member _.Buffers = buffers |> Seq.map (fun (name, kept) -> name, kept.Value) |> Seq.toList

    /// The type in which the encoder computes.
    member _.Compute =
        match precision with
        | Precision.Float32 -> torch.float32
        | Precision.BFloat16 -> torch.bfloat16

    /// Makes and names a weight; `init` gets a generator seeded by the recipe.
    member _.Parameter(name, init: torch.Generator -> torch.Tensor) =
        let tensor = (init generator).``to``(device).detach().requires_grad_ true
        parameters.Add (name, Kept tensor)
        tensor

    /// Makes and names a running statistic.
    member _.Buffer(name, value: torch.Tensor) =
        let tensor = value.``to`` device
        buffers.Add (name, Kept tensor)
        tensor

    /// Writes what a layer did, if somebody listens.
    member this.Note(name, output: torch.Tensor, macs: int64) =
        match this.Trace with
        | Some trace -> trace.Add { Layer = name; Output = List.ofArray output.shape; Macs = macs }
        | None -> ()

/// Layers as functions from tensor to tensor. Widths are `int` in the language and `int64` here only.
module Layers =
    let private momentum = 0.1
    let private epsilon = 1e-5

    /// Images n x c x h x w in the order n, h, w, c in memory, which libtorch's CPU convolutions prefer.
    let channelsLast (x: torch.Tensor) = x.permute(0L, 2L, 3L, 1L).contiguous().permute(0L, 3L, 1L, 2L)

    /// 2-D convolution without bias; weights He-normal by fan-out (torchvision's ResNet).
    let conv (weights: Weights) name inputs outputs kernel stride padding =
        let deviation = sqrt (2.0 / float (outputs * kernel * kernel))
        let size = [| int64 outputs; int64 inputs; int64 kernel; int64 kernel |]
        let weight =
            weights.Parameter (
                $"{name}.weight",
                fun g -> torch.randn(size, generator = g).mul_(Scope.number deviation)
            )
        fun (x: torch.Tensor) ->
            let y =
                torch.nn.functional.conv2d (
                    x,
                    weight.to_type weights.Compute,
                    strides = [| int64 stride; int64 stride |],
                    padding = [| int64 padding; int64 padding |]
                )
            weights.Note (name, y, y.numel () / y.shape[0] * int64 (inputs * kernel * kernel))
            y

    /// Batch norm over all but the channel dimension. Statistics, scale and offset are float32.
    let batchNorm (weights: Weights) name width =
        let size = [| int64 width |]
        let scale = weights.Parameter ($"{name}.weight", fun _ -> torch.ones size)
        let offset = weights.Parameter ($"{name}.bias", fun _ -> torch.zeros size)
        let mean = weights.Buffer ($"{name}.running_mean", torch.zeros size)
        let variance = weights.Buffer ($"{name}.running_var", torch.ones size)
        fun (x: torch.Tensor) ->
            torch.nn.functional.batch_norm (
                x,
                mean,
                variance,
                scale,
                offset,
                weights.Training,
                momentum,
                epsilon
            )

    /// Dense layer in float32; weights uniform within 1 / sqrt(inputs) (PyTorch's default).
    let linear (weights: Weights) name inputs outputs bias =
        let bound = 1.0 / sqrt (float inputs)
        let uniform (size: int64 array) (g: torch.Generator) =
            torch.rand(size, generator = g).mul_(Scope.number (2.0 * bound)).sub_(Scope.number bound)
        let weight = weights.Parameter ($"{name}.weight", uniform [| int64 outputs; int64 inputs |])
        let offset =
            if bias then
                weights.Parameter ($"{name}.bias", uniform [| int64 outputs |])
            else
                null
        fun (x: torch.Tensor) ->
            let y = torch.nn.functional.linear (x, weight, offset)
            weights.Note (name, y, int64 inputs * int64 outputs)
            y

    /// max(x, 0) in place: what comes in is the output of a norm or a sum, which no gradient needs again.
    let relu (x: torch.Tensor) = x.relu_ ()

    /// x + y, in the memory of x, which no gradient needs again.
    let plus (y: torch.Tensor) (x: torch.Tensor) = x.add_ y

/// Encoders: images n x c x h x w in, representations n x d out, float32 both.
module Encoders =
    open Layers

    let private shortcut weights name inputs outputs stride =
        if inputs = outputs && stride = 1 then
            id
        else
            conv weights $"{name}.downsample.0" inputs outputs 1 stride 0
            >> batchNorm weights $"{name}.downsample.1" outputs

    let private basic weights name inputs width stride =
        let first =
            conv weights $"{name}.conv1" inputs width 3 stride 1
            >> batchNorm weights $"{name}.bn1" width
            >> relu
        let second =
            conv weights $"{name}.conv2" width width 3 1 1
            >> batchNorm weights $"{name}.bn2" width
        let beside = shortcut weights name inputs width stride
        width, (fun (x: torch.Tensor) -> x |> first |> second |> plus (beside x) |> relu)

    let private bottleneck weights name inputs width stride =
        let outputs = 4 * width
        let inside =
            conv weights $"{name}.conv1" inputs width 1 1 0
            >> batchNorm weights $"{name}.bn1" width
            >> relu
            >> conv weights $"{name}.conv2" width width 3 stride 1
            >> batchNorm weights $"{name}.bn2" width
            >> relu
            >> conv weights $"{name}.conv3" width outputs 1 1 0
            >> batchNorm weights $"{name}.bn3" outputs
        let beside = shortcut weights name inputs outputs stride
        outputs, (fun (x: torch.Tensor) -> inside x |> plus (beside x) |> relu)

    /// Stages of blocks, named layer1.0, layer1.1, layer2.0 ... as torchvision names them. The first stage keeps the size.
    let private stages weights block inputs widths counts =
        ((inputs, id, 1), List.zip widths counts)
        ||> List.fold (fun (inputs, so, stage) (width, count) ->
            let outputs, through =
                ((inputs, so), [ 0 .. count - 1 ])
                ||> List.fold (fun (inputs, so) k ->
                    let stride = if k = 0 && stage > 1 then 2 else 1
                    let outputs, layer = block weights $"layer{stage}.{k}" inputs width stride
                    outputs, so >> layer)
            outputs, through, stage + 1)
        |> fun (width, through, _) -> width, through

    let private pooled (x: torch.Tensor) = x.mean([| 2L; 3L |]).to_type torch.float32

    let private prepared (weights: Weights) (x: torch.Tensor) = channelsLast (x.to_type weights.Compute)

    /// Builds an encoder: the width of its representation, and the function.
    let build (weights: Weights) channels encoder =
        match encoder with
        | Encoder.CompactResNet (widths, blocks) ->
            let stem =
                conv weights "conv1" channels widths.Head 4 2 1
                >> batchNorm weights "bn1" widths.Head
                >> relu
            let width, body = stages weights basic widths.Head widths (List.replicate widths.Length blocks)
            width, prepared weights >> stem >> body >> pooled
        | Encoder.ResNet (depth, stem) ->
            let first =
                match stem with
                | Stem.ImageNet ->
                    conv weights "conv1" channels 64 7 2 3
                    >> batchNorm weights "bn1" 64
                    >> relu
                    >> fun x -> torch.nn.functional.max_pool2d (x, 3L, 2L, 1L)
                | Stem.SmallImage ->
                    conv weights "conv1" channels 64 3 1 1 >> batchNorm weights "bn1" 64 >> relu
            let block, counts =
                match depth with
                | 18 -> basic, [ 2; 2; 2; 2 ]
                | 34 -> basic, [ 3; 4; 6; 3 ]
                | 50 -> bottleneck, [ 3; 4; 6; 3 ]
                | other ->
                    invalidArg (nameof encoder) $"there is no ResNet-{other} here; 18, 34 and 50 are built"
            let width, body = stages weights block 64 [ 64; 128; 256; 512 ] counts
            width, prepared weights >> first >> body >> pooled

    /// Builds a head on representations of this width: the width of its output, and the function.
    let head weights name inputs (Head layers) =
        ((inputs, id), List.indexed layers)
        ||> List.fold (fun (width, so) (k, layer) ->
            match layer with
            | Layer.Linear (outputs, bias) -> outputs, so >> linear weights $"{name}.{k}" width outputs bias
            | Layer.BatchNorm -> width, so >> batchNorm weights $"{name}.{k}" width
            | Layer.Relu -> width, so >> torch.nn.functional.relu)

/// A recipe's networks.
type Network = {
    Weights: Weights
    /// Images to representations h.
    Encode: torch.Tensor -> torch.Tensor
    /// Representations to embeddings z, not normalised.
    Project: torch.Tensor -> torch.Tensor
    /// The width of h.
    Width: int
    /// The width of z.
    Embedding: int
}

/// Builds the networks of a recipe.
module Network =
    /// With weights drawn from the recipe's seed.
    let ofRecipe (device: torch.Device) channels (recipe: Recipe) =
        use _ = torch.NewDisposeScope ()
        let weights = Weights (device, recipe.Seed, recipe.Precision)
        let width, encode = Encoders.build weights channels recipe.Encoder
        let embedding, project = Encoders.head weights "projector" width recipe.Projector
        {
            Weights = weights
            Encode = encode
            Project = project
            Width = width
            Embedding = embedding
        }
