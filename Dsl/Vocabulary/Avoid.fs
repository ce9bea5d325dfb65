namespace Vantage

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
    /// The same against so many rows drawn from it, told apart by the sum over those rows in place of an estimated normaliser (PIRL, Misra and van der Maaten 2020, equations 3 and 4).
    | BankSum of noise: int * momentum: float

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
    /// Beside `Balance`: from this epoch on, so many past embeddings of each view are kept, and once there are as many they join the batch when its codes are computed (SwAV,
    /// section 3.1, small batches; main_swav.py).
    | BalanceOver of length: int * from: int<epoch>
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
    /// An embedding stays near the row that a bank remembers of its image: so many times their squared distance (Wu et al. 2018, section 3.3, proximal regularisation).
    | StayNear of weight: float
    /// The mean prediction over the batch is spread over all prototypes, with this weight (MSN, section 3).
    | MeanEntropy of weight: float
    /// Embeddings are whitened in groups of so many images before they are compared, each view by itself; the covariance is shrunk towards the identity by this
    /// share (W-MSE, Ermolov et al. 2021).
    | Whiten of size: int * epsilon: float
