namespace Vantage

open TorchSharp
open Vantage.Kernels

/// One remembered embedding for each image of a set, mixed with what comes anew (Wu et al. 2018, section 3.2). `keep` makes and names what a checkpoint holds.
[<Sealed>]
type Bank
    (
        noise: int,
        sums: bool,
        momentum: float,
        near: float,
        images: int,
        embedding: int,
        lengths: bool,
        products: Torch.Products,
        seed: uint64,
        generator: torch.Generator,
        keep: string -> (unit -> torch.Tensor) -> torch.Tensor
    ) =
    let unit (z: torch.Tensor) = if lengths then Torch.UnitRows.Of z else z

    // Values of expected length 1, between plus and minus sqrt (3 / d) (Wu et al. 2018, code).
    let rows =
        let size, bound = [| int64 images; int64 embedding |], sqrt (3.0 / float embedding)
        keep "" (fun () ->
            torch.rand(size, generator = generator).mul_(Scope.number (2.0 * bound)).sub_(Scope.number bound))

    let normaliser =
        if noise > 0 && not sums then
            Some (keep ".normaliser" (fun () -> torch.full ([| 1L |], Scope.number nan, torch.float32)))
        else
            None

    let contrasted (z: torch.Tensor) (own: torch.Tensor) temperature step =
        match normaliser with
        | None when not sums -> Torch.InfoNce.Bank (z, rows, own, temperature, lengths, products = products)
        | _ ->
            let drawn =
                Array.init (int z.shape[0] * noise) (fun i ->
                    let u = Philox.Uniform (seed, step, int64 i, 0xFFFE, 0)
                    int64 (min (float (images - 1)) (float images * float u)))
            let others = torch.tensor(drawn).reshape(z.shape[0], int64 noise).``to`` rows.device
            let indices = torch.cat ([| own.unsqueeze 1L; others |], 1L)
            let scores = Torch.NoiseContrast.Scores (unit z, rows, indices)
            match normaliser with
            | None -> Torch.NoiseContrast.Sum (scores, temperature)
            | Some normaliser ->
                if normaliser.isnan().any().item<bool>() then
                    normaliser.copy_ (Torch.NoiseContrast.LogNormaliser (scores, temperature, int64 images))
                    |> ignore
                Torch.NoiseContrast.Loss (scores, normaliser.squeeze 0L, temperature, int64 images)

    /// Embeddings of these images against their own rows: among all, or among rows drawn from the bank by the step; and so many times their squared distance to those rows as is asked for.
    member _.Loss(z: torch.Tensor, own: torch.Tensor, temperature, step) =
        let loss = contrasted z own temperature step
        if near = 0.0 then
            loss
        else
            let old = rows.index_select (0L, own)
            loss + (unit z - old).square().sum([| 1L |]).mean() * Scope.number near

    /// Mixes these embeddings into the rows of their images.
    member _.Store(z: torch.Tensor, own: torch.Tensor) =
        let old = rows.index_select (0L, own) * Scope.number momentum
        let fresh = unit (z.detach ()) * Scope.number (1.0 - momentum)
        rows.index_copy_ (0L, own, unit (old + fresh)) |> ignore
