namespace Vantage

/// A common corruption of images (Hendrycks and Dietterich 2019, arXiv 1903.12261), as make_cifar_c.py of hendrycks/robustness makes it. Of the published ones frost is not here: it lays the
/// authors' photographs of frost over the image.
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
    | GlassBlur
    | MotionBlur
    | ZoomBlur
    | Snow
    | Fog
    | Spatter
    | Elastic
    | Saturate

/// Functions over corruptions.
module Corruption =
    /// All of them. What is drawn for one depends on its place.
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
        Corruption.GlassBlur
        Corruption.MotionBlur
        Corruption.ZoomBlur
        Corruption.Snow
        Corruption.Fog
        Corruption.Spatter
        Corruption.Elastic
        Corruption.Saturate
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
        | Corruption.GlassBlur -> "glass-blur"
        | Corruption.MotionBlur -> "motion-blur"
        | Corruption.ZoomBlur -> "zoom-blur"
        | Corruption.Snow -> "snow"
        | Corruption.Fog -> "fog"
        | Corruption.Spatter -> "spatter"
        | Corruption.Elastic -> "elastic-transform"
        | Corruption.Saturate -> "saturate"

    let private single = List.map List.singleton

    /// The published numbers for small images, severities 1 to 5, in the order of the published file (make_cifar_c.py); an elastic one's are shares of the image's side.
    let strengths =
        function
        | Corruption.GaussianNoise -> single [ 0.04; 0.06; 0.08; 0.09; 0.10 ]
        | Corruption.ShotNoise -> single [ 500.0; 250.0; 100.0; 75.0; 50.0 ]
        | Corruption.ImpulseNoise -> single [ 0.01; 0.02; 0.03; 0.05; 0.07 ]
        | Corruption.SpeckleNoise -> single [ 0.06; 0.1; 0.12; 0.16; 0.2 ]
        | Corruption.GaussianBlur -> single [ 0.4; 0.6; 0.7; 0.8; 1.0 ]
        | Corruption.DefocusBlur -> [ [ 0.3; 0.4 ]; [ 0.4; 0.5 ]; [ 0.5; 0.6 ]; [ 1.0; 0.2 ]; [ 1.5; 0.1 ] ]
        | Corruption.Brightness -> single [ 0.05; 0.1; 0.15; 0.2; 0.3 ]
        | Corruption.Contrast -> single [ 0.75; 0.5; 0.4; 0.3; 0.15 ]
        | Corruption.Pixelate -> single [ 0.95; 0.9; 0.85; 0.75; 0.65 ]
        | Corruption.Jpeg -> single [ 80.0; 65.0; 58.0; 50.0; 40.0 ]
        | Corruption.GlassBlur -> [
            [ 0.05; 1.0; 1.0 ]
            [ 0.25; 1.0; 1.0 ]
            [ 0.4; 1.0; 1.0 ]
            [ 0.25; 1.0; 2.0 ]
            [ 0.4; 1.0; 2.0 ]
          ]
        | Corruption.MotionBlur -> [ [ 6.0; 1.0 ]; [ 6.0; 1.5 ]; [ 6.0; 2.0 ]; [ 8.0; 2.0 ]; [ 9.0; 2.5 ] ]
        | Corruption.ZoomBlur -> single [ 1.06; 1.11; 1.16; 1.21; 1.26 ]
        | Corruption.Snow -> [
            [ 0.1; 0.2; 1.0; 0.6; 8.0; 3.0; 0.95 ]
            [ 0.1; 0.2; 1.0; 0.5; 10.0; 4.0; 0.9 ]
            [ 0.15; 0.3; 1.75; 0.55; 10.0; 4.0; 0.9 ]
            [ 0.25; 0.3; 2.25; 0.6; 12.0; 6.0; 0.85 ]
            [ 0.3; 0.3; 1.25; 0.65; 14.0; 12.0; 0.8 ]
          ]
        | Corruption.Fog -> [ [ 0.2; 3.0 ]; [ 0.5; 3.0 ]; [ 0.75; 2.5 ]; [ 1.0; 2.0 ]; [ 1.5; 1.75 ] ]
        | Corruption.Spatter -> [
            [ 0.62; 0.1; 0.7; 0.7; 0.5; 0.0 ]
            [ 0.65; 0.1; 0.8; 0.7; 0.5; 0.0 ]
            [ 0.65; 0.3; 1.0; 0.69; 0.5; 0.0 ]
            [ 0.65; 0.1; 0.7; 0.69; 0.6; 1.0 ]
            [ 0.65; 0.1; 0.5; 0.68; 0.6; 1.0 ]
          ]
        | Corruption.Elastic -> [
            [ 0.0; 0.0; 0.08 ]
            [ 0.05; 0.2; 0.07 ]
            [ 0.08; 0.06; 0.06 ]
            [ 0.1; 0.04; 0.05 ]
            [ 0.1; 0.03; 0.03 ]
          ]
        | Corruption.Saturate -> [ [ 0.3; 0.0 ]; [ 0.1; 0.0 ]; [ 1.5; 0.0 ]; [ 2.0; 0.1 ]; [ 2.5; 0.2 ] ]

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
