namespace Vantage

/// One augmented copy of an image that a method looks at. Each global view is the target of every other view.
[<RequireQualifiedAccess>]
type View =
    /// A view that is compared with all others.
    | Global of Augmentation
    /// A view, usually a smaller crop, that is compared with the global ones only.
    | Local of Augmentation

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

/// Directions that stand for groups of images: K unit vectors, learnt, but for the first epochs; so many sets of them, whose losses are averaged.
type Prototypes = { Count: int; Frozen: int<epoch>; Sets: int }

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
    /// The same as the official code has it: the mean over all images times the share of those that are probable enough (pseudo_label.py of google-research/fixmatch).
    | PseudoLabelByShare of threshold: float * weight: float * ramp: float
    /// The entropy of its predictions (Grandvalet and Bengio 2004).
    | LeastEntropy of weight: float
    /// The divergence of predictions after the step of length epsilon that changes them most, found by a trial step (VAT, Miyato et al. 2018).
    | Vat of epsilon: float * trial: float * weight: float * ramp: float
    /// The same with its divergence turned round, of the disturbed prediction from the clean one (the code of FixMatch and S4L).
    | VatTurned of epsilon: float * trial: float * weight: float * ramp: float
    /// The last view's predictions held to the sharpened ones of the first, where those are sure (UDA, Xie et al. 2020).
    | Sharpened of temperature: float * confidence: float * weight: float
    /// The last view's cross-entropy with the first view's most likely class, where that is probable enough (FixMatch, Sohn et al. 2020).
    | Confident of threshold: float * weight: float
    /// Cross-entropy of a second head that tells by how many quarters an image was turned, over all images (S4L, Zhai et al. 2019).
    | Rotation of weight: float
    /// The views of an image closer to one another than to another image's, in an embedding of this width that a second head makes: the hardest triplet of each, a soft margin, over all
    /// images (S4L's exemplars, Zhai et al. 2019, section 3.1; Hermans et al. 2017).
    | Exemplar of width: int * weight: float
    /// Cross-entropy of the first view's predictions with those of a finished run for the same view, both at a temperature (SimCLRv2, Chen et al. 2020b, equation 2).
    | Distil of Trained * temperature: float * weight: float

/// What the patches of an image predict of those further along.
type Ahead = {
    /// The nearest row that is predicted, counted from a patch's own; 2 where patches overlap by half.
    First: int
    Last: int
    /// Residual blocks of the context network, each of which sees a row more; and their inner width.
    Blocks: int
    Width: int
    /// 1: rows below only (CPC v1); 4: each of the four sides by a context network of its own (CPC v2).
    Directions: int
}

/// What is hidden from a transformer and asked of it.
type Restoration = {
    /// The share of patches that it does not see.
    Share: float
    /// The largest deviation of the noise on what it sees, drawn evenly from 0 for each view of an image; in standardized values.
    Deviation: float
    /// The weights of NT-Xent, of the values of hidden patches and of the noise of seen ones.
    Contrast: float
    Pixels: float
    Noise: float
    /// The decoder: its width, blocks and heads.
    Width: int
    Depth: int
    Heads: int
}

/// What judges pairs of an image and a code, and what makes images from codes.
type Contest = {
    /// Channels of the generator's last map and of the image discriminator's first; they double as maps halve, 16 times at most.
    Width: int
    /// The width of the discriminators of codes and of pairs, and their residual blocks.
    Hidden: int
    Blocks: int
    /// Whether images and codes are judged by themselves, too; without, this is BiGAN.
    Single: bool
    /// Steps of the discriminators for each step of encoder and generator.
    Steps: int
}

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
    /// The same with values divided by their unbiased deviation, so that correlations end at (N - 1) / N (the pseudo-code of the paper, algorithm 1).
    | BarlowTwinsUnbiased of lambda: float
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
    /// NT-Xent or InfoNCE whose products of embeddings are taken in bfloat16, with float32 sums: about twice as fast, similarities good to about 2^-8.
    | BFloat16 of Objective
    /// So many times an objective that compares images with one another: 2 is SimCLR's official code, which adds up both directions, 0.1 / 0.07 that of SupCon at 0.1. Outermost.
    | Scaled of factor: float * Objective
    /// Cross-entropy of labelled images, whose logits are the embedding, and terms on the others. Needs labels.
    | Classify of Labelled * Annealing * Unlabelled list
    /// Patches predict what is embedded so many rows further among all patches of the batch, dot products without temperature: the mean over patches, the sum over rows, the mean
    /// over directions (CPC, van den Oord et al. 2018, equation 4, section 3.3). Needs `patchwise`.
    | PredictAhead of Ahead
    /// One view as a whole, and a place of it, find each place of the other view's last two maps among those of other images: three terms, scores clipped softly at c, and their
    /// squares with this weight (AMDIM, Bachman et al. 2019, sections 3.2 to 3.4; costs.py). Needs a residual network.
    | LocalGlobal of clip: float * penalty: float
    /// NT-Xent of views of which a share is hidden and noise is on the rest, and a decoder that tells the hidden values and the noise, mean squared differences (CAN, Mishra et al.
    /// 2022, section 3). Needs a transformer.
    | Restore of temperature: float * Restoration
    /// The same, asking for values with the noise that is on them (models_mae.py of CAN's official code, which adds noise to its images in place).
    | RestoreNoised of temperature: float * Restoration
    /// Discriminators tell pairs of an image and its code from pairs of a made image and the code it was made from, codes drawn from the normal distribution; encoder and generator
    /// learn to be taken for one another. The embedding is the mean of the code (BigBiGAN, Donahue and Simonyan 2019, section 2).
    | BiGan of Contest
    /// NT-Xent with all images of one class as positives, the mean over them outside the logarithm (SupCon, Khosla et al. 2020, equation 2). Needs labels.
    | SupCon of temperature: float

