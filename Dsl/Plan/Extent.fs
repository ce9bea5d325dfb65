namespace Vantage

/// What is known of an image between two steps before any image is there.
type Extent =
    /// The stored image's own size.
    | Stored
    /// This size, whatever was stored.
    | Sized of height: int<px> * width: int<px>
    /// The shorter side is this long; the other depends on the image.
    | Shorter of int<px>

/// How steps change the size of an image.
module Extent =
    /// The size after an operation.
    let after extent operation =
        match operation, extent with
        | Augmentation.Crop (size, _, _, _), _
        | Augmentation.CenterCrop size, _ -> Sized (size, size)
        | Augmentation.Resize (shorter, _), Sized (h, w) when h = w -> Sized (shorter, shorter)
        | Augmentation.Resize (shorter, _), _ -> Shorter shorter
        | Augmentation.QuarterTurns n, Sized (h, w) when n % 2 <> 0 -> Sized (w, h)
        | _ -> extent

    /// Whether a step may change the size of an image.
    let changes =
        function
        | Augmentation.Crop _
        | Augmentation.CenterCrop _
        | Augmentation.Resize _ -> true
        | _ -> false

    /// Rows and columns of the patches that cover a size, the last ones perhaps cut.
    let patches (patch: int<px>) (height: int<px>, width: int<px>) =
        (height + patch - 1<px>) / patch, (width + patch - 1<px>) / patch

    /// Rows and columns of the whole patches of a grid with this stride.
    let grid (patch: int<px>) (stride: int<px>) (height: int<px>, width: int<px>) =
        max 0 ((height - patch) / stride + 1), max 0 ((width - patch) / stride + 1)

    /// Tiles that an operation cuts an image of this size into; none where it does not.
    let tiles extent operation =
        match operation, extent with
        | Augmentation.Jigsaw (n, _), _ -> Some (n * n)
        | Augmentation.PatchGrid (patch, stride), Sized (h, w) when patch > 0<px> && stride > 0<px> ->
            let rows, columns = grid patch stride (h, w)
            Some (rows * columns)
        | Augmentation.PatchGrid _, _ -> Some 0
        | _ -> None
