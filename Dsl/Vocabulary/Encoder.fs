namespace Vantage

/// How a ResNet meets the image.
[<RequireQualifiedAccess>]
type Stem =
    /// 7 x 7 stride 2 and max-pool: for 224 px (He et al. 2015, table 1).
    | ImageNet
    /// 3 x 3 stride 1, no max-pool: for 32 px (SimCLR, appendix B.9).
    | SmallImage

/// A residual network as torchvision builds it, without the classifier.
type ResNet = {
    /// 18 or 34 (basic blocks), 50, 101, 152 or 200 (bottlenecks).
    Depth: int
    Stem: Stem
    /// How many times the published channels all layers have.
    Width: int
    /// Selective kernels with this ratio, 1/16 in SimCLRv2, with its deep stem and averaging shortcuts; none for plain convolutions.
    Selective: float option
    /// The last norm of every block starts at 0.
    ZeroInit: bool
}

/// What a transformer says of an image as a whole.
[<RequireQualifiedAccess>]
type Pool =
    /// The output of a token of its own.
    | ClassToken
    /// The mean over patches.
    | Mean

/// How a transformer knows where a patch lies.
[<RequireQualifiedAccess>]
type Positions =
    /// Sines and cosines of rows and columns.
    | SinCos
    /// A vector for each place of the grid of an image of the encoder's own size, learnt; stretched for others.
    | Learnt

/// A vision transformer as timm builds it, without the classifier.
type ViT = {
    /// The side of the images that learnt positions are for.
    Image: int<px>
    Patch: int<px>
    Width: int
    Depth: int
    Heads: int
    Pool: Pool
    Positions: Positions
    /// The projection of patches stays as drawn (MoCo v3).
    FixedPatches: bool
    /// The probability that the last block is left out for an image while training; less for those before.
    DropPath: float
    /// The share of patches that are left out of images of the encoder's own size while training (MSN, section 3); not in a momentum target.
    Dropped: float
}

/// The network whose output is the representation h.
[<RequireQualifiedAccess>]
type Encoder =
    | ResNet of ResNet
    | ViT of ViT
    /// For 28 to 32 px on a few cores: a 4 x 4 stride-2 stem, then one stage for each width, halving the image between
    /// stages, of `blocks` basic blocks. Channel counts that fill vector units; see Recipes/README.md for what it reaches.
    | CompactResNet of widths: int list * blocks: int
    /// The same after a stem of overlapping patches: a convolution over twice the patch's side, this side apart, made as one product. At 4 px its maps have a quarter of
    /// the compact network's places, and the widths, multiples of 32, fill matrix products; which of the two reaches more in the same time has not been measured.
    | PatchResNet of patch: int<px> * widths: int list * blocks: int
    /// Layer norm over all values of a map, with a scale and an offset for each channel, wherever a residual network has batch norm (CPC v2, section 2).
    | LayerNormed of Encoder
    /// Overlapping patches, each seen alone; the mean of what they say stands for the image (CPC).
    | Patchwise of patch: int<px> * stride: int<px> * Encoder
    /// An encoder and a projector of its own for each group of so many channels, in their order; each group is a view, all of them side by side the representation (CMC).
    | Split of groups: int list * Encoder
    /// The encoder of a finished run and the first layers of its projector, starting from its weights (SimCLRv2's fine-tuning from a middle layer, Chen et al. 2020b, section 2).
    | Continued of Trained * layers: int

/// A finished run by its folder, and what its network is built of.
and Trained = {
    Folder: string
    /// That of its recipe; without it, any run of this encoder and projector will do.
    Fingerprint: string option
    Encoder: Encoder
    Projector: Head
}

/// Functions over encoders.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Encoder =
    /// Whether it is a residual network, whatever its norm.
    let rec isResidual =
        function
        | Encoder.ResNet _
        | Encoder.CompactResNet _
        | Encoder.PatchResNet _ -> true
        | Encoder.LayerNormed inner -> isResidual inner
        | _ -> false

    /// The layers of a run's projector that are gone on with.
    let kept (run: Trained) layers =
        let (Head all) = run.Projector
        List.truncate layers all

    let private isNorm =
        function
        | Layer.BatchNorm _ -> true
        | _ -> false

    /// Whether what it makes of an image depends on the others of the batch.
    let rec normsOverBatch =
        function
        | Encoder.ResNet _
        | Encoder.CompactResNet _
        | Encoder.PatchResNet _ -> true
        | Encoder.ViT _
        | Encoder.LayerNormed _ -> false
        | Encoder.Patchwise (_, _, inner)
        | Encoder.Split (_, inner) -> normsOverBatch inner
        | Encoder.Continued (run, layers) ->
            normsOverBatch run.Encoder || List.exists isNorm (kept run layers)

    /// Whether it has maps at two scales.
    let rec hasScales =
        function
        | Encoder.ResNet _ -> true
        | Encoder.CompactResNet (widths, _)
        | Encoder.PatchResNet (_, widths, _) -> widths.Length > 1
        | Encoder.LayerNormed inner -> hasScales inner
        | _ -> false

    /// How many views each view of an image becomes.
    let towers =
        function
        | Encoder.Split (groups, _) -> groups.Length
        | _ -> 1
