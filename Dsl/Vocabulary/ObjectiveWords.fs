namespace Vantage

/// The vocabulary of objectives: one lower-case word for each.
[<AutoOpen>]
module ObjectiveWords =
    /// So many prototypes, not learnt for the first epochs.
    let prototypes count frozen = { Count = count; Frozen = frozen; Sets = 1 }

    /// So many sets of prototypes on one embedding, the mean of their losses: 3 in DeepCluster-v2 and SeLa-v2.
    let sets count prototypes = { prototypes with Sets = count }

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

    /// Barlow Twins with the unbiased deviation of the paper's pseudo-code.
    let barlowTwinsUnbiased lambda = Objective.BarlowTwinsUnbiased lambda

    /// VICReg with these weights of invariance, variance and covariance; 25, 25, 1 in the paper.
    let vicReg invariance variance covariance = Objective.VicReg (invariance, variance, covariance)

    /// Alignment and uniformity: sharpness 2 and weight 1 in the paper.
    let alignUniform sharpness weight = Objective.Hypersphere (sharpness, weight)

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

    /// NT-Xent or InfoNCE with products of bfloat16 and sums of float32.
    let bfloat16Products objective = Objective.BFloat16 objective

    /// So many times a contrastive objective: 2 before `ntXent` is SimCLR's official code, 0.1 / 0.07 before `supCon 0.1` SupCon's.
    let scaled factor objective = Objective.Scaled (factor, objective)

    /// SupCon at this temperature, 0.1 in the paper; needs labels.
    let supCon temperature = Objective.SupCon temperature

    /// CPC: rows from the first to the last are predicted by a context network of so many blocks of 256 values, downwards.
    let predictBelow first last blocks =
        Objective.PredictAhead { First = first; Last = last; Blocks = blocks; Width = 256; Directions = 1 }

    /// The same towards all four sides (CPC v2).
    let predictAround first last blocks =
        Objective.PredictAhead { First = first; Last = last; Blocks = blocks; Width = 256; Directions = 4 }

    /// CPC, its context networks of blocks of this many values within.
    let contextOf width =
        function
        | Objective.PredictAhead it -> Objective.PredictAhead { it with Width = width }
        | other -> other

    /// CAN at this temperature, 0.1, hiding this share, 0.5, under noise of up to this deviation, 0.1; weights 0.03, 0.679 and 0.291 as in the official code; a decoder of 2 blocks of 64 values.
    let restore temperature share deviation =
        Objective.Restore (
            temperature,
            {
                Share = share
                Deviation = deviation
                Contrast = 0.03
                Pixels = 0.679
                Noise = 0.291
                Width = 64
                Depth = 2
                Heads = 2
            }
        )

    /// CAN with a decoder of this width, so many blocks and heads: 512, 8 and 16 in MAE's code.
    let decodedBy width depth heads =
        function
        | Objective.Restore (temperature, it) ->
            Objective.Restore (temperature, { it with Width = width; Depth = depth; Heads = heads })
        | Objective.RestoreNoised (temperature, it) ->
            Objective.RestoreNoised (temperature, { it with Width = width; Depth = depth; Heads = heads })
        | other -> other

    /// CAN whose decoder is asked for values with their noise, as in the official code.
    let noisedTargets =
        function
        | Objective.Restore (temperature, it) -> Objective.RestoreNoised (temperature, it)
        | other -> other

    /// BigBiGAN with so many channels in the widest maps, discriminators of codes and pairs of this width, in 2 residual blocks; encoder and generator step every time.
    let bigBiGan width hidden =
        Objective.BiGan { Width = width; Hidden = hidden; Blocks = 2; Single = true; Steps = 1 }

    /// BigBiGAN whose discriminators make so many steps for each step of encoder and generator: 2 in the paper.
    let judging steps =
        function
        | Objective.BiGan it -> Objective.BiGan { it with Steps = steps }
        | other -> other

    /// BigBiGAN that judges pairs only, not images and codes by themselves: BiGAN.
    let pairsOnly =
        function
        | Objective.BiGan it -> Objective.BiGan { it with Single = false }
        | other -> other

    /// AMDIM: scores clipped at 20, their squares weighed by 0.05 in the official code.
    let localGlobal clip penalty = Objective.LocalGlobal (clip, penalty)

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

    /// Pseudo-labels as the official code trains on them: the loss of all images times the share of sure ones.
    let pseudoLabelByShare threshold weight ramp = Unlabelled.PseudoLabelByShare (threshold, weight, ramp)

    /// Predictions of little entropy.
    let leastEntropy weight = Unlabelled.LeastEntropy weight

    /// Virtual adversarial training: epsilon 6, weight 0.3, ramp 0.4 in FixMatch's code, on images in [-1, 1].
    let vat epsilon weight ramp = Unlabelled.Vat (epsilon, 1.0, weight, ramp)

    /// VAT with its divergence turned round, as in the code of FixMatch and S4L.
    let vatTurned epsilon weight ramp = Unlabelled.VatTurned (epsilon, 1.0, weight, ramp)

    /// UDA: temperature 0.4, confidence 0.8 and weight 1 on CIFAR-10.
    let sharpened temperature confidence weight = Unlabelled.Sharpened (temperature, confidence, weight)

    /// FixMatch: threshold 0.95, weight 1.
    let confident threshold weight = Unlabelled.Confident (threshold, weight)

    /// S4L's rotation.
    let rotation weight = Unlabelled.Rotation weight

    /// S4L's exemplars in an embedding of this width: 1000 and 8 views of an image there.
    let exemplar width weight = Unlabelled.Exemplar (width, weight)

    /// SimCLRv2's distillation of a finished run: temperature 1 from a larger network, 0.1 from one like it. The labelled images count with weight 1 beside it.
    let distil teacher temperature weight = Unlabelled.Distil (teacher, temperature, weight)
