namespace Vantage

/// The vocabulary of a recipe: one lower-case word for each thing. The words of views are in ViewWords.fs.
[<AutoOpen>]
module Words =
    /// Layers from the representation to the loss.
    let head layers = Head layers

    /// A dense layer with a bias.
    let linear width = Layer.Linear (width, true)

    /// A dense layer without a bias, for use before batch norm.
    let linearNoBias width = Layer.Linear (width, false)

    /// Batch norm with learnt scale and offset.
    let batchNorm = Layer.BatchNorm (true, true)

    /// Batch norm with a learnt scale only (the last layer of SimCLR's official head).
    let batchNormScale = Layer.BatchNorm (true, false)

    /// Batch norm without learnt scale or offset.
    let batchNormPlain = Layer.BatchNorm (false, false)

    /// Norm over the values of each row.
    let layerNorm = Layer.LayerNorm

    /// max(x, 0).
    let relu = Layer.Relu

    /// The Gaussian error linear unit.
    let gelu = Layer.Gelu

    /// Values set to 0 with this probability while training.
    let dropout probability = Layer.Dropout probability

    /// Each row divided by its length.
    let unitLength = Layer.UnitLength

    /// The tiles of an image brought together (PIRL).
    let joinTiles = Layer.JoinTiles

    /// Negatives from where?
    let repel negatives = Mechanism.Repel negatives

    /// All other images of the batch.
    let inBatch = Negatives.InBatch

    /// The keys of so many past images.
    let queue length = Negatives.Queue length

    /// A memory of all images with this momentum, 0.5 in InstDisc; all its rows are negatives.
    let bank momentum = Negatives.Bank (0, momentum)

    /// The same, with so many of its rows drawn for each image (4096 in InstDisc).
    let bankNoise noise momentum = Negatives.Bank (noise, momentum)

    /// The same by the sum over those rows, without an estimated normaliser: PIRL's paper.
    let bankSum noise momentum = Negatives.BankSum (noise, momentum)

    /// What a view is compared with is a constant.
    let stopGradient = Mechanism.StopGradient

    /// A head on the predicting side only.
    let predict layers = Mechanism.Predict (Head layers, PredictorRate.Same)

    /// The same, its rate the highest all the time.
    let predictUndecayed layers = Mechanism.Predict (Head layers, PredictorRate.Undecayed)

    /// The same, its rate so many times that of the other weights.
    let predictTimes factor layers = Mechanism.Predict (Head layers, PredictorRate.Times factor)

    /// A copy of the network that follows it with a momentum that goes from this one to 1 by half a cosine.
    let momentumTarget momentum = Mechanism.MomentumTarget (Schedule.Cosine (momentum, 1.0))

    /// A copy of the network that follows it with this momentum all the time.
    let constantMomentumTarget momentum = Mechanism.MomentumTarget (Schedule.Constant momentum)

    /// The mean of the targets' scores is taken off them; momentum 0.9 in DINO.
    let centre momentum = Mechanism.Centre momentum

    /// The temperature of the targets, 0.04 in DINO.
    let sharpen temperature = Mechanism.Sharpen temperature

    /// Sinkhorn's balanced targets: 0.05 and 3 iterations in SwAV.
    let balance epsilon iterations = Mechanism.Balance (epsilon, iterations)

    /// Beside `balance`: codes are balanced over so many past embeddings as well, kept from this epoch on; 3840 and 15 in SwAV's runs with small batches.
    let balanceOver length from = Mechanism.BalanceOver (length, from)

    /// Labels of images by spherical k-means at the start of each epoch: 10 iterations in DeepCluster-v2.
    let relabelByKMeans iterations = Mechanism.Relabel (Labelling.KMeans iterations)

    /// Labels of images by Sinkhorn over the set at the start of each epoch: 0.05 and 3 iterations in SeLa-v2.
    let relabelByTransport epsilon iterations = Mechanism.Relabel (Labelling.Transport (epsilon, iterations))

    /// The values of an embedding are decorrelated over the batch.
    let decorrelate = Mechanism.Decorrelate

    /// The deviation of every value over the batch is kept up.
    let keepVariance = Mechanism.KeepVariance

    /// Embeddings are spread like samples of a prior.
    let matchPrior = Mechanism.MatchPrior

    /// Embeddings are kept away from their nearest neighbours; weight 0.1 in DINOv2.
    let keepApart weight = Mechanism.KeepApart weight

    /// Beside a bank: embeddings stay near the rows of their images; 30 in InstDisc's paper.
    let stayNear weight = Mechanism.StayNear weight

    /// The mean prediction is spread over all prototypes; weight 1 in MSN.
    let meanEntropy weight = Mechanism.MeanEntropy weight

    /// Embeddings are whitened in groups of so many images; twice their width in W-MSE.
    let whiten size = Mechanism.Whiten (size, 0.0)

    /// The same, the covariance shrunk towards the identity by this share.
    let whitenShrunk size epsilon = Mechanism.Whiten (size, epsilon)

    /// Views of one size go through the network together.
    let together = Passes.Together

    /// Each view goes through the network alone.
    let eachView = Passes.EachView

    /// The batch goes through the network in so many pieces; the gradient is that of the whole batch (gradient caching).
    let inPieces pieces passes = Passes.InPieces (pieces, passes)

    /// The same at every step.
    let constant value = Schedule.Constant value

    /// Half a cosine.
    let cosine first last = Schedule.Cosine (first, last)

    /// A value that is multiplied by a factor at the start of each of these epochs: 0.1 in MoCo and instance discrimination.
    let steps first factor epochs = Schedule.Steps (first, factor, epochs)

    /// A value times the cosine of an angle that grows to this share of half a turn: 7/16 in FixMatch and UDA.
    let arc first share = Schedule.Arc (first, share)

    /// Linear from 0 over these epochs, then another schedule.
    let warmup epochs after = Schedule.Warmup (epochs, after)

    /// Linear from 0 over this share of the run (0.1: a tenth of its steps), then another schedule. Other than `warmup`, it keeps its
    /// shape when `--epochs` or a budget makes the run shorter or longer.
    let warmupShare share after = Schedule.WarmupShare (share, after)

    /// A rate given for a batch of 256, scaled linearly to this batch.
    let per256 batch rate = rate * float batch / 256.0

    /// A paper on arXiv, and where in it.
    let arxiv number where = { Paper = $"arXiv:{number}"; Where = where }

    /// Encoder in bfloat16.
    let bfloat16 = Precision.BFloat16

    /// Everything in float32.
    let float32s = Precision.Float32

    /// Arithmetic whose maps lie one after the other, whatever the engine would choose.
    let channelsFirst precision = Precision.Laid (Layout.ChannelsFirst, precision)

    /// Arithmetic whose maps lie place by place, whatever the engine would choose.
    let channelsLast precision = Precision.Laid (Layout.ChannelsLast, precision)

    /// A corrupt image ends the run.
    let stop = OnCorrupt.Stop

    /// A corrupt image is named, counted and left out.
    let skip = OnCorrupt.Skip
