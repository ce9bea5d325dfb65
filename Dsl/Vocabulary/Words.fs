namespace Vantage

/// The vocabulary of a recipe: one lower-case word for each thing. The words of views are in ViewWords.fs.
[<AutoOpen>]
module Words =
    /// ResNet-18 with the stem for small images.
    let resnet18Small = Encoder.ResNet (18, Stem.SmallImage)

    /// ResNet of 18, 34 or 50 layers with the stem for ImageNet.
    let resnet depth = Encoder.ResNet (depth, Stem.ImageNet)

    /// ResNet of 18, 34 or 50 layers with the stem for small images.
    let resnetSmall depth = Encoder.ResNet (depth, Stem.SmallImage)

    /// The encoder for 28 to 32 px on a few cores: one stage for each width.
    let compactResNet widths blocks = Encoder.CompactResNet (widths, blocks)

    /// Layers from the representation to the loss.
    let head layers = Head layers

    /// A dense layer with a bias.
    let linear width = Layer.Linear (width, true)

    /// A dense layer without a bias, for use before batch norm.
    let linearNoBias width = Layer.Linear (width, false)

    /// Batch norm with learnt scale and offset.
    let batchNorm = Layer.BatchNorm

    /// max(x, 0).
    let relu = Layer.Relu

    /// Negatives from where?
    let repel negatives = Mechanism.Repel negatives

    /// All other images of the batch.
    let inBatch = Negatives.InBatch

    /// The values of an embedding are decorrelated over the batch.
    let decorrelate = Mechanism.Decorrelate

    /// The deviation of every value over the batch is kept up.
    let keepVariance = Mechanism.KeepVariance

    /// Embeddings are spread like samples of a prior.
    let matchPrior = Mechanism.MatchPrior

    /// SimCLR's loss at this temperature.
    let ntXent temperature = Objective.NtXent temperature

    /// Decoupled contrastive learning at this temperature.
    let decoupled temperature = Objective.Decoupled temperature

    /// The logistic loss of pairs at this temperature.
    let ntLogistic temperature = Objective.NtLogistic temperature

    /// The triplet loss with this margin.
    let marginTriplet margin = Objective.MarginTriplet margin

    /// Barlow Twins with this weight of what is off the diagonal; 0.0051 in the official code.
    let barlowTwins lambda = Objective.BarlowTwins lambda

    /// VICReg with these weights of invariance, variance and covariance; 25, 25, 1 in the paper.
    let vicReg invariance variance covariance = Objective.VicReg (invariance, variance, covariance)

    /// Alignment and uniformity: sharpness 2 and weight 1 in the paper.
    let alignUniform sharpness weight = Objective.Hypersphere (sharpness, weight)

    /// The same at every step.
    let constant value = Schedule.Constant value

    /// Half a cosine.
    let cosine first last = Schedule.Cosine (first, last)

    /// Linear from 0 over these epochs, then another schedule.
    let warmup epochs after = Schedule.Warmup (epochs, after)

    /// A rate given for a batch of 256, scaled linearly to this batch.
    let per256 batch rate = rate * float batch / 256.0

    /// A paper on arXiv, and where in it.
    let arxiv number where = { Paper = $"arXiv:{number}"; Where = where }

    /// Weighted cosine k nearest neighbours.
    let knn neighbours temperature = Protocol.Knn (neighbours, temperature)

    /// Softmax regression by L-BFGS.
    let linearProbe decay iterations = Protocol.Linear (decay, iterations)

    /// Encoder in bfloat16.
    let bfloat16 = Precision.BFloat16

    /// Everything in float32.
    let float32s = Precision.Float32

    /// A corrupt image ends the run.
    let stop = OnCorrupt.Stop

    /// A corrupt image is named, counted and left out.
    let skip = OnCorrupt.Skip
