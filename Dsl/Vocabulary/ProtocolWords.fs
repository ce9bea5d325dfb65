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

    /// SimCLR's linear probe (appendix B.6): 90 epochs, rate 0.1 for a batch of 256 (4096 in the paper), Nesterov's momentum 0.9, no decay; half a cosine, which the appendix does not name.
    let simclrLinear batch = sgd "simclr" [ 0.1 ] batch 90 Decline.Cosine true

    /// MoCo's (main_lincls.py): 100 epochs, rate 30 for a batch of 256, divided by 10 at epochs 60 and 80.
    let mocoLinear batch = sgd "moco" [ 30.0 ] batch 100 (Decline.Steps [ 60; 80 ]) false

    /// BYOL's (appendix C.1): 80 epochs in batches of 1024 there, rates 0.4, 0.3, 0.2, 0.1 and 0.05 for it, chosen on held-out images; Nesterov's momentum, cosine. Written from
    /// memory of the paper and not yet compared with it.
    let byolLinear batch =
        let rates = [ 0.4; 0.3; 0.2; 0.1; 0.05 ] |> List.map (fun rate -> rate * 256.0 / 1024.0)
        sgd "byol" rates batch 80 Decline.Cosine true

    /// DINO's (eval_linear.py): 100 epochs, rate 0.001 for a batch of 256, cosine. The features are the encoder's; DINO joins those of its last blocks.
    let dinoLinear batch = sgd "dino" [ 0.001 ] batch 100 Decline.Cosine false

    /// A protocol that sees so many percent of the labels, as many of each class (1 and 10 in SimCLR).
    let balancedLabels percent protocol = Protocol.FewLabels (LabelShare.Balanced percent, protocol)

    /// A protocol that sees so many percent of the labels, drawn from all images.
    let randomLabels percent protocol = Protocol.FewLabels (LabelShare.Random percent, protocol)

    /// A protocol's accuracy as the mean over classes (Aircraft, Pets, Caltech-101 and Flowers in the transfer protocol).
    let perClass protocol = Protocol.PerClass protocol

    /// The accuracy of the recipe's own classifier.
    let classifier = Protocol.Classifier
