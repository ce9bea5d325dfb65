namespace Vantage

open System
open System.Runtime.InteropServices
open SkiaSharp
open Vantage.Kernels

/// Images of a split, changed before an encoder sees them: what is drawn for an image depends on the seed and its number alone.
module Altered =
    // Views of training stay below this number; the order of images draws by 0xFFFF.
    let private view = 0xFF00

    // An image at the size of its split, in [0, 1].
    let private sized (viewer: Viewer) (split: Split) (image: Image) =
        if image.Height = split.Height && image.Width = split.Width then
            image
        else
            let each value = Array.create image.Channels value
            let shape = ViewShape (image.Channels, split.Height, split.Width, each 0.0f, each 1.0f)
            let values = Array.zeroCreate<float32> shape.Length
            Views.plain { viewer with Channel = [] } shape [| image |] 1 values
            Image (values, 0, image.Channels, split.Height, split.Width)

    let private jpeg quality (values: float32 array) channels height width =
        let depth = if channels = 1 then 1 else 4
        let area = height * width
        let bytes = Array.create (depth * area) 255uy
        for i in 0 .. values.Length - 1 do
            bytes[depth * (i % area) + i / area] <- byte (Math.Round (255.0 * float values[i]))
        let kind = if channels = 1 then SKColorType.Gray8 else SKColorType.Rgba8888
        use bitmap = new SKBitmap (SKImageInfo (width, height, kind, SKAlphaType.Opaque))
        for row in 0 .. height - 1 do
            Marshal.Copy (
                bytes,
                row * width * depth,
                IntPtr.Add (bitmap.GetPixels (), row * bitmap.RowBytes),
                width * depth
            )
        use data = bitmap.Encode (SKEncodedImageFormat.Jpeg, quality)
        let image = Decode.image "an image saved as JPEG" 0L channels (data.ToArray ())
        Array.init image.Length (image.At >> float32)

    /// An image under a corruption at a severity from 1 to 5, as float32; the key decides what is drawn.
    let corrupt corruption severity key (image: Image) =
        let c, h, w = image.Channels, image.Height, image.Width
        let x = Array.init image.Length (image.At >> float32)
        let strength = (Corruption.strengths corruption)[severity - 1]
        let values =
            match corruption with
            | Corruption.GaussianNoise -> Corruptions.GaussianNoise (x, strength, key)
            | Corruption.ShotNoise -> Corruptions.ShotNoise (x, int strength, key)
            | Corruption.ImpulseNoise -> Corruptions.ImpulseNoise (x, strength, key)
            | Corruption.SpeckleNoise -> Corruptions.SpeckleNoise (x, strength, key)
            | Corruption.GaussianBlur -> Corruptions.GaussianBlur (x, h, w, strength)
            | Corruption.DefocusBlur ->
                Corruptions.DefocusBlur (x, h, w, strength, Corruption.smoothing[severity - 1])
            | Corruption.Brightness -> Corruptions.Brightness (x, c, strength)
            | Corruption.Contrast -> Corruptions.Contrast (x, c, strength)
            | Corruption.Pixelate -> Corruptions.Pixelate (x, c, h, w, strength)
            | Corruption.Jpeg -> jpeg (int strength) x c h w
        Image (values, 0, c, h, w)

    /// So many images of a split, evenly spread.
    let some count (split: Split) =
        let count = min count split.Count
        let place i = int (int64 i * int64 split.Count / int64 count)
        {
            split with
                Count = count
                Labels =
                    split.Labels
                    |> Option.map (fun labels -> Array.init count (place >> Array.get labels))
                Read = place >> split.Read
                Encoded = None
        }

    /// The images of a split under each corruption at severities 1 to 5, one whole copy of the split after another.
    let corrupted (viewer: Viewer) seed corruptions (split: Split) =
        let kinds = [|
            for corruption in corruptions do
                for severity in 1..5 -> corruption, severity
        |]
        let read i =
            let corruption, severity = kinds[i / split.Count]
            let image = i % split.Count
            let place = Corruption.all |> List.findIndex ((=) corruption)
            let word site = uint64 (Philox.Bits (seed, severity, int64 image, view + place, site))
            sized viewer split (split.Read image)
            |> corrupt corruption severity (word 0 ||| (word 1 <<< 32))
        {
            split with
                Count = kinds.Length * split.Count
                Labels =
                    split.Labels
                    |> Option.map (fun labels -> Array.init kinds.Length (fun _ -> labels) |> Array.concat)
                Read = read
                Encoded = None
        }

    /// The images of a split under a transformation or not, and as labels which of its choices each got.
    let transformed (viewer: Viewer) seed part transformation (split: Split) =
        let choices = Transformation.choices transformation
        let plans = choices |> List.map (snd >> Plan.ofAugmentation) |> List.toArray
        let bounds =
            choices
            |> List.scan (fun sum (share, _) -> sum + share) 0.0
            |> List.tail
            |> List.toArray
        let label i =
            let draw = float (Philox.Uniform (seed, part, int64 i, view - 1, 0))
            min (bounds.Length - 1) (bounds |> Array.filter (fun bound -> bound <= draw) |> Array.length)
        let labels = Array.init split.Count label
        let read i =
            let image = sized viewer split (split.Read i)
            let draws = { Seed = seed; Epoch = part; Image = int64 i; View = view - 2 }
            let values, _ = Views.ofPlan viewer.Engine plans[labels[i]] [| image |] [| draws |] 1
            Image (values, 0, image.Channels, image.Height, image.Width)
        if transformation = Transformation.Turned && split.Height <> split.Width then
            raise (
                EvaluationException
                    $"images of {split.Height} x {split.Width} px change their shape by a quarter turn, which tells it. Use square images, or another transformation."
            )
        { split with Labels = Some labels; Read = read; Encoded = None }
