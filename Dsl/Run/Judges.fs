namespace Vantage

open TorchSharp

/// What judges a step's pairs. Each function is told whether its weights are held: then gradient goes through it, not into it.
type Judges = {
    /// Images to features.
    Image: bool -> torch.Tensor -> torch.Tensor
    /// Codes to features.
    Code: bool -> torch.Tensor -> torch.Tensor
    /// Both to scores, one column for the pair, and one each for image and code where they are judged by themselves.
    Score: bool -> torch.Tensor -> torch.Tensor -> torch.Tensor
}

/// What stands beside an encoder of codes in a contest.
type Rivals = {
    /// Representations to the deviations of codes, which are above 0.
    Deviation: torch.Tensor -> torch.Tensor
    /// Codes to images.
    Make: torch.Tensor -> torch.Tensor
    /// What judges the pairs of a step.
    Judges: unit -> Judges
}

/// Discriminators whose matrices are divided by their largest singular values (Miyato et al. 2018, spectral normalisation; exact here, where the paper follows it by power iteration, so that
/// nothing has to be remembered from step to step).
module Judges =
    let private held holds (t: torch.Tensor) = if holds then t.detach () else t

    /// A weight, its first dimension against all others, over its largest singular value: gradient goes through both.
    let normalized (weight: torch.Tensor) =
        let matrix = weight.flatten 1L
        let left, right =
            Scope.withoutGradient (fun () ->
                let matrix = matrix.detach ()
                let tall = matrix.shape[0] > matrix.shape[1]
                let gram = if tall then matrix.t().mm matrix else matrix.mm (matrix.t ())
                let struct (_, vectors) = torch.linalg.eigh gram
                let own = vectors.narrow (1L, vectors.shape[1] - 1L, 1L)
                let other = if tall then matrix.mm own else matrix.t().mm own
                let other = other / other.norm().clamp_min(Scope.number 1e-12)
                if tall then other, own else own, other)
        let largest = (left * matrix.mm right).sum()
        weight / largest.clamp_min (Scope.number 1e-12)

    let private normal (size: int64 array) (g: torch.Generator) =
        let inputs = Array.fold (*) 1L size / size[0]
        torch.randn(size, generator = g).mul_(Scope.number (1.0 / sqrt (float inputs)))

    // Ready for a step: its weight is normalized once.
    let private layer (weights: Weights) name (size: int64 array) apply =
        let weight = weights.Parameter ($"{name}.weight", normal size)
        let offset = weights.Parameter ($"{name}.bias", (fun _ -> torch.zeros [| size[0] |]))
        fun () ->
            let own = normalized weight
            fun holds (x: torch.Tensor) -> apply name x (held holds own) (held holds offset)

    let private dense (weights: Weights) name inputs outputs =
        let apply name (x: torch.Tensor) own offset =
            let y = torch.nn.functional.linear (x, own, offset)
            weights.Note (name, y, int64 inputs * int64 outputs)
            y
        layer weights name [| int64 outputs; int64 inputs |] apply

    // A convolution of 3 x 3, before it means of 2 x 2 where maps are to be halved, as in BigGAN's discriminator.
    let private conv (weights: Weights) name inputs outputs halves =
        let apply name (x: torch.Tensor) (own: torch.Tensor) (offset: torch.Tensor) =
            let x = if halves then torch.nn.functional.avg_pool2d (x, 2L) else x
            let own, offset = own.to_type x.dtype, offset.to_type x.dtype
            let y = torch.nn.functional.conv2d (x, own, offset, [| 1L; 1L |], [| 1L; 1L |])
            weights.Note (name, y, y.numel () / y.shape[0] * int64 (inputs * 9))
            y
        layer weights name [| int64 outputs; int64 inputs; 3L; 3L |] apply

    let private leaky (x: torch.Tensor) = torch.nn.functional.leaky_relu (x, 0.1)

    // Layers one after the other, each leaky; they are made ready together.
    let private chain layers =
        fun () ->
            let ready = layers |> List.map (fun layer -> layer ())
            fun (holds: bool) x -> (x, ready) ||> List.fold (fun x layer -> layer holds x |> leaky)

    let private residual (weights: Weights) name width =
        let first = dense weights $"{name}.0" width width
        let second = dense weights $"{name}.1" width width
        fun () ->
            let first, second = first (), second ()
            fun holds (x: torch.Tensor) -> x + (x |> first holds |> leaky |> second holds)

    let private tower weights name inputs (it: Contest) =
        chain [
            dense weights $"{name}.in" inputs it.Hidden
            for k in 0 .. it.Blocks - 1 do
                residual weights $"{name}.{k}" it.Hidden
        ]

    let private images (weights: Weights) (it: Contest) (view: Vantage.Kernels.ViewShape) =
        let rounds = Generator.rounds (view.Height, view.Width)
        let channels = Generator.channels it.Width
        let through =
            chain [
                conv weights "judges.image.in" view.Channels it.Width false
                for k in 0 .. rounds - 1 do
                    conv weights $"judges.image.{k}" (channels k) (channels (k + 1)) true
                conv weights "judges.image.last" (channels rounds) (channels rounds) false
            ]
        channels rounds,
        fun () ->
            let through = through ()
            fun holds (x: torch.Tensor) ->
                let maps = through holds (x.to_type weights.Compute |> Layers.channelsLast)
                // The sum over places, as BigGAN's.
                (maps.to_type torch.float32).sum [| 2L; 3L |]

    /// Builds the discriminators of views of this shape and of codes of so many values; they are asked for once a step.
    let build (weights: Weights) (it: Contest) codes view =
        let features, image = images weights it view
        let code = tower weights "judges.code" codes it
        let pair = tower weights "judges.pair" (features + it.Hidden) it
        let last name inputs = dense weights $"judges.{name}.score" inputs 1
        let ofPair = last "pair" it.Hidden
        let single = if it.Single then Some (last "image" features, last "code" it.Hidden) else None
        fun () ->
            let pair, ofPair = pair (), ofPair ()
            let single = single |> Option.map (fun (image, code) -> image (), code ())
            {
                Image = image ()
                Code = code ()
                Score =
                    fun holds seen read ->
                        let both = torch.cat ([| seen; read |], 1L)
                        let joint = both |> pair holds |> ofPair holds
                        match single with
                        | Some (image, code) -> torch.cat ([| joint; image holds seen; code holds read |], 1L)
                        | None -> joint
            }
