namespace Vantage

open TorchSharp

/// The network as a function, for objectives that look at other images than the views.
type Model = {
    /// The first view of each image.
    Images: torch.Tensor
    /// Images to predictions, batch norm's running statistics left as they are.
    Logits: torch.Tensor -> torch.Tensor
    /// Images, each turned by no, one, two and three quarters counter-clockwise, 4n in all, to what a second head says of the turn.
    Turns: torch.Tensor -> torch.Tensor
    /// All global views to what a second head makes of exemplars, one view below the other.
    Exemplars: unit -> torch.Tensor
    /// A finished run and images to its logits, without gradient.
    Teach: Trained -> torch.Tensor -> torch.Tensor
}

/// What the patches of a global view became: n p x d each, image by image.
type Places = {
    Student: torch.Tensor
    Teacher: torch.Tensor
    /// n x p: those that the student did not see.
    Hidden: torch.Tensor
}

/// What was told of a view's patches, n x p x v each.
type Restored = {
    Told: torch.Tensor
    Values: torch.Tensor
    Noise: torch.Tensor
    /// n x p: those that were not seen.
    Hidden: torch.Tensor
}

/// Scores of a view's pairs and of made ones, n x k each.
type Scores = {
    /// With gradient into what judges.
    Judging: (torch.Tensor * torch.Tensor) option
    /// With gradient into what is judged, at steps of encoder and generator.
    Judged: (torch.Tensor * torch.Tensor) option
}

/// What the views of a batch became.
type Branches = {
    /// Predictions of the views, n x d each, global views first; without a predictor, their embeddings.
    Predictions: torch.Tensor list
    /// What they are compared with: one for each global view.
    Targets: torch.Tensor list
    /// Patches of the global views, where the objective hides some.
    Places: Places list
    /// The views at several scales, where the objective compares them.
    Scales: Scales list
    /// What is told of hidden values and of noise, where the objective asks for it.
    Restored: Restored list
    /// What patches predict of others, where the objective asks for it.
    Ahead: Prediction list
    /// What is judged, where the objective is a contest.
    Scores: Scores list
    /// The learnt prototypes, and those of the target, where the objective has any.
    Prototypes: (torch.Tensor * torch.Tensor) option
    /// Numbers of the images in their set.
    Images: torch.Tensor
    /// Which epoch of the run this is: images are labelled anew when one begins.
    Epoch: int
    /// From 0 at the first step to 1 after the last.
    Progress: float
    /// The network itself.
    Model: Model
    /// Their classes, where the set has labels.
    Labels: torch.Tensor option
}

/// Branches without a network, for objectives that are looked at alone.
module Branches =
    /// Embeddings compared with targets, n x d each, prototypes given: image i is number i, of a class of its own; where embeddings are logits, of class i modulo d. The model
    /// takes embeddings for images and gives them back; its second head reads their first four values; teachers find all classes alike; a code is judged by the sum of its values. An image has one place and one patch, its embedding.
    let alone objective epoch prototypes (predictions: torch.Tensor list) targets =
        let n, d = int predictions.Head.shape[0], predictions.Head.shape[1]
        let four (z: torch.Tensor) = z.repeat([| 4L; 4L |]).narrow(1L, 0L, 4L)
        {
            Predictions = predictions
            Targets = targets
            Places = []
            Scales =
                match objective with
                | Objective.LocalGlobal _ ->
                    predictions
                    |> List.map (fun z -> { Image = z; Finer = z.unsqueeze 1L; Coarser = z.unsqueeze 1L })
                | _ -> []
            Restored = []
            Ahead =
                match objective with
                | Objective.PredictAhead _ -> [
                    for v, z in List.indexed predictions do
                        for q, target in List.indexed targets do
                            if v <> q then
                                { Guesses = z; Embeddings = target; Which = torch.arange (int64 n) }
                  ]
                | _ -> []
            Scores =
                match objective with
                | Objective.BiGan _ ->
                    predictions
                    |> List.map (fun z ->
                        let sum = z.sum ([| 1L |], true)
                        { Judging = None; Judged = Some (sum, torch.zeros_like (sum.detach ())) })
                | _ -> []
            Prototypes = prototypes
            Images = torch.arange (int64 n)
            Epoch = epoch
            Progress = 0.5
            Model = {
                Images = predictions.Head
                Logits = id
                Turns = four
                Exemplars = fun () -> torch.cat (List.toArray predictions, 0L)
                Teach = fun _ x -> torch.zeros_like x
            }
            Labels =
                match objective with
                | Objective.Classify _ -> Some (torch.tensor (Array.init n (fun i -> int64 i % d)))
                | _ -> Some (torch.arange (int64 n))
        }
