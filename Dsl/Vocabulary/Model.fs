namespace Vantage

/// One augmented copy of an image that a method looks at. Each global view is the target of every other view.
[<RequireQualifiedAccess>]
type View =
    /// A view that is compared with all others.
    | Global of Augmentation
    /// A view, usually a smaller crop, that is compared with the global ones only.
    | Local of Augmentation

/// A layer of a head. Every one works on rows: n x width in, n x width out.
[<RequireQualifiedAccess>]
type Layer =
    /// Dense, to this many values, with a bias or without.
    | Linear of width: int * bias: bool
    /// Over the batch; with a learnt scale and offset, or without.
    | BatchNorm of scale: bool * offset: bool
    /// Over the values of each row; learnt scale and offset.
    | LayerNorm
    /// max(x, 0).
    | Relu
    /// x times the normal distribution function of x (Hendrycks and Gimpel 2016), exact.
    | Gelu
    /// Values set to 0 with this probability while training, the others scaled up; not in a momentum target.
    | Dropout of probability: float
    /// Each row divided by its length.
    | UnitLength

/// What stands between the representation h and the loss.
type Head = Head of Layer list

/// Where negatives come from.
[<RequireQualifiedAccess>]
type Negatives =
    /// All other images of the batch.
    | InBatch
    /// The keys of past batches, first in first out (MoCo).
    | Queue of length: int
    /// A memory of one embedding for each image of the set, mixed with what comes anew by this momentum (InstDisc); against all of it, or against
    /// so many rows drawn from it (noise; 0 for all).
    | Bank of noise: int * momentum: float

/// How images are labelled by their embeddings, once an epoch.
[<RequireQualifiedAccess>]
type Labelling =
    /// By so many iterations of spherical k-means, whose centroids are the prototypes of the epoch (DeepCluster-v2).
    | KMeans of iterations: int
    /// By the largest of their codes against the learnt prototypes, spread evenly over the set by Sinkhorn and Knopp (SeLa-v2).
    | Transport of epsilon: float * iterations: int

/// How the learning rate of a predictor goes.
[<RequireQualifiedAccess>]
type PredictorRate =
    /// As that of all other weights.
    | Same
    /// The highest of the recipe's rates all the time (SimSiam, table 1 and appendix B).
    | Undecayed
    /// So many times that of all other weights (BYOL, appendix I).
    | Times of float

/// One reason why the constant answer is not the answer that training finds. A strategy is a list of them: SimCLR is [ repel inBatch ].
[<RequireQualifiedAccess>]
type Mechanism =
    /// Views of other images are pushed away.
    | Repel of Negatives
    /// What a view is compared with is a constant: no gradient goes into it.
    | StopGradient
    /// A head on the predicting side only.
    | Predict of Head * PredictorRate
    /// What a view is compared with comes from a copy of the network that follows it: weights := m weights + (1 - m) learnt ones after each step.
    | MomentumTarget of momentum: Schedule
    /// The mean of the targets' scores, followed with this momentum, is taken off them (DINO).
    | Centre of momentum: float
    /// The targets' scores are divided by this temperature, lower than that of the predictions (DINO).
    | Sharpen of temperature: float
    /// Targets are spread evenly over the prototypes by so many iterations of Sinkhorn and Knopp at this entropy weight (SwAV).
    | Balance of epsilon: float * iterations: int
    /// Every image has the label that the last epoch's embeddings gave it, the same for all its views, and new labels when an epoch begins.
    | Relabel of Labelling
    /// The values of an embedding are decorrelated over the batch.
    | Decorrelate
    /// The deviation of every value over the batch is kept up.
    | KeepVariance
    /// Embeddings are spread like samples of a prior.
    | MatchPrior
    /// Embeddings are kept away from their nearest neighbours, by so many times the Kozachenko-Leonenko term (Sablayrolles et al. 2019; DINOv2). Goes with any objective.
    | KeepApart of weight: float
    /// The mean prediction over the batch is spread over all prototypes, with this weight (MSN, section 3).
    | MeanEntropy of weight: float
    /// Embeddings are whitened in groups of so many images before they are compared, each view by itself; the covariance is shrunk towards the identity by this
    /// share (W-MSE, Ermolov et al. 2021).
    | Whiten of size: int * epsilon: float

/// A distribution that embeddings are matched with.
[<RequireQualifiedAccess>]
type Prior =
    /// Even over the unit sphere; embeddings are divided by their lengths.
    | Sphere
    /// Even over the cube from -1 to 1.
    | Cube
    /// Normal, independent values of deviation 1.
    | Normal

/// Patches that a transformer does not see in global views, and whose scores it predicts all the same (iBOT, Zhou et al. 2022).
type Hidden = {
    /// The probability that a view has any.
    Probability: float
    /// Which share of its patches.
    Share: Distribution
    /// The weight of their term.
    Weight: float
}

/// Directions that stand for groups of images: K unit vectors, learnt, but for the first epochs.
type Prototypes = { Count: int; Frozen: int<epoch> }

/// Which negatives count.
[<RequireQualifiedAccess>]
type Mining =
    /// All of them.
    | All
    /// The hardest one that is further away than the positive (FaceNet, section 3.2; SimCLR, table 4).
    | SemiHard

/// Which training images show their labels.
[<RequireQualifiedAccess>]
type Labelled =
    /// All of them, each in its own batch.
    | All
    /// So many of each class, drawn from the seed; each step takes `batch` of them beside its unlabelled images.
    | PerClass of count: int * batch: int