/// Which images batch norm takes its statistics over.
[<RequireQualifiedAccess>]
type Passes =
    /// All views of one size go through the network together (SimCLR, SwAV, DINO).
    | Together
    /// Each view goes through it alone (BYOL, SimSiam, MoCo v3, Barlow Twins, VICReg).
    | EachView
    /// Either of them, but the batch in so many equal pieces, one after the other: embeddings of all pieces first, without what a backward pass needs; then the gradient of the
    /// loss at them; then each piece again, with it. The gradient is that of the whole batch, in the memory of a piece; batch norm's statistics are of a piece (GradCache, Gao et al.
    /// 2021, section 3.2).
    | InPieces of pieces: int * Passes

/// Functions over passes.
module Passes =
    /// Which images meet within a piece.
    let rec within =
        function
        | Passes.InPieces (_, inner) -> within inner
        | plain -> plain

    /// How many pieces a batch goes through the network in.
    let rec pieces =
        function
        | Passes.InPieces (count, inner) -> count * pieces inner
        | Passes.Together
        | Passes.EachView -> 1

/// How gradients become steps.
[<RequireQualifiedAccess>]
type Rule =
    /// Stochastic gradient descent with momentum; decay is added to the gradient.
    | Sgd of momentum: float
    /// Layer-wise adaptive rates, SimCLR's variant; batch norm and biases take plain momentum steps.
    | Lars of momentum: float
    /// Adam with decoupled decay; moments 0.9 and 0.999.
    | AdamW
    /// The same with these moments (0 and 0.999 in BigGAN).
    | Adam of first: float * second: float
    /// Layer-wise adaptive moments with decoupled decay (LAMB, You et al. 2020).
    | Lamb
    /// Another rule, after gradients that are longer than this, over all weights together, have been made as long (3.0 in DINO).
    | Clipped of length: float * Rule
    /// Another rule, for the mean gradient of so many equal pieces of the batch, each with a loss of its own, one after the other: the memory of a piece. Images of different pieces
    /// are not compared; for that see Passes.InPieces.
    | Accumulated of pieces: int * Rule

/// Functions over rules.
module Rule =
    /// How many pieces of a batch have losses of their own.
    let rec pieces =
        function
        | Rule.Accumulated (count, inner) -> count * pieces inner
        | Rule.Clipped (_, inner) -> pieces inner
        | Rule.Sgd _
        | Rule.Lars _
        | Rule.AdamW
        | Rule.Adam _
        | Rule.Lamb -> 1

/// The rule and its numbers. Biases and batch-norm parameters are never decayed.
type Optimizer = { Rule: Rule; Rate: Schedule; Decay: float }

/// How images and maps lie in memory inside a residual network.
[<RequireQualifiedAccess>]
type Layout =
    /// Map after map: n, c, h, w.
    | ChannelsFirst
    /// Place after place, each with all its channels: n, h, w, c.
    | ChannelsLast

/// Arithmetic of the encoder. Master weights, statistics, heads and losses are float32 in all.
[<RequireQualifiedAccess>]
type Precision =
    | Float32
    | BFloat16
    /// The same in this layout, whichever the engine would choose.
    | Laid of Layout * Precision

/// Functions over precisions.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Precision =
    /// Whether it is bfloat16.
    let rec isBFloat16 =
        function
        | Precision.Float32 -> false
        | Precision.BFloat16 -> true
        | Precision.Laid (_, inner) -> isBFloat16 inner

    /// The layout that is asked for, the outermost first.
    let layout =
        function
        | Precision.Laid (layout, _) -> Some layout
        | _ -> None

/// What happens to an image that cannot be decoded.
[<RequireQualifiedAccess>]
type OnCorrupt =
    /// The run ends with an error that names the file.
    | Stop
    /// It is named, counted, and the next readable image takes its place.
    | Skip
