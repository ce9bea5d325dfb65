namespace Vantage

open System
open TorchSharp

/// Softmax regression on frozen features: one vector of all parameters, the weights d x classes, then a bias for each class.
module LinearProbe =
    let private int64s (labels: int array) = torch.tensor (Array.map int64 labels)

    /// Zero parameters for features of this width.
    let start (width: int64) (classes: int) = torch.zeros ((width + 1L) * int64 classes)

    let private parts (width: int64) (classes: int) (all: torch.Tensor) =
        let count = width * int64 classes
        all.slice(0L, 0L, count, 1L).reshape(width, int64 classes),
        all.slice (0L, count, count + int64 classes, 1L)

    /// Scores n x classes.
    let scores classes (x: torch.Tensor) all =
        let weight, bias = parts x.shape[1] classes all
        x.mm weight + bias

    /// The most probable class of each row.
    let classify classes x all =
        use _ = torch.NewDisposeScope ()
        use _ = torch.no_grad ()
        ((scores classes x all).argmax 1L).data<int64>().ToArray() |> Array.map int

    /// What makes features have mean 0 and deviation 1 over the rows of `train`.
    let standardizer (train: torch.Tensor) =
        let mean = train.mean ([| 0L |], true)
        let deviation = train.std (0L, true, true) + Scope.number 1e-6
        fun (x: torch.Tensor) -> (x - mean) / deviation

    let private block = 1000

    /// Improves parameters in place, by L-BFGS on mean cross-entropy plus penalty * |W|^2.
    let fit
        (penalty: float)
        iterations
        classes
        (x: torch.Tensor)
        (labels: int array)
        (parameters: torch.Tensor)
        =
        let n = labels.Length
        let width = x.shape[1]
        let truth = torch.nn.functional.one_hot(int64s labels, int64 classes).to_type torch.float32
        // Rows by blocks that a cache holds, each read once for the loss and its gradient: sum of log softmax at the label, and x' (softmax - truth).
        let slope (all: torch.Tensor) =
            use _ = torch.NewDisposeScope ()
            use _ = torch.no_grad ()
            let weight, bias = parts width classes all
            let gradient = torch.zeros_like all
            let ofWeight, ofBias = parts width classes gradient
            let sum = torch.zeros 1L
            for first in 0..block .. n - 1 do
                use _ = torch.NewDisposeScope ()
                let count = int64 (min block (n - first))
                let rows, right = x.narrow (0L, int64 first, count), truth.narrow (0L, int64 first, count)
                let logarithms = (rows.mm weight).add_(bias).log_softmax 1L
                sum.sub_ ((logarithms * right).sum()) |> ignore
                let slope = logarithms.exp_().sub_ right
                ofWeight.addmm_ (rows.t (), slope) |> ignore
                ofBias.add_ (slope.sum ([| 0L |], false)) |> ignore
            let share = Scope.number (1.0 / float n)
            gradient.mul_ share |> ignore
            ofWeight.add_ (weight, alpha = Scope.number (2.0 * penalty)) |> ignore
            let value = sum * share + weight.pow(Scope.number 2.0).sum() * Scope.number penalty
            float (value.item<float32>()), gradient.MoveToOuterDisposeScope ()
        Lbfgs.minimizeBy iterations slope parameters

    /// The 45 weights of the l2 term, from 1e5 down to 1e-6 in equal steps of their logarithm. A weight w adds w / 2 |W|^2 to the summed cross-entropy, as
    /// 1 / C of scikit-learn; the paper does not say whether its sum is a mean.
    let weights = Array.init 45 (fun i -> 10.0 ** (5.0 - 11.0 * float i / 44.0))

    let private rows (x: torch.Tensor) (places: int array) = x.index_select (0L, int64s places)

    let private at (labels: int array) = Array.map (fun i -> labels[i])

    /// The weight of `weights` whose fit is most often right on held-out training images (of equals the largest), and the scores of `test`, n x classes, by a fit with it on
    /// all training images. The sweep goes from the largest weight to the smallest, each from where the one before ended.
    let sweep seed share iterations classes (train: torch.Tensor) (labels: int array) (test: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let fitted, held = Subset.holdOut seed share labels
        let part = rows train fitted
        let standardize = standardizer part
        let part, validation = standardize part, standardize (rows train held)
        let parameters = start train.shape[1] classes
        let best =
            weights
            |> Array.map (fun weight ->
                fit
                    (weight / (2.0 * float fitted.Length))
                    iterations
                    classes
                    part
                    (at labels fitted)
                    parameters
                Scope.settle ()
                weight, Accuracy.top1 (classify classes validation parameters) (at labels held))
            |> Array.maxBy snd
            |> fst
        let standardize = standardizer train
        let parameters = start train.shape[1] classes
        fit (best / (2.0 * float labels.Length)) iterations classes (standardize train) labels parameters
        best, (scores classes (standardize test) parameters).detach().MoveToOuterDisposeScope()

    /// The rate at a step, by how it falls from the highest in so many epochs of so many steps.
    let rateAt decline epochs highest step perEpoch =
        match decline with
        | Decline.Cosine ->
            let progress = float step / float (epochs * perEpoch)
            highest * 0.5 * (1.0 + cos (Math.PI * progress))
        | Decline.Steps falls ->
            let passed = falls |> List.filter (fun e -> step / perEpoch >= e) |> List.length
            highest * 0.1 ** float passed

    /// Parameters after SGD from zero with this highest rate, momentum as PyTorch's SGD has it; the decay is of weights, not of biases. The features, of this width, are those of an epoch.
    let sgdOver
        seed
        (settings: SgdProbe)
        (rate: float)
        classes
        width
        (features: int -> torch.Tensor)
        (labels: int array)
        =
        use _ = torch.NewDisposeScope ()
        use _ = torch.no_grad ()
        let n = labels.Length
        if settings.Batch > n then
            raise (
                EvaluationException
                    $"linear-{settings.Name}: a batch of {settings.Batch} is larger than the {n} labelled images. Use a batch of at most {n}; its rate follows."
            )
        let truth = torch.nn.functional.one_hot(int64s labels, int64 classes).to_type torch.float32
        let all = start width classes
        let velocity = torch.zeros_like all
        let weight, bias = parts width classes all
        let perEpoch = (n + settings.Batch - 1) / settings.Batch
        for epoch in 0 .. settings.Epochs - 1 do
            use _ = torch.NewDisposeScope ()
            let x: torch.Tensor = features epoch
            let order = int64s (Order.permutation seed epoch n)
            for step in 0 .. perEpoch - 1 do
                Scope.scoped (fun () ->
                    let first, last = step * settings.Batch, min n ((step + 1) * settings.Batch)
                    let chosen = order.slice (0L, int64 first, int64 last, 1L)
                    let batch = x.index_select (0L, chosen)
                    // The slope of mean cross-entropy in the scores.
                    let slope =
                        ((batch.mm weight + bias).softmax 1L - truth.index_select (0L, chosen))
                        / Scope.number (float (last - first))
                    let ofWeight = batch.t().mm(slope) + weight * Scope.number settings.Decay
                    let gradient = torch.cat ([| ofWeight.flatten (); slope.sum ([| 0L |], false) |], 0L)
                    velocity.mul_(Scope.number settings.Momentum).add_ gradient |> ignore
                    let move =
                        if settings.Nesterov then
                            gradient + velocity * Scope.number settings.Momentum
                        else
                            velocity
                    let now = rateAt settings.Decline settings.Epochs rate (epoch * perEpoch + step) perEpoch
                    all.sub_ (move * Scope.number now) |> ignore)
            order.Dispose ()
            Scope.settle ()
        if not (all.isfinite().all().item<bool>()) then
            raise (
                EvaluationException
                    $"linear-{settings.Name}: the weights are not finite after {settings.Epochs} epochs at rate {rate}. The features are too large for this rate: lower it, or standardize them (linearSweep)."
            )
        all.MoveToOuterDisposeScope ()

    /// The same of features that are the same in each epoch.
    let sgd seed settings rate classes (x: torch.Tensor) labels =
        sgdOver seed settings rate classes x.shape[1] (fun _ -> x) labels

    /// The rate taken, and the scores of `test`, n x classes, by a fit with it on all training images.
    let byRate
        seed
        (settings: SgdProbe)
        classes
        (train: torch.Tensor)
        (labels: int array)
        (test: torch.Tensor)
        =
        use _ = torch.NewDisposeScope ()
        let rate =
            match settings.Rates with
            | [ one ] -> one
            | rates ->
                let fitted, held = Subset.holdOut seed settings.HoldOut labels
                let part, validation = rows train fitted, rows train held
                // A held-out part may leave fewer images than the batch has.
                let chosen = { settings with Batch = min settings.Batch fitted.Length }
                rates
                |> List.maxBy (fun rate ->
                    let parameters = sgd seed chosen rate classes part (at labels fitted)
                    Accuracy.top1 (classify classes validation parameters) (at labels held))
        rate, (scores classes test (sgd seed settings rate classes train labels)).MoveToOuterDisposeScope()
