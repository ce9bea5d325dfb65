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

    /// The mean prediction is spread over all prototypes; weight 1 in MSN.
    let meanEntropy weight = Mechanism.MeanEntropy weight

    /// Embeddings are whitened in groups of so many images; twice their width in W-MSE.
    let whiten size = Mechanism.Whiten (size, 0.0)

    /// The same, the covariance shrunk towards the identity by this share.
    let whitenShrunk size epsilon = Mechanism.Whiten (size, epsilon)

    /// So many prototypes, not learnt for the first epochs.
    let prototypes count frozen = { Count = count; Frozen = frozen }

    /// SimCLR's loss at this temperature.
    let ntXent temperature = Objective.NtXent temperature

    /// Decoupled contrastive learning at this temperature.
    let decoupled temperature = Objective.Decoupled (temperature, None)

    /// The same, hard positives weighing more; sigma 0.5 in the paper.
    let decoupledWeighted temperature sigma = Objective.Decoupled (temperature, Some sigma)

    /// The logistic loss of pairs at this temperature.
    let ntLogistic temperature = Objective.NtLogistic (temperature, Mining.All)

    /// The same against the hardest negative that is further away than the positive.
    let ntLogisticSemiHard temperature = Objective.NtLogistic (temperature, Mining.SemiHard)

    /// The triplet loss with this margin.
    let marginTriplet margin = Objective.MarginTriplet (margin, Mining.All)

    /// The same against the hardest negative that is further away than the positive.
    let marginTripletSemiHard margin = Objective.MarginTriplet (margin, Mining.SemiHard)

    /// A view finds its key among others', one way (MoCo, InstDisc).
    let infoNce temperature = Objective.InfoNce (temperature, false)

    /// Each view finds the other's key, the two losses added up (MoCo v3).
    let infoNceBothWays temperature = Objective.InfoNce (temperature, true)

    /// BYOL's loss.
    let regression = Objective.Regression

    /// SimSiam's loss.
    let negativeCosine = Objective.NegativeCosine

    /// SwAV's loss: temperature 0.1 in the paper.
    let swapCodes temperature prototypes = Objective.SwapCodes (temperature, prototypes)

    /// DINO's loss: student temperature 0.1 in the paper.
    let selfDistill temperature prototypes = Objective.SelfDistill (temperature, prototypes, None)

    /// Half of the global views hide between these shares of their patches: 0.1 and 0.5, weight 1 in iBOT.
    let hiding low high =
        function
        | Objective.SelfDistill (temperature, prototypes, _) ->
            let hidden = { Probability = 0.5; Share = Distribution.Uniform (low, high); Weight = 1.0 }
            Objective.SelfDistill (temperature, prototypes, Some hidden)
        | other -> other

    /// Barlow Twins with this weight of what is off the diagonal; 0.0051 in the official code.
    let barlowTwins lambda = Objective.BarlowTwins lambda

    /// VICReg with these weights of invariance, variance and covariance; 25, 25, 1 in the paper.
    let vicReg invariance variance covariance = Objective.VicReg (invariance, variance, covariance)

    /// Alignment and uniformity: sharpness 2 and weight 1 in the paper.
    let alignUniform sharpness weight = Objective.Hypersphere (sharpness, weight)

    /// Views of one size go through the network together.
    let together = Passes.Together

    /// Each view goes through the network alone.
    let eachView = Passes.EachView

    /// A prior for `sliced`: even over the unit sphere.
    let sphere = Prior.Sphere

    /// A prior for `sliced`: even over the cube from -1 to 1.
    let cube = Prior.Cube

    /// A prior for `sliced`: normal values.
    let normal = Prior.Normal

    /// Agreement of views and the sliced Wasserstein distance to a prior, with this weight.
    let sliced prior weight = Objective.Sliced (prior, weight)

    /// Alignment and the log-sum-exp at this temperature, with this weight.
    let alignSpread temperature weight = Objective.AlignSpread (temperature, weight)

    /// LeJEPA with this weight of SIGReg, 0.05 in the paper, along 1024 directions.
    let leJepa weight = Objective.LeJepa (weight, 1024)

    /// IMAX with this variance of noise.
    let imax noise = Objective.Imax noise

    /// An objective on dot products in place of cosines.
    let raw objective = Objective.Raw objective

    /// SupCon at this temperature, 0.1 in the paper; needs labels.
    let supCon temperature = Objective.SupCon temperature

    /// Cross-entropy with all labels.
    let supervised = Objective.Classify (Labelled.All, Annealing.Off, [])

    /// So many labelled images of each class, this number of them in a step, and terms on the images without labels.
    let semiSupervised perClass batch terms =
        Objective.Classify (Labelled.PerClass (perClass, batch), Annealing.Off, terms)

    /// A semi-supervised objective in which labelled images that are known already do not count.
    let annealed annealing =
        function
        | Objective.Classify (labelled, _, terms) -> Objective.Classify (labelled, annealing, terms)
        | other -> other

    /// Its own classes as labels: threshold 0.95, weight 1, ramp 0.4 in FixMatch's code.
    let pseudoLabel threshold weight ramp = Unlabelled.PseudoLabel (threshold, weight, ramp)

    /// Predictions of little entropy.
    let leastEntropy weight = Unlabelled.LeastEntropy weight

    /// Virtual adversarial training: epsilon 6, weight 0.3, ramp 0.4 in FixMatch's code, on images in [-1, 1].
    let vat epsilon weight ramp = Unlabelled.Vat (epsilon, 1.0, weight, ramp)

    /// UDA: temperature 0.4, confidence 0.8 and weight 1 on CIFAR-10.
    let sharpened temperature confidence weight = Unlabelled.Sharpened (temperature, confidence, weight)

    /// FixMatch: threshold 0.95, weight 1.
    let confident threshold weight = Unlabelled.Confident (threshold, weight)

    /// S4L's rotation.
    let rotation weight = Unlabelled.Rotation weight

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

    /// The accuracy of the recipe's own classifier.
    let classifier = Protocol.Classifier

    /// Encoder in bfloat16.
    let bfloat16 = Precision.BFloat16

    /// Everything in float32.
    let float32s = Precision.Float32

    /// A corrupt image ends the run.
    let stop = OnCorrupt.Stop

    /// A corrupt image is named, counted and left out.
    let skip = OnCorrupt.Skip
