namespace Vantage

open System.Globalization

/// How the rate of a linear probe falls.
[<RequireQualifiedAccess>]
type Decline =
    /// Half a cosine to 0 over all steps.
    | Cosine
    /// Divided by 10 at the start of each of these epochs, counted from 0.
    | Steps of epochs: int list

/// A linear classifier trained by SGD on frozen features as they are, from zero weights, without augmentation.
type SgdProbe = {
    /// In results, after "linear-".
    Name: string
    /// The highest rates, for this batch. Of several, the one that is best on held-out training images is taken, and fitted again on all.
    Rates: float list
    /// Which share of the training images, between 0 and 1, chooses among several rates.
    HoldOut: float
    Decline: Decline
    Batch: int
    Epochs: int
    Momentum: float
    Nesterov: bool
    Decay: float
}

/// By which rule fine-tuning steps.
[<RequireQualifiedAccess>]
type Stepping =
    /// SGD with Nesterov's momentum.
    | Nesterov of momentum: float
    /// Layer-wise adaptive rates in SimCLR's form.
    | Lars of momentum: float

/// A copy of the encoder, and of the first layers of its projector, learns labels under a new linear layer that starts at zero; images are cropped at random to their own size and
/// mirrored by chance.
type FineTune = {
    /// In results, after "finetune-".
    Name: string
    /// Layers of the projector that stay; 0 starts from h. A dense layer, its norm and its activation count one each.
    Layers: int
    /// The highest rates, for this batch. Of several, the one that is best on held-out training images is taken, and fine-tuned again on all.
    Rates: float list
    /// Which share of the training images, between 0 and 1, chooses among several rates.
    HoldOut: float
    Stepping: Stepping
    Decline: Decline
    Batch: int
    Epochs: int
    Decay: float
    /// The smallest share of the image that a crop keeps; 1 crops nothing.
    Crop: float
}

/// Which training images a protocol may see the labels of.
[<RequireQualifiedAccess>]
type LabelShare =
    /// So many percent of the images, as many of each class, at least one.
    | Balanced of percent: float
    /// So many percent of the images, whatever their class.
    | Random of percent: float

/// How a representation is measured on labelled images. What trained it is never changed.
[<RequireQualifiedAccess>]
type Protocol =
    /// Cosine k nearest neighbours, weighted exp(similarity / temperature) (Wu et al. 2018).
    | Knn of neighbours: int * temperature: float
    /// Softmax regression on standardized features by L-BFGS, with this factor on the squared weights.
    | Linear of decay: float * iterations: int
    /// The same with the best of 45 weights of the l2 term on this share of the training images, held out, then fitted again on all (SimCLR, appendix B.8).
    | LinearSweep of holdOut: float * iterations: int
    /// A linear classifier by SGD.
    | LinearSgd of SgdProbe
    /// A linear classifier by SGD on the features of crops of at least this share of each image, mirrored by chance, others in each epoch; the test images stay whole.
    | LinearCrops of SgdProbe * crop: float
    /// A copy of the whole encoder, fine-tuned.
    | FineTune of FineTune
    /// Another protocol that sees only some labels, drawn from the recipe's seed.
    | FewLabels of LabelShare * Protocol
    /// Another protocol, its accuracy the mean over classes.
    | PerClass of Protocol
    /// Another protocol, its figure the mean over classes of the 11-point average precision of their scores (PASCAL VOC 2007).
    | MeanPrecision of Protocol
    /// Another protocol on another set: any text that `Data` takes.
    | Transfer of data: string * Protocol
    /// Another protocol with so many seeds from the recipe's on: the mean of each figure and its standard deviation.
    | Seeds of count: int * Protocol
    /// Another protocol, fitted on images as they are, on so many test images under each corruption at severities 1 to 5.
    | Corrupted of images: int * Corruption list * Protocol
    /// Which transformation was applied, told from h and from g(h), the projector's output, by a hidden layer of 128 values (SimCLR, table 3), on at most so many training images and half as many
    /// test images.
    | Transformed of Transformation * images: int
    /// A linear classifier that learns beside the run at this rate, from the first view of each batch: its accuracy on each batch before it learns from it, and on the test images at the end of each epoch, is in the metrics.
    | Online of rate: float
    /// What the recipe's own classifier says.
    | Classifier