/// Which labelled images still count as training goes on: those whose class is less probable than a threshold that rises from 1 / C to 1 (UDA's training signal annealing).
[<RequireQualifiedAccess>]
type Annealing =
    | Off
    | Linear
    | Logarithmic
    | Exponential

/// What a classifier learns from images without labels. `ramp` is the share of the run over which a weight grows from 0; 0 for none.
[<RequireQualifiedAccess>]
type Unlabelled =
    /// Cross-entropy with its own most likely class, where that is probable enough (Lee 2013).
    | PseudoLabel of threshold: float * weight: float * ramp: float
    /// The entropy of its predictions (Grandvalet and Bengio 2004).
    | LeastEntropy of weight: float
    /// The divergence of predictions after the step of length epsilon that changes them most, found by a trial step (VAT, Miyato et al. 2018).
    | Vat of epsilon: float * trial: float * weight: float * ramp: float
    /// The last view's predictions held to the sharpened ones of the first, where those are sure (UDA, Xie et al. 2020).
    | Sharpened of temperature: float * confidence: float * weight: float
    /// The last view's cross-entropy with the first view's most likely class, where that is probable enough (FixMatch, Sohn et al. 2020).
    | Confident of threshold: float * weight: float
    /// Cross-entropy of a second head that tells by how many quarters an image was turned, over all images (S4L, Zhai et al. 2019).
    | Rotation of weight: float

/// What is pulled together or apart. Each global view is the target of every other view; the loss is the mean over these pairs.
[<RequireQualifiedAccess>]
type Objective =
    /// Normalised temperature-scaled cross-entropy (SimCLR, equation 1). Temperature has no unit: cosines are divided by it.
    | NtXent of temperature: float
    /// NT-Xent without the positive in its denominator (DCL, Yeh et al. 2022, equation 6); with a sigma, hard positives weigh more (DCLW, section 3.3).
    | Decoupled of temperature: float * sigma: float option
    /// Each pair of views for itself: log-sigmoid of the cosine over the temperature (NT-Logistic, SimCLR, table 2).
    | NtLogistic of temperature: float * Mining
    /// Positives closer than negatives by a margin of the cosine (SimCLR, table 2).
    | MarginTriplet of margin: float * Mining
    /// A view finds its key among keys without gradient: those of a queue or bank (MoCo, InstDisc), or of the batch, then times 2 temperature (MoCo v3).
    /// One way, the first view seeks the second; both ways, the two losses are added up.
    | InfoNce of temperature: float * bothWays: bool
    /// Squared distance of unit vectors, 2 - 2 cos, both orders added up (BYOL, equation 2).
    | Regression
    /// The cosine with a minus, the mean of both orders (SimSiam, equation 2).
    | NegativeCosine
    /// A view's scores against the prototypes predict the codes of another view (SwAV, equation 2).
    | SwapCodes of temperature: float * Prototypes
    /// A view's scores against the prototypes predict the scores of the target network (DINO, equation 3); the temperature is the student's. With hidden patches, their scores
    /// predict those of the target network for the same patches (iBOT, equation 2).
    | SelfDistill of temperature: float * Prototypes * Hidden option
    /// The cross-correlation of the two views is the identity; lambda weighs what is off its diagonal (Barlow Twins, equation 1).
    | BarlowTwins of lambda: float
    /// Squared difference, a hinge on deviations below 1, squared covariances, each with its weight (VICReg, equation 6).
    | VicReg of invariance: float * variance: float * covariance: float
    /// Alignment and uniformity on the sphere: the sharpness of the potential and the weight of uniformity (Wang and Isola 2020).
    | Hypersphere of sharpness: float * weight: float

    /// Half the mean squared difference of the two views' values, and so many times the sliced Wasserstein distance to a prior, along as many directions at right
    /// angles as there are values, new at each step (Chen and Li 2020, table 1).
    | Sliced of Prior * weight: float
    /// Half the mean squared difference of the two views' unit rows, and so many times the log-sum-exp of all rows' similarities at a temperature (Chen and Li 2020,
    /// table 1: NT-Xent with a weight of its own for the distribution).
    | AlignSpread of temperature: float * weight: float
    /// The mean squared distance of each view to the mean of the global ones, and the distance of embeddings to a standard normal distribution along so many directions, new at
    /// each step; the second with this weight, the first with what is left of 1 (LeJEPA, Balestriero and LeCun 2025).
    | LeJepa of weight: float * directions: int
    /// The information that two views share under a Gaussian model, with this variance of noise (IMAX, Becker and Hinton 1992).
    | Imax of noise: float
    /// An objective that compares cosines, comparing dot products instead: embeddings are not divided by their lengths (SimCLR, table 5).
    | Raw of Objective
    /// Cross-entropy of labelled images, whose logits are the embedding, and terms on the others. Needs labels.
    | Classify of Labelled * Annealing * Unlabelled list
    /// NT-Xent with all images of one class as positives, the mean over them outside the logarithm (SupCon, Khosla et al. 2020, equation 2). Needs labels.
    | SupCon of temperature: float

/// Which images batch norm takes its statistics over.
[<RequireQualifiedAccess>]
type Passes =
    /// All views of one size go through the network together (SimCLR, SwAV, DINO).
    | Together
    /// Each view goes through it alone (BYOL, SimSiam, MoCo v3, Barlow Twins, VICReg).
    | EachView

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
    /// What the recipe's own classifier says.
    | Classifier

/// What happens to an image that cannot be decoded.
[<RequireQualifiedAccess>]
type OnCorrupt =
    /// The run ends with an error that names the file.
    | Stop
    /// It is named, counted, and the next readable image takes its place.
    | Skip
