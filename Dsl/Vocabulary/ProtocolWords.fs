namespace Vantage

/// The words of evaluation.
[<AutoOpen>]
module ProtocolWords =
    /// Weighted cosine k nearest neighbours.
    let knn neighbours temperature = Protocol.Knn (neighbours, temperature)

    /// Softmax regression by L-BFGS.
    let linearProbe decay iterations = Protocol.Linear (decay, iterations)

    /// The transfer protocol of SimCLR (appendix B.8): L-BFGS with 45 weights of the l2 term from 1e-6 to 1e5, chosen on this share of the training images.
    let linearSweep holdOut iterations = Protocol.LinearSweep (holdOut, iterations)

    let private sgd name rates batch epochs decline nesterov =
        Protocol.LinearSgd {
            Name = name
            Rates = rates |> List.map (fun rate -> rate * float batch / 256.0)
            HoldOut = 0.1
            Decline = decline
            Batch = batch
            Epochs = epochs
            Momentum = 0.9
            Nesterov = nesterov
            Decay = 0.0
        }

    /// A linear probe by SGD of this name: a rate for a batch of 256 that falls by half a cosine, momentum 0.9, no decay.
    let linearSgd name rate batch epochs = sgd name [ rate ] batch epochs Decline.Cosine false

    /// SimCLR's linear probe (appendix B.6; README.md of google-research/simclr): 90 epochs, rate 0.1 for a batch of 256 (4096 in the paper), Nesterov's momentum 0.9, no decay (1e-6 in
    /// the README's command); half a cosine (model_util.py).
    let simclrLinear batch = sgd "simclr" [ 0.1 ] batch 90 Decline.Cosine true

    /// MoCo's (main_lincls.py): 100 epochs, rate 30 for a batch of 256, divided by 10 at epochs 60 and 80.
    let mocoLinear batch = sgd "moco" [ 30.0 ] batch 100 (Decline.Steps [ 60; 80 ]) false

    /// BYOL's (deepmind-research, byol/configs/eval.py, byol/utils/schedules.py): 80 epochs, rate 0.2 for a batch of 256, Nesterov's momentum 0.9, half a cosine, no decay.
    let byolLinear batch = sgd "byol" [ 0.2 ] batch 80 Decline.Cosine true

    /// DINO's (eval_linear.py): 100 epochs, rate 0.001 for a batch of 256, cosine. The features are the encoder's; DINO joins those of its last blocks.
    let dinoLinear batch = sgd "dino" [ 0.001 ] batch 100 Decline.Cosine false

    /// A probe by SGD on crops of at least 8 % of each image, mirrored by chance, others in each epoch, as SimCLR, MoCo, BYOL and DINO publish theirs: `augmented (mocoLinear 256)`. It costs as many
    /// passes through the encoder as it has epochs.
    let augmented protocol =
        match protocol with
        | Protocol.LinearSgd settings -> Protocol.LinearCrops (settings, 0.08)
        | other ->
            invalidArg
                (nameof protocol)
                $"{Protocol.name other} is no linear probe by SGD: give linearSgd or a published one."

    /// SimCLR's fine-tuning (appendix B.5): all weights, rate 0.05 for a batch of 256 (4096 in the paper), Nesterov's momentum 0.9, no decay, crop and flip; 60 epochs with 1 % of the labels, 30
    /// with 10 %. Half a cosine, as its code; the crop keeps 8 % of the image or more, as in its training.
    let simclrFineTune epochs batch =
        Protocol.FineTune {
            Name = "simclr"
            Layers = 0
            Rates = [ 0.05 * float batch / 256.0 ]
            HoldOut = 0.1
            Stepping = Stepping.Nesterov 0.9
            Decline = Decline.Cosine
            Batch = batch
            Epochs = epochs
            Decay = 0.0
            Crop = 0.08
        }

    /// SimCLRv2's (README.md of google-research/simclr): from so many layers of the projector (its first dense layer, norm and activation: 3), LARS of rate 0.005 sqrt (batch), batch 1024
    /// there, 60 epochs, no decay, half a cosine.
    let simclr2FineTune layers epochs batch =
        Protocol.FineTune {
            Name = "simclr2"
            Layers = layers
            Rates = [ 0.005 * sqrt (float batch) ]
            HoldOut = 0.1
            Stepping = Stepping.Lars 0.9
            Decline = Decline.Cosine
            Batch = batch
            Epochs = epochs
            Decay = 0.0
            Crop = 0.08
        }

    /// Fine-tuning by settings of one's own: copy a published one with changes.
    let fineTune settings = Protocol.FineTune settings

    /// A protocol that sees so many percent of the labels, as many of each class (1 and 10 in SimCLR).
    let balancedLabels percent protocol = Protocol.FewLabels (LabelShare.Balanced percent, protocol)

    /// A protocol that sees so many percent of the labels, drawn from all images.
    let randomLabels percent protocol = Protocol.FewLabels (LabelShare.Random percent, protocol)

    /// A protocol's accuracy as the mean over classes (Aircraft, Pets, Caltech-101 and Flowers in the transfer protocol).
    let perClass protocol = Protocol.PerClass protocol

    /// A protocol's 11-point average precision, the mean over classes (VOC 2007 in the transfer protocol).
    let meanPrecision protocol = Protocol.MeanPrecision protocol

    /// Protocols on another set. Its images are brought to the size of those that the encoder was trained on; grey ones are repeated for an encoder of three channels, coloured ones become
    /// grey for an encoder of one: `yield! transfer "mnist" [ knn 20 0.1; linearSweep 0.1 100 ]`.
    let transfer data protocols = protocols |> List.map (fun protocol -> Protocol.Transfer (data, protocol))

    /// A protocol with so many seeds from the recipe's on: mean and standard deviation.
    let overSeeds count protocol = Protocol.Seeds (count, protocol)

    /// A protocol by the share of labels: 1, 2, 5, 10, 20 and 50 % of them, as many of each class, and all; mean and standard deviation over so many seeds.
    let labelCurve seeds protocol =
        [ for percent in [ 1.0; 2.0; 5.0; 10.0; 20.0; 50.0 ] -> balancedLabels percent protocol ]
        @ [ randomLabels 100.0 protocol ]
        |> List.map (overSeeds seeds)

    /// A protocol on so many test images, evenly spread, under each corruption at severities 1 to 5: 90 times as many images to encode for all eighteen.
    let corrupted images corruptions protocol = Protocol.Corrupted (images, corruptions, protocol)

    /// Which of these transformations was applied, told from h and from g(h), on so many training images each (SimCLR, table 3).
    let transformations images kinds = kinds |> List.map (fun kind -> Protocol.Transformed (kind, images))

    /// A linear classifier that learns beside the run, by Adam at this rate (1e-3 does): the encoder has the same bits with it and without. It costs one more pass of one view forward.
    let onlineProbe rate = Protocol.Online rate

    /// The accuracy of the recipe's own classifier.
    let classifier = Protocol.Classifier
