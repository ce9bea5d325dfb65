namespace Vantage

open Vantage.Kernels

/// An image that was read but not decoded: its decoder can shrink it on the way.
type Encoded = {
    Height: int
    Width: int
    /// Decodes to about 1 / denominator of its sides (1, 2, 4, 8); as it is where its format cannot.
    Decode: int -> Image
}

/// What a set with several labels an image says of a class in one image.
[<RequireQualifiedAccess>]
type Mark =
    | Present
    | Absent
    /// There, but hard to tell: it counts neither for nor against (the 0 of PASCAL VOC's files).
    | Difficult

/// One part of a set: any image at any time, from any thread, decoded when asked for.
type Split = {
    Name: string
    Count: int
    /// 1 for grey, 3 for red, green, blue; the same for every image.
    Channels: int
    /// Rows of every image; of the smallest where sizes differ.
    Height: int
    /// Columns of every image; of the smallest where sizes differ.
    Width: int
    /// A class for each image, from 0; none where the set has no labels.
    Labels: int array option
    /// A mark for each class of each image, where an image may show several; such a set has no `Labels`.
    Marks: Mark array array option
    /// Image i as bytes. Raises DataException where it cannot be decoded.
    Read: int -> Image
    /// Where large images can be decoded smaller; none where images lie as bytes already.
    Encoded: (int -> Encoded) option
}

/// A set of images to train on and, mostly, one to test on.
type Dataset = { Name: string; Classes: string list; Train: Split; Test: Split option }
