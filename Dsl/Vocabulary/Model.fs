namespace Vantage

/// One augmented copy of an image that a method looks at. Each global view is the target of every other view.
[<RequireQualifiedAccess>]
type View =
    /// A view that is compared with all others.
    | Global of Augmentation
    /// A view, usually a smaller crop, that is compared with the global ones only.
    | Local of Augmentation

/// How a ResNet meets the image.
[<RequireQualifiedAccess>]
type Stem =
    /// 7 x 7 stride 2 and max-pool: for 224 px (He et al. 2015, table 1).
    | ImageNet
    /// 3 x 3 stride 1, no max-pool: for 32 px (SimCLR, appendix B.9).
    | SmallImage

/// The network whose output is the representation h.
[<RequireQualifiedAccess>]
type Encoder =
    /// ResNet of 18, 34 (basic blocks) or 50 (bottleneck) layers, as torchvision builds it, without the classifier.
    | ResNet of depth: int * Stem
    /// For 28 to 32 px on a few cores: a 4 x 4 stride-2 stem, then one stage for each width, halving the image between
    /// stages, of `blocks` basic blocks. Channel counts that fill vector units; see Recipes/README.md for what it reaches.
    | CompactResNet of widths: int list * blocks: int

/// A layer of a head.
[<RequireQualifiedAccess>]
type Layer =
    /// Dense, to this many values, with a bias or without.
    | Linear of width: int * bias: bool
    /// Over the batch; learnt scale and offset.
    | BatchNorm
    /// max(x, 0).
    | Relu

/// What stands between the representation h and the loss.
type Head = Head of Layer list

/// Where negatives come from.
[<RequireQualifiedAccess>]
type Negatives =
    /// All other images of the batch.
    | InBatch

/// One reason why the constant answer is not the best answer. A strategy is a list of them: SimCLR is [ repel inBatch ].
[<RequireQualifiedAccess>]
type Mechanism =
    /// Views of other images are pushed away.
    | Repel of Negatives
    /// The values of an embedding are decorrelated over the batch.
    | Decorrelate
    /// The deviation of every value over the batch is kept up.
    | KeepVariance
    /// Embeddings are spread like samples of a prior.
    | MatchPrior

/// What is pulled together or apart.
[<RequireQualifiedAccess>]
type Objective =
    /// Normalised temperature-scaled cross-entropy (SimCLR, equation 1). Temperature has no unit: cosines are divided by it.
    | NtXent of temperature: float
    /// NT-Xent without the positive in its denominator (DCL, Yeh et al. 2022, equation 6).
    | Decoupled of temperature: float
    /// Each pair of views for itself: log-sigmoid of the cosine over the temperature (NT-Logistic, SimCLR, table 2).
    | NtLogistic of temperature: float
    /// Positives closer than negatives by a margin of the cosine (SimCLR, table 2).
    | MarginTriplet of margin: float
    /// The cross-correlation of the two views is the identity; lambda weighs what is off its diagonal (Barlow Twins, equation 1).
    | BarlowTwins of lambda: float
    /// Squared difference, a hinge on deviations below 1, squared covariances, each with its weight (VICReg, equation 6).
    | VicReg of invariance: float * variance: float * covariance: float
    /// Alignment and uniformity on the sphere: the sharpness of the potential and the weight of uniformity (Wang and Isola 2020).
    | Hypersphere of sharpness: float * weight: float

/// How gradients become steps.
[<RequireQualifiedAccess>]
type Rule =
    /// Stochastic gradient descent with momentum; decay is added to the gradient.
    | Sgd of momentum: float
    /// Layer-wise adaptive rates, SimCLR's variant; batch norm and biases take plain momentum steps.
    | Lars of momentum: float
    /// Adam with decoupled decay; moments 0.9 and 0.999.
    | AdamW

/// The rule and its numbers. Biases and batch-norm parameters are never decayed.
type Optimizer = { Rule: Rule; Rate: Schedule; Decay: float }

/// Arithmetic of the encoder. Master weights, statistics, heads and losses are float32 in both.
[<RequireQualifiedAccess>]
type Precision =
    | Float32
    | BFloat16

/// How a representation is measured, frozen, on labelled images.
[<RequireQualifiedAccess>]
type Protocol =
    /// Cosine k nearest neighbours, weighted exp(similarity / temperature) (Wu et al. 2018).
    | Knn of neighbours: int * temperature: float
    /// Softmax regression on standardized features by L-BFGS, with this factor on the squared weights.
    | Linear of decay: float * iterations: int

/// What happens to an image that cannot be decoded.
[<RequireQualifiedAccess>]
type OnCorrupt =
    /// The run ends with an error that names the file.
    | Stop
    /// It is named, counted, and the next readable image takes its place.
    | Skip