/// Functions over protocols.
module Protocol =
    let private number (x: float) = x.ToString ("R", CultureInfo.InvariantCulture)

    /// A protocol's name in results.
    let rec name =
        function
        | Protocol.Knn _ -> "knn"
        | Protocol.Linear _ -> "linear"
        | Protocol.LinearSweep _ -> "linear-sweep"
        | Protocol.LinearSgd settings -> $"linear-{settings.Name}"
        | Protocol.LinearCrops (settings, _) -> $"linear-{settings.Name}-crops"
        | Protocol.FineTune settings -> $"finetune-{settings.Name}"
        | Protocol.FewLabels (LabelShare.Balanced p, inner) -> $"{name inner}-{number p}%%-balanced"
        | Protocol.FewLabels (LabelShare.Random p, inner) -> $"{name inner}-{number p}%%-random"
        | Protocol.PerClass inner -> $"{name inner}-per-class"
        | Protocol.MeanPrecision inner -> $"{name inner}-map"
        | Protocol.Transfer (data, inner) -> $"{name inner} on {data}"
        | Protocol.Seeds (count, inner) -> $"{name inner} over {count} seeds"
        | Protocol.Corrupted (_, _, inner) -> $"{name inner} corrupted"
        | Protocol.Transformed (transformation, _) -> Transformation.name transformation
        | Protocol.Online _ -> "online"
        | Protocol.Classifier -> "classifier"

    /// What a protocol does, in words.
    let rec words =
        function
        | Protocol.Knn (k, t) ->
            $"{k} nearest neighbours by cosine, votes weighted by exp (similarity / {number t})"
        | Protocol.Linear (decay, iterations) ->
            $"softmax regression on standardized features, {number decay} |W|^2, L-BFGS of at most {iterations} iterations"
        | Protocol.LinearSweep (share, iterations) ->
            $"softmax regression on standardized features, L-BFGS of at most {iterations} iterations, the best of 45 l2 weights from 1e-6 to 1e5 on {number (100.0 * share)} %% held out, then fitted on all"
        | Protocol.LinearSgd s ->
            let rates = s.Rates |> List.map number |> String.concat ", "
            let best =
                if s.Rates.Length > 1 then
                    $" (the best on {number (100.0 * s.HoldOut)} %% held out)"
                else
                    ""
            $"softmax regression on features as they are, SGD of {s.Epochs} epochs in batches of {s.Batch}, rate {rates}{best}, momentum {number s.Momentum}"
        | Protocol.LinearCrops (s, crop) ->
            $"{words (Protocol.LinearSgd s)}; on crops of at least {number (100.0 * crop)} %% of each image, mirrored by chance, others in each epoch"
        | Protocol.FineTune s ->
            let rates = s.Rates |> List.map number |> String.concat ", "
            let best =
                if s.Rates.Length > 1 then
                    $" (the best on {number (100.0 * s.HoldOut)} %% held out)"
                else
                    ""
            let from = if s.Layers = 0 then "" else $" and {s.Layers} layers of its projector"
            let rule =
                match s.Stepping with
                | Stepping.Nesterov momentum -> $"SGD with Nesterov's momentum {number momentum}"
                | Stepping.Lars momentum -> $"LARS with momentum {number momentum}"
            $"a copy of the encoder{from} fine-tuned under a linear layer, {rule}, {s.Epochs} epochs in batches of {s.Batch}, rate {rates}{best}"
        | Protocol.FewLabels (LabelShare.Balanced p, inner) ->
            $"with {number p} %% of the labels, as many of each class: {words inner}"
        | Protocol.FewLabels (LabelShare.Random p, inner) ->
            $"with {number p} %% of the labels, drawn from all: {words inner}"
        | Protocol.PerClass inner -> $"{words inner}; the mean over classes"
        | Protocol.MeanPrecision inner ->
            $"{words inner}; the mean over classes of 11-point average precision"
        | Protocol.Transfer (data, inner) -> $"on {data}: {words inner}"
        | Protocol.Seeds (count, inner) -> $"{words inner}; mean and standard deviation over {count} seeds"
        | Protocol.Corrupted (images, corruptions, inner) ->
            let names = corruptions |> List.map Corruption.name |> String.concat ", "
            $"{words inner}; on {images} test images under {names}, severities 1 to 5"
        | Protocol.Transformed (transformation, images) ->
            $"which transformation was applied ({Transformation.name transformation}), told from h and from g(h) by a hidden layer of 128 values, Adam, 20 epochs on at most {images} training images"
        | Protocol.Online rate ->
            $"a linear classifier beside the run, on representations without gradient, Adam at rate {number rate}; its accuracy on batches, and on test images after each epoch, is in the metrics"
        | Protocol.Classifier -> "the recipe's own classifier"

    /// A protocol without what is said around it: shares of labels, other figures, another set.
    let rec core =
        function
        | Protocol.FewLabels (_, inner)
        | Protocol.PerClass inner
        | Protocol.MeanPrecision inner
        | Protocol.Transfer (_, inner)
        | Protocol.Seeds (_, inner)
        | Protocol.Corrupted (_, _, inner) -> core inner
        | plain -> plain

    /// Whether a protocol needs the network itself, and not only what it makes of images.
    let ofNetwork protocol =
        match core protocol with
        | Protocol.FineTune _
        | Protocol.LinearCrops _
        | Protocol.Classifier -> true
        | _ -> false

    /// How many labelled images a share of so many images in so many classes is, at least one, and one of each class where it is balanced.
    let labelled classes images =
        function
        | LabelShare.Balanced percent ->
            classes * max 1 (int (round (percent / 100.0 * float images / float classes)))
        | LabelShare.Random percent -> max 1 (int (round (percent / 100.0 * float images)))
