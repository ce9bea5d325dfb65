namespace Vantage

/// The published heads by name, in the widths of the papers and the layers of the official code. Where a head is as wide as what it stands on, the encoder's width is asked for:
/// 2048 for a ResNet-50, 512 for a ResNet-18. Predictors are lists of layers, for `predict`.
[<AutoOpen>]
module HeadWords =
    let private last width = [ linearNoBias width; batchNormPlain ]

    let private hidden width = [ linearNoBias width; batchNorm; relu ]

    /// SimCLR's two layers (Chen et al. 2020, section 4.2: as wide as the encoder, then 128; model_util.py with num_proj_layers 2: no bias, batch norm after each, the last without offset).
    let simclrHead width = head (hidden width @ [ linearNoBias 128; batchNormScale ])

    /// SimCLR's linear head (Chen et al. 2020, figure 8; model_util.py).
    let simclrLinearHead = head [ linearNoBias 128; batchNormScale ]

    /// SimCLRv2's three layers (Chen et al. 2020b, section 2; model_util.py): its own fine-tuning starts after the first, batch norm and ReLU included.
    let simclrV2Head width = head (hidden width @ hidden width @ [ linearNoBias 128; batchNormScale ])

    /// SupCon's (SupContrast, resnet_big.py, `mlp`): biases, no batch norm.
    let supConHead width = head [ linear width; relu; linear 128 ]

    /// MoCo's and instance discrimination's one layer (moco/builder.py with mlp off; lemniscate, resnet.py).
    let mocoHead = head [ linear 128 ]

    /// MoCo v2's (moco/builder.py with mlp on): biases, no batch norm.
    let mocoV2Head = head [ linear 2048; relu; linear 128 ]

    /// MoCo v3's for a ResNet (moco-v3, moco/builder.py, MoCo_ResNet): two layers, no bias, the last batch norm without scale and offset.
    let mocoV3Head = head (hidden 4096 @ last 256)

    /// MoCo v3's predictor for a ResNet: no batch norm at its end.
    let mocoV3Predictor = hidden 4096 @ [ linearNoBias 256 ]

    /// MoCo v3's for a transformer (MoCo_ViT): three layers.
    let mocoV3VitHead = head (hidden 4096 @ hidden 4096 @ last 256)

    /// MoCo v3's predictor for a transformer: batch norm at its end too.
    let mocoV3VitPredictor = hidden 4096 @ last 256

    /// PIRL's (Misra and van der Maaten 2020, section 3.2): 128 values a tile, side by side, to 128.
    let pirlHead = head [ linear 128; joinTiles ]

    let private byolLayers = [ linear 4096; batchNorm; relu; linearNoBias 256 ]

    /// BYOL's (Grill et al. 2020, section 3.3; byol, utils/networks.py): a bias before batch norm, none at the end.
    let byolHead = head byolLayers

    /// BYOL's predictor: the layers of its projector.
    let byolPredictor = byolLayers

    /// SimSiam's (Chen and He 2021, section 3; simsiam/builder.py): three layers, the last batch norm without scale and offset. The last layer's bias, which the official code never
    /// changes and batch norm takes off, is left out.
    let simsiamHead = head (hidden 2048 @ hidden 2048 @ last 2048)

    /// SimSiam's predictor: 512 in the middle, no batch norm at the end, and a bias there.
    let simsiamPredictor = hidden 512 @ [ linear 2048 ]

    /// Barlow Twins' (Zbontar et al. 2021, section 2.2; main.py): three layers without bias; the batch norm that follows belongs to the loss.
    let barlowHead = head (hidden 8192 @ hidden 8192 @ [ linearNoBias 8192 ])

    /// VICReg's (Bardes et al. 2022, section 4.2; main_vicreg.py): biases before batch norm, none at the end.
    let vicregHead = head [ linear 8192; batchNorm; relu; linear 8192; batchNorm; relu; linearNoBias 8192 ]

    /// W-MSE's (Ermolov et al. 2021, section 4; cfg.py, model.py): 64 values, whitened in groups of 128 images.
    let wmseHead = head [ linear 1024; batchNorm; relu; linear 64 ]

    /// SwAV's, DeepCluster-v2's and SeLa-v2's (Caron et al. 2020; swav, src/resnet50.py): biases everywhere.
    let swavHead = head [ linear 2048; batchNorm; relu; linear 128 ]

    /// DINO's and iBOT's bottleneck (Caron et al. 2021, appendix C; vision_transformer.py, DINOHead): three layers with GELU, no batch norm; unit length and prototypes belong to the loss.
    let dinoHead = head [ linear 2048; gelu; linear 2048; gelu; linear 256 ]

    /// MSN's (Assran et al. 2022; msn_train.py): batch norm and GELU after two hidden layers.
    let msnHead = head [ linear 2048; batchNorm; gelu; linear 2048; batchNorm; gelu; linear 256 ]

    /// CAN's (Mishra et al. 2022; models_mae.py): as wide as the transformer, then 128.
    let canHead width = head [ linear width; relu; linear 128 ]
