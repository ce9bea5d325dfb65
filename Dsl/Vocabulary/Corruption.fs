namespace Vantage

/// A common corruption of images (Hendrycks and Dietterich 2019, arXiv 1903.12261). Of the published ones glass, motion and zoom blur, snow, frost, fog, spatter, elastic and saturate are not here.
[<RequireQualifiedAccess>]
type Corruption =
    | GaussianNoise
    | ShotNoise
    | ImpulseNoise
    | SpeckleNoise
    | GaussianBlur
    | DefocusBlur
    | Brightness
    | Contrast
    | Pixelate
    | Jpeg

/// Functions over corruptions.
module Corruption =
    /// All of them.
    let all = [
        Corruption.GaussianNoise
        Corruption.ShotNoise
        Corruption.ImpulseNoise
        Corruption.SpeckleNoise
        Corruption.GaussianBlur
        Corruption.DefocusBlur
        Corruption.Brightness
        Corruption.Contrast
        Corruption.Pixelate
        Corruption.Jpeg
    ]

    /// The name in results: that of the published files, with hyphens.
    let name =
        function
        | Corruption.GaussianNoise -> "gaussian-noise"
        | Corruption.ShotNoise -> "shot-noise"
        | Corruption.ImpulseNoise -> "impulse-noise"
        | Corruption.SpeckleNoise -> "speckle-noise"
        | Corruption.GaussianBlur -> "gaussian-blur"
        | Corruption.DefocusBlur -> "defocus-blur"
        | Corruption.Brightness -> "brightness"
        | Corruption.Contrast -> "contrast"
        | Corruption.Pixelate -> "pixelate"
        | Corruption.Jpeg -> "jpeg"

    /// The published strengths for small images, severities 1 to 5 (make_cifar_c.py of hendrycks/robustness): deviations, photons, shares, radii in pixels, factors, JPEG's quality. The blur of a
    /// defocused disk has a second number, its own smoothing.
    let strengths =
        function
        | Corruption.GaussianNoise -> [ 0.04; 0.06; 0.08; 0.09; 0.10 ]
        | Corruption.ShotNoise -> [ 500.0; 250.0; 100.0; 75.0; 50.0 ]
        | Corruption.ImpulseNoise -> [ 0.01; 0.02; 0.03; 0.05; 0.07 ]
        | Corruption.SpeckleNoise -> [ 0.06; 0.1; 0.12; 0.16; 0.2 ]
        | Corruption.GaussianBlur -> [ 0.4; 0.6; 0.7; 0.8; 1.0 ]
        | Corruption.DefocusBlur -> [ 0.3; 0.4; 0.5; 1.0; 1.5 ]
        | Corruption.Brightness -> [ 0.05; 0.1; 0.15; 0.2; 0.3 ]
        | Corruption.Contrast -> [ 0.75; 0.5; 0.4; 0.3; 0.15 ]
        | Corruption.Pixelate -> [ 0.95; 0.9; 0.85; 0.75; 0.65 ]
        | Corruption.Jpeg -> [ 80.0; 65.0; 58.0; 50.0; 40.0 ]

    /// How much the defocused disk is smoothed, severities 1 to 5.
    let smoothing = [ 0.4; 0.5; 0.6; 0.2; 0.1 ]

/// A transformation whose presence is asked of a representation (SimCLR, table 3).
[<RequireQualifiedAccess>]
type Transformation =
    /// Colour, or grey with probability 0.2.
    | Grey
    /// By 0, 90, 180 or 270 degrees, each alike.
    | Turned
    /// With normal noise of this deviation, or without.
    | Noisy of deviation: float
    /// Through Sobel's filter, or not.
    | Sobel

/// Functions over transformations.
module Transformation =
    /// The name in results.
    let name =
        function
        | Transformation.Grey -> "grey"
        | Transformation.Turned -> "rotation"
        | Transformation.Noisy _ -> "noise"
        | Transformation.Sobel -> "sobel"

    /// What may happen to an image, and how often; the places in the list are the classes.
    let choices =
        function
        | Transformation.Grey -> [ 0.8, Augmentation.identity; 0.2, Augmentation.Grayscale ]
        | Transformation.Turned ->
            (0.25, Augmentation.identity)
            :: [ for k in 1..3 -> 0.25, Augmentation.QuarterTurns k ]
        | Transformation.Noisy deviation -> [
            0.5, Augmentation.identity
            0.5, Augmentation.Noise (Distribution.Exactly deviation)
          ]
        | Transformation.Sobel -> [ 0.5, Augmentation.identity; 0.5, Augmentation.Sobel ]
