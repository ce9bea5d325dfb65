namespace Vantage

/// The published views by name, as the official code of the papers makes them of images of ImageNet's size: sizes and shares of the area are asked for.
[<AutoOpen>]
module PublishedViews =
    let private blurred probability = sometimes probability (boxBlur (between 0.1 2.0))

    let private colours saturation hue =
        augment [
            sometimes 0.8 (jitter {| Brightness = 0.4; Contrast = 0.4; Saturation = saturation; Hue = hue |})
            sometimes 0.2 grayscale
        ]

    /// SimCLR's (Chen et al. 2020, appendix A; data_util.py): colours of strength 1, blur of one view in two, values from 0 to 1. A tenth of the side is the blur's reach.
    let simclrView size area =
        augment [ crop size area; flip; colorDistortion 1.0; sometimes 0.5 (blur (between 0.1 2.0)) ]

    /// MoCo's first and instance discrimination's (moco, main_moco.py with aug-plus off; lemniscate, main.py): grey before colours, which always change.
    let mocoView size area =
        augment [
            crop size area
            sometimes 0.2 grayscale
            jitter {| Brightness = 0.4; Contrast = 0.4; Saturation = 0.4; Hue = 0.4 |}
            flip
            imagenetStandard
        ]

    /// MoCo v2's and SimSiam's (moco, main_moco.py with aug-plus on).
    let mocoV2View size area =
        augment [ crop size area; colours 0.4 0.1; blurred 0.5; flip; imagenetStandard ]

    /// One view of BYOL's kind, with these probabilities of blur and of solarizing (Grill et al. 2020, appendix B, table 6).
    let byolView size area blur solarizing =
        augment [
            crop size area
            flip
            colours 0.2 0.1
            sometimes blur (boxBlur (between 0.1 2.0))
            sometimes solarizing (solarize 0.5)
            imagenetStandard
        ]

    /// BYOL's two views (MoCo v3, Barlow Twins and VICReg have them too): the first blurred always, the second seldom and solarized at times.
    let byolViews size area = [ byolView size area 1.0 0.0; byolView size area 0.1 0.2 ]

    /// SwAV's (swav, src/multicropdataset.py): colours of strength 1, Pillow's blur, deviations 0.228, 0.224 and 0.225.
    let swavView size area =
        augment [
            crop size area
            flip
            colorDistortion 1.0
            blurred 0.5
            standardize [ 0.485; 0.456; 0.406 ] [ 0.228; 0.224; 0.225 ]
        ]

    /// MSN's (msn, src/data_manager.py): colours of strength 0.5, blur of one view in two.
    let msnView size area =
        augment [ crop size area; flip; colorDistortion 0.5; blurred 0.5; imagenetStandard ]

    /// What a classifier of ImageNet is trained on: a crop and a flip (Szegedy et al. 2015; resnet, main.py).
    let inceptionView size area = augment [ crop size area; flip; imagenetStandard ]
