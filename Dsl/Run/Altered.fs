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

    /// An image under a corruption at a severity from 1 to 5, as float32; what it draws by chance is given.
    let corruptBy (draws: CorruptionDraws) corruption severity key (image: Image) =
        let c, h, w = image.Channels, image.Height, image.Width
        let x = Array.init image.Length (image.At >> float32)
        let side = float (min h w)
        let values =
            match corruption, (Corruption.strengths corruption)[severity - 1] with
            | Corruption.GaussianNoise, [ deviation ] -> Corruptions.GaussianNoise (x, deviation, key)
            | Corruption.ShotNoise, [ photons ] -> Corruptions.ShotNoise (x, int photons, key)
            | Corruption.ImpulseNoise, [ share ] -> Corruptions.ImpulseNoise (x, share, key)
            | Corruption.SpeckleNoise, [ deviation ] -> Corruptions.SpeckleNoise (x, deviation, key)
            | Corruption.GaussianBlur, [ deviation ] -> Corruptions.GaussianBlur (x, h, w, deviation)
            | Corruption.DefocusBlur, [ radius; smoothing ] ->
                Corruptions.DefocusBlur (x, h, w, radius, smoothing)
            | Corruption.Brightness, [ more ] -> Corruptions.Brightness (x, c, more)
            | Corruption.Contrast, [ factor ] -> Corruptions.Contrast (x, c, factor)
            | Corruption.Pixelate, [ share ] -> Corruptions.Pixelate (x, c, h, w, share)
            | Corruption.Jpeg, [ quality ] -> jpeg (int quality) x c h w
            | Corruption.GlassBlur, [ deviation; reach; times ] ->
                Corruptions.GlassBlur (x, c, h, w, deviation, int reach, int times, draws)
            | Corruption.MotionBlur, [ radius; deviation ] ->
                Corruptions.MotionBlur (x, c, h, w, int radius, deviation, draws)
            | Corruption.ZoomBlur, [ most ] -> Corruptions.ZoomBlur (x, c, h, w, most)
            | Corruption.Snow, [ mean; deviation; growth; bound; radius; blur; keeps ] ->
                Corruptions.Snow (x, c, h, w, mean, deviation, growth, bound, int radius, blur, keeps, draws)
            | Corruption.Fog, [ amount; decay ] -> Corruptions.Fog (x, h, w, amount, decay, draws)
            | Corruption.Spatter, [ mean; deviation; smoothing; bound; strength; mud ] ->
                Corruptions.Spatter (
                    x,
                    c,
                    h,
                    w,
                    mean,
                    deviation,
                    smoothing,
                    bound,
                    strength,
                    (mud = 1.0),
                    draws
                )
            | Corruption.Elastic, [ factor; deviation; shift ] ->
                Corruptions.Elastic (x, c, h, w, factor * side, deviation * side, shift * side, draws)
            | Corruption.Saturate, [ factor; more ] -> Corruptions.Saturate (x, c, factor, more)
            | other, numbers -> failwith $"{other} has other numbers than {numbers}"
        Image (values, 0, c, h, w)

    /// The same; the key decides what is drawn.
    let corrupt corruption severity (key: uint64) image =
        corruptBy (CorruptionDraws.OfKey key) corruption severity key image

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
                Marks =
                    split.Marks
                    |> Option.map (fun marks -> Array.init count (place >> Array.get marks))
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
                Marks =
                    split.Marks
                    |> Option.map (fun marks -> Array.init kinds.Length (fun _ -> marks) |> Array.concat)
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
        { split with Labels = Some labels; Marks = None; Read = read; Encoded = None }
