namespace Vantage

/// The words of encoders.
[<AutoOpen>]
module EncoderWords =
    let private published depth stem = {
        Depth = depth
        Stem = stem
        Width = 1
        Selective = None
        ZeroInit = false
    }

    /// ResNet-18 with the stem for small images.
    let resnet18Small = Encoder.ResNet (published 18 Stem.SmallImage)

    /// ResNet of 18, 34, 50, 101, 152 or 200 layers with the stem for ImageNet.
    let resnet depth = Encoder.ResNet (published depth Stem.ImageNet)

    /// The same with the stem for small images.
    let resnetSmall depth = Encoder.ResNet (published depth Stem.SmallImage)

    let private resnetWith change =
        function
        | Encoder.ResNet it -> Encoder.ResNet (change it)
        | other -> other

    /// A ResNet of so many times the channels.
    let wider times = resnetWith (fun it -> { it with Width = times * it.Width })

    /// A ResNet with SimCLRv2's selective kernels.
    let selective encoder = encoder |> resnetWith (fun it -> { it with Selective = Some 0.0625 })

    /// A ResNet whose blocks start as their shortcuts.
    let zeroInit encoder = encoder |> resnetWith (fun it -> { it with ZeroInit = true })

    let private vit width depth heads image patch =
        Encoder.ViT {
            Image = image
            Patch = patch
            Width = width
            Depth = depth
            Heads = heads
            Pool = Pool.ClassToken
            Positions = Positions.Learnt
            FixedPatches = false
            DropPath = 0.0
            Dropped = 0.0
        }

    /// A transformer of 12 blocks of 192 values, for images and patches of these sides.
    let vitTiny image patch = vit 192 12 3 image patch

    /// A transformer of 12 blocks of 384 values.
    let vitSmall image patch = vit 384 12 6 image patch

    /// A transformer of 12 blocks of 768 values.
    let vitBase image patch = vit 768 12 12 image patch

    /// A transformer of 24 blocks of 1024 values.
    let vitLarge image patch = vit 1024 24 16 image patch

    /// A transformer for two cores: 4 blocks of 96 values.
    let vitCompact image patch = vit 96 4 3 image patch

    let private vitWith change =
        function
        | Encoder.ViT it -> Encoder.ViT (change it)
        | other -> other

    /// A transformer that is read off as the mean of its patches.
    let meanPooled encoder = encoder |> vitWith (fun it -> { it with Pool = Pool.Mean })

    /// A transformer with sines and cosines as positions.
    let sinCos encoder = encoder |> vitWith (fun it -> { it with Positions = Positions.SinCos })

    /// A transformer whose projection of patches is not learnt.
    let fixedPatches encoder = encoder |> vitWith (fun it -> { it with FixedPatches = true })

    /// A transformer that leaves blocks out while training, the last with this probability.
    let dropPath probability = vitWith (fun it -> { it with DropPath = probability })

    /// A transformer that does not see this share of the patches of images of its own size while training; 0.15 in MSN.
    let dropPatches share = vitWith (fun it -> { it with Dropped = share })

    /// A residual network with layer norm in place of batch norm.
    let layerNormed encoder = Encoder.LayerNormed encoder

    /// An encoder that sees patches of this side, this far from one another, each alone; 64 and 32 px of 256 in CPC.
    let patchwise patch stride encoder = Encoder.Patchwise (patch, stride, encoder)

    /// An encoder for each group of channels; [ 1; 2 ] after `lab` in CMC.
    let splitChannels groups encoder = Encoder.Split (groups, encoder)

    /// A finished run in this folder, of this encoder and projector, whatever else its recipe says; `trainedBy` asks for one recipe.
    let trained folder encoder projector = {
        Folder = folder
        Fingerprint = None
        Encoder = encoder
        Projector = projector
    }

    /// The encoder of a finished run and so many layers of its projector, with its weights to start from; 3 are the first dense layer with its batch norm and ReLU (SimCLRv2).
    let startingFrom run layers = Encoder.Continued (run, layers)

    /// The encoder for 28 to 32 px on a few cores: one stage for each width.
    let compactResNet widths blocks = Encoder.CompactResNet (widths, blocks)

    /// An encoder for 28 to 32 px on a few cores: patches of 4 px that overlap, then one stage for each width. `./research bench encoders` sets it beside `compactResNet`.
    let laptopResNet widths blocks = Encoder.PatchResNet (4<px>, widths, blocks)
