namespace Vantage

open System
open System.Collections.Generic
open TorchSharp
open Vantage.Kernels

/// Which patches of images an encoder sees.
[<RequireQualifiedAccess>]
type Sight =
    /// All of them.
    | Whole
    /// A token in place of those that are true, n x p (iBOT).
    | Masked of torch.Tensor
    /// These only, n x k of int64, in the order in which they come out (CAN).
    | Only of torch.Tensor

/// What a vision transformer makes of images.
type Tokens = {
    /// n x d: the class token, or the mean of the patches, as the encoder is defined.
    Pooled: torch.Tensor
    /// n x p x d, patches row by row.
    Patches: torch.Tensor
    /// The same of the last map but one, where the encoder has several and they are asked for.
    Finer: torch.Tensor option
}

/// Vision transformers (Dosovitskiy et al. 2021), weights named as timm names them. Norms and attention's softmax are float32.
module Transformer =
    // timm's vision_transformer.py.
    let private epsilon = 1e-6

    // Normal values of deviation 0.02; timm cuts them at 2, a hundred deviations away.
    let internal small (size: int64 array) (g: torch.Generator) =
        torch.randn(size, generator = g).mul_(Scope.number 0.02)

    let internal norm weights name width = Layers.normOverValues epsilon weights name width

    let internal dense (weights: Weights) name inputs outputs =
        let weight = weights.Parameter ($"{name}.weight", small [| int64 outputs; int64 inputs |])
        let bias = weights.Parameter ($"{name}.bias", fun _ -> torch.zeros [| int64 outputs |])
        fun (x: torch.Tensor) ->
            let compute = weights.Compute
            let y = torch.nn.functional.linear (x, weight.to_type compute, bias.to_type compute)
            weights.Note (name, y, int64 inputs * int64 outputs * (y.numel () / (y.shape[0] * int64 outputs)))
            y

    let private attention weights name width heads =
        let qkv = dense weights $"{name}.qkv" width (3 * width)
        let proj = dense weights $"{name}.proj" width width
        fun (x: torch.Tensor) ->
            let n, tokens = x.shape[0], x.shape[1]
            let parts =
                (qkv x).view(n, tokens, 3L, int64 heads, int64 (width / heads)).permute(2L, 0L, 3L, 1L, 4L)
            let one k = parts.select (0L, k)
            let mixed = torch.nn.functional.scaled_dot_product_attention (one 0L, one 1L, one 2L)
            mixed.transpose(1L, 2L).reshape(n, tokens, int64 width) |> proj

    // A residual branch left out for whole images with this probability while training (Huang et al. 2016).
    let private dropPath (weights: Weights) site probability =
        let counter = weights.Counter ()
        fun (x: torch.Tensor) ->
            if not weights.Drops || probability = 0.0 then
                x
            else
                let calls = weights.Call counter
                let n = int x.shape[0]
                let kept =
                    Array.init n (fun i ->
                        let u =
                            float (
                                Philox.Uniform (weights.Seed, weights.Step, int64 i, 0x8000 + calls, site)
                            )
                        if u < probability then 0.0f else float32 (1.0 / (1.0 - probability)))
                x * torch.tensor(kept).view(int64 n, 1L, 1L).``to``(x.device).to_type x.dtype

    let internal block weights index (it: ViT) =
        let name = $"blocks.{index}"
        let probability =
            if it.Depth = 1 then
                it.DropPath
            else
                it.DropPath * float index / float (it.Depth - 1)
        let attend =
            norm weights $"{name}.norm1" it.Width
            >> attention weights $"{name}.attn" it.Width it.Heads
        let think =
            norm weights $"{name}.norm2" it.Width
            >> dense weights $"{name}.mlp.fc1" it.Width (4 * it.Width)
            >> torch.nn.functional.gelu
            >> dense weights $"{name}.mlp.fc2" (4 * it.Width) it.Width
        let first, second =
            dropPath weights (2 * index) probability, dropPath weights (2 * index + 1) probability
        fun (x: torch.Tensor) ->
            Scope.returning (fun () ->
                let x = x + first (attend x)
                x + second (think x))

    /// Sines and cosines of rows and columns, 1 x (h w) x d: a quarter of the values each (MoCo v3, appendix; MAE).
    let sinCos height width (values: int) =
        let quarter = values / 4
        let frequency k = 1.0 / Math.Pow (10000.0, float k / float quarter)
        let at row column i =
            let k = i % quarter
            match i / quarter with
            | 0 -> sin (float column * frequency k)
            | 1 -> cos (float column * frequency k)
            | 2 -> sin (float row * frequency k)
            | _ -> cos (float row * frequency k)
        Array.init (height * width * values) (fun i ->
            let token = i / values
            float32 (at (token / width) (token % width) (i % values)))
        |> fun all -> torch.tensor(all).view(1L, int64 (height * width), int64 values)

    // Positions of a grid: fixed, or learnt for one grid and stretched to another (bicubic, as DINO); and the class token's, where it has any.
    let private positions (weights: Weights) (it: ViT) =
        let side = int it.Image / int it.Patch
        match it.Positions with
        | Positions.SinCos ->
            let grids = Dictionary<struct (int * int), Kept>()
            let grid height width =
                let key = struct (height, width)
                if not (grids.ContainsKey key) then
                    grids[key] <- Kept ((sinCos height width it.Width).``to`` weights.Device)
                grids[key].Value
            grid, None
        | Positions.Learnt ->
            let classTokens = if it.Pool = Pool.ClassToken then 1L else 0L
            let places = int64 (side * side)
            let all = weights.Parameter ("pos_embed", small [| 1L; classTokens + places; int64 it.Width |])
            let grid height width =
                let patches = all.narrow (1L, classTokens, places)
                if height = side && width = side then
                    patches
                else
                    let own = patches.view(1L, int64 side, int64 side, int64 it.Width).permute(0L, 3L, 1L, 2L)
                    let stretched =
                        torch.nn.functional.interpolate (
                            own,
                            [| int64 height; int64 width |],
                            mode = torch.InterpolationMode.Bicubic,
                            align_corners = false
                        )
                    stretched.permute(0L, 2L, 3L, 1L).reshape(1L, int64 (height * width), int64 it.Width)
            grid, (if classTokens = 0L then None else Some (fun () -> all.narrow (1L, 0L, 1L)))

    // Patches to values, n x p x d; the weights are uniform as a convolution's by default, and stay as drawn where they are fixed (MoCo v3, section 4).
    let private embed (weights: Weights) channels (it: ViT) =
        let patch = int it.Patch
        let bound = 1.0 / sqrt (float (channels * patch * patch))
        let uniform (size: int64 array) (g: torch.Generator) =
            torch.rand(size, generator = g).mul_(Scope.number (2.0 * bound)).sub_(Scope.number bound)
        let size = [| int64 it.Width; int64 channels; int64 patch; int64 patch |]
        let make name draw =
            if it.FixedPatches then
                weights.Fixed (name, draw)
            else
                weights.Parameter (name, draw)
        let weight = make "patch_embed.proj.weight" (uniform size)
        let bias = make "patch_embed.proj.bias" (uniform [| int64 it.Width |])
        fun (x: torch.Tensor) ->
            let patch = int64 patch
            let compute = Torch.Convolution.Sound (weights.Compute, x.shape[3], patch, patch)
            let y =
                torch.nn.functional.conv2d (
                    x.to_type compute,
                    weight.to_type compute,
                    bias.to_type compute,
                    strides = [| patch; patch |]
                )
            let y = y.to_type weights.Compute
            weights.Note ("patch_embed.proj", y, y.numel () / y.shape[0] * int64 channels * patch * patch)
            y

    // A share of the patches left out while training, of images of the encoder's own size; drawn by place in the batch, step and pass.
    let private dropped (weights: Weights) (it: ViT) =
        let counter = weights.Counter ()
        fun sight (patches: torch.Tensor) ->
            let count = int patches.shape[1]
            let own = int it.Image / int it.Patch
            match sight with
            | Sight.Whole when weights.Drops && it.Dropped > 0.0 && count = own * own ->
                let calls = weights.Call counter
                let kept = count - int (it.Dropped * float count)
                let one i =
                    let keys =
                        Array.init count (fun k ->
                            Philox.Bits (weights.Seed, weights.Step, int64 (i: int), 0x9000 + calls, k))
                    Array.init count int64
                    |> Array.sortBy (fun k -> keys[int k])
                    |> Array.truncate kept
                    |> Array.sort
                let n = int patches.shape[0]
                Sight.Only (
                    torch.tensor(Array.init n one |> Array.concat).view(int64 n, int64 kept).``to``
                        patches.device
                )
            | other -> other

    /// A vision transformer: from images, and which of their patches it sees, to tokens of the patches that it saw. `masks` says whether it ever is not to see some:
    /// then there is a mask token.
    let network (weights: Weights) channels masks (it: ViT) : Sight -> torch.Tensor -> Tokens =
        let classToken =
            if it.Pool = Pool.ClassToken then
                Some (weights.Parameter ("cls_token", small [| 1L; 1L; int64 it.Width |]))
            else
                None
        let at, classPosition = positions weights it
        let embed = embed weights channels it
        let blocks = [ for index in 0 .. it.Depth - 1 -> block weights index it ] |> List.reduce (>>)
        let finish = norm weights "norm" it.Width
        let maskToken =
            if masks then
                Some (weights.Parameter ("mask_token", small [| 1L; 1L; int64 it.Width |]))
            else
                None
        let drop = dropped weights it
        fun sight x ->
            let maps = embed x
            let height, width = int maps.shape[2], int maps.shape[3]
            let patches = maps.flatten(2L).transpose(1L, 2L)
            let patches =
                match sight, maskToken with
                | Sight.Masked hidden, Some token ->
                    torch.where (hidden.unsqueeze 2L, token.to_type patches.dtype, patches)
                | Sight.Masked _, None ->
                    invalidOp "a transformer without a mask token was asked to hide patches"
                | _ -> patches
            let patches = patches + (at height width).to_type patches.dtype
            let patches =
                match drop sight patches with
                | Sight.Only shown ->
                    patches.gather (1L, shown.unsqueeze(2L).expand(-1L, -1L, int64 it.Width))
                | _ -> patches
            let all =
                match classToken with
                | Some token ->
                    let token =
                        match classPosition with
                        | Some position -> token + position ()
                        | None -> token
                    let token = token.to_type(patches.dtype).expand(patches.shape[0], 1L, int64 it.Width)
                    torch.cat ([| token; patches |], 1L)
                | None -> patches
            let all = (all |> blocks |> finish).to_type torch.float32
            match it.Pool with
            | Pool.ClassToken -> {
                Pooled = all.select (1L, 0L)
                Patches = all.narrow (1L, 1L, all.shape[1] - 1L)
                Finer = None
              }
            | Pool.Mean -> { Pooled = all.mean [| 1L |]; Patches = all; Finer = None }
