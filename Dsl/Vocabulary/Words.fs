namespace Vantage

/// The vocabulary of a recipe: one lower-case word for each thing.
[<AutoOpen>]
module Words =
    /// A value drawn uniformly from low to high.
    let between low high = Distribution.Uniform (low, high)

    /// A value whose logarithm is uniform from low to high.
    let logBetween low high = Distribution.LogUniform (low, high)

    /// Always this value.
    let exactly value = Distribution.Exactly value

    /// Steps in order; nesting never matters.
    let augment steps = Augmentation.augment steps

    /// The steps in an order drawn for each image.
    let anyOrder steps = Augmentation.AnyOrder steps

    /// The step with this probability, each image apart.
    let sometimes probability step = Augmentation.sometimes probability step

    /// torchvision's RandomResizedCrop: area as a share of the image, aspect log-uniform from 3/4 to 4/3.
    let crop size area = Augmentation.Crop (size, area, Distribution.LogUniform (3.0 / 4.0, 4.0 / 3.0))

    /// Mirrors left and right with probability 1/2.
    let flip = sometimes 0.5 Augmentation.FlipHorizontal

    let private around strength = between (max 0.0 (1.0 - strength)) (1.0 + strength)

    /// Brightness, contrast, saturation by factors within strength of 1, hue within `Hue` of a turn, in random order.
    let jitter (strength: {| Brightness: float; Contrast: float; Saturation: float; Hue: float |}) =
        anyOrder [
            Augmentation.Brightness (around strength.Brightness)
            Augmentation.Contrast (around strength.Contrast)
            Augmentation.Saturation (around strength.Saturation)
            Augmentation.Hue (between -strength.Hue strength.Hue)
        ]

    /// Colour distortion of strength s (SimCLR, appendix A): jitter (0.8 s, 0.8 s, 0.8 s, 0.2 s) at 0.8, then grey at 0.2.
    let colorDistortion s =
        augment [
            sometimes
                0.8
                (jitter {| Brightness = 0.8 * s; Contrast = 0.8 * s; Saturation = 0.8 * s; Hue = 0.2 * s |})
            sometimes 0.2 Augmentation.Grayscale
        ]

    /// Takes the colour away.
    let grayscale = Augmentation.Grayscale

    /// Gaussian blur of a drawn standard deviation, in pixels.
    let blur sigma = Augmentation.Blur sigma

    /// (x - mean) / deviation; one value stands for all channels. The last step of a view.
    let standardize mean deviation = Augmentation.Standardize (mean, deviation)

    /// This many views, all drawn from one augmentation.
    let globals count augmentation = List.replicate count (View.Global augmentation)

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

    /// SimCLR's loss at this temperature.
    let ntXent temperature = Objective.NtXent temperature

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
