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
}

/// The network whose output is the representation h.
[<RequireQualifiedAccess>]
type Encoder =
    | ResNet of ResNet
    | ViT of ViT
    /// For 28 to 32 px on a few cores: a 4 x 4 stride-2 stem, then one stage for each width, halving the image between
    /// stages, of `blocks` basic blocks. Channel counts that fill vector units; see Recipes/README.md for what it reaches.
    | CompactResNet of widths: int list * blocks: int
