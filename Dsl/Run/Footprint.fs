namespace Vantage

/// The memory of a run on the CPU at its fullest, in bytes, by what it goes into.
type Footprint = {
    /// The process itself: .NET, libtorch, compiled code, what pictures and reports take.
    Base: int64
    /// The set's images, as bytes.
    Images: int64
    /// Weights, of the momentum target too; gradients; what the rule keeps beside each weight.
    Weights: int64
    Gradients: int64
    State: int64
    /// Views: in the loader's buffers, as tensors, and as the network takes them.
    Views: int64
    /// What layers keep for the backward pass.
    Activations: int64
    /// What one layer needs on its way back.
    Working: int64
    /// What passing images through the frozen encoder takes at most, in place of views, activations and working memory.
    Evaluation: int64
} with

    /// The most that is held at once.
    member this.Peak =
        let always = this.Base + this.Images + this.Weights + this.State
        always
        + max (this.Gradients + this.Views + this.Activations + this.Working) this.Evaluation

/// What a run will take, from its layers alone.
module Footprint =
    // A run of a network of a few hundred weights on two images peaks there (`./research bench peaks`, its first row).
    let private own = 425L <<< 20

    // The loader's buffers (Loader.fs).
    let private buffers = 3L

    // Images that go through the frozen encoder at once (Probe.features, Train.calibrate).
    let private atOnce = 500L

    // Values that autograd keeps for each value that a traced layer gives. A convolution gives a map, the norm after it another, in which the rectifier and the sum work. A
    // transformer's block of width d traces qkv, proj, fc1 and fc2, 9 d a token, and keeps 17 d: two norms and two sums, qkv, attention's answer and its heads side by side, fc1
    // and its GELU.
    let rec private kept =
        function
        | Encoder.ViT _ -> 17.0 / 9.0
        | Encoder.LayerNormed _ -> 3.0 // a group norm keeps what it was given, and its rectifier's answer is another map
        | Encoder.Patchwise (_, _, inner)
        | Encoder.Split (_, inner) -> kept inner
        | Encoder.Continued (run, _) -> kept run.Encoder
        | Encoder.ResNet _
        | Encoder.CompactResNet _
        | Encoder.PatchResNet _ -> 2.0

    // Values that a rule keeps beside each weight.
    let rec private beside =
        function
        | Rule.Sgd _
        | Rule.Lars _ -> 1L
        | Rule.AdamW
        | Rule.Adam _
        | Rule.Lamb -> 2L
        | Rule.Clipped (_, inner)
        | Rule.Accumulated (_, inner) -> beside inner

    let private length (view: Vantage.Kernels.ViewShape) = int64 view.Length

    /// The footprint of a recipe whose network has so many weights, of which so many have a target that follows, on images of a shape. `views` are those of an image; `values` counts what the
    /// layers that learn give for an image, all views, and `largest` what the largest of them gives.
    let ofLayers
        (recipe: Recipe)
        (shape: ImageShape)
        (views: Vantage.Kernels.ViewShape list)
        (weights: int64)
        (values: int64)
        (largest: int64)
        =
        let halves = Precision.isBFloat16 recipe.Precision
        let bytes = if halves then 2L else 4L
        let batch = int64 (recipe.Batch + Objective.labelledBeside recipe.Objective)
        let compared = int64 (Recipe.compared recipe + Objective.labelledBeside recipe.Objective)
        let piece = int64 (Recipe.inNetwork recipe + Objective.labelledBeside recipe.Objective)
        let together =
            match Passes.within recipe.Passes with
            | Passes.Together -> int64 (Recipe.globals recipe).Length
            | _ -> 1L
        let each = List.sumBy length views
        let plain = int64 shape.Channels * int64 (int shape.Height) * int64 (int shape.Width)
        let copies = if (Mechanism.momentum recipe.Avoid).IsSome then 2L else 1L
        let cast = if halves then 2L * weights else 0L
        {
            Base = own
            Images = int64 shape.Images * plain
            Weights = 4L * copies * weights + cast
            Gradients = 4L * weights
            State = 4L * beside recipe.Optimizer.Rule * weights
            // As tensors once; side by side, and in the order of memory that convolutions prefer, of a piece.
            Views = 4L * each * (buffers * batch + compared) + (4L + bytes) * each * piece
            Activations = int64 (kept recipe.Encoder * float (bytes * values * piece))
            // The slopes of a layer's answer, of the norm's before it and of the sum beside it.
            Working = 3L * bytes * largest * piece * together
            // The random network, whose statistics are set in training mode: a block's maps, which are what it was given, two convolutions, two norms, the way beside, and what
            // convolutions put into an order of their own; and the images twice.
            Evaluation = 4L * weights + atOnce * (9L * bytes * largest + 8L * plain)
        }

    let private mib (n: int64) = $"{(n + 524288L) / 1048576L}"

    /// In words: the peak, and what it is made of, in MiB.
    let words (it: Footprint) =
        $"at most about {mib it.Peak} MiB: process {mib it.Base}, images {mib it.Images}, weights {mib it.Weights}, rule {mib it.State}; in training gradients {mib it.Gradients}, views {mib it.Views}, activations {mib it.Activations}, working {mib it.Working}; in evaluation {mib it.Evaluation}"
