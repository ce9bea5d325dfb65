namespace Vantage

open System
open SkiaSharp

/// Images as PNG: grids of source images and their views, enlarged by whole factors so that every pixel is seen as it is.
[<RequireQualifiedAccess>]
module Picture =

    /// How far a value may lie outside [0, 1] and still be clamped: rounding of a resize or of half precision (below
    /// three of 255 grey levels). Beyond it the image is not in [0, 1] at all, most often because it was standardized.
    let slack = 0.01f

    let private check channels height width length =
        if channels <> 1 && channels <> 3 then
            invalidArg "channels" $"{channels} channels: a picture shows 1 (grey) or 3 (red, green, blue)"
        if height < 1 || width < 1 then
            invalidArg "height" $"an image of {height} x {width} has no pixels"
        if length <> channels * height * width then
            invalidArg
                "pixels"
                $"{length} values given, {channels} x {height} x {width} = {channels * height * width} needed"

    /// A tile of channels x height x width values in [0, 1], planar, without caption. Throws ArgumentException where the
    /// length does not fit, a value is not finite, or one lies further than `slack` outside [0, 1].
    let ofFloats channels height width (pixels: float32[]) : Tile =
        check channels height width pixels.Length
        match pixels |> Array.tryFindIndex (fun x -> not (x >= -slack && x <= 1.0f + slack)) with
        | Some i ->
            invalidArg
                (nameof pixels)
                $"value {i} is {pixels[i]}, outside [0, 1]: undo standardize first (Picture.ofStandardized)"
        | None -> ()
        { Channels = channels; Height = height; Width = width; Pixels = pixels; Caption = [] }

    /// A tile of channels x height x width bytes, planar, 0 to 255 standing for [0, 1].
    let ofBytes channels height width (pixels: byte[]) : Tile =
        check channels height width pixels.Length
        ofFloats channels height width (pixels |> Array.map (fun b -> float32 b / 255.0f))

    /// A tile of values that were standardized per channel, y = (x - mean) / deviation: shows x = y * deviation + mean.
    let ofStandardized
        (mean: float32[])
        (deviation: float32[])
        channels
        height
        width
        (pixels: float32[])
        : Tile =
        check channels height width pixels.Length
        if mean.Length <> channels || deviation.Length <> channels then
            invalidArg
                (nameof mean)
                $"{mean.Length} means and {deviation.Length} deviations for {channels} channels"
        let plane = height * width
        pixels
        |> Array.mapi (fun i y -> y * deviation[i / plane] + mean[i / plane])
        |> ofFloats channels height width

    /// The tile with these lines under it.
    let withCaption lines (tile: Tile) = { tile with Caption = lines }

    let private margin = 20
    let private gap = 12
    let private textSize = 13.0f
    let private lineHeight = 17
    let private captionSize = 11.0f
    let private captionHeight = 14
    /// A column is never wider than this for the sake of its text; longer lines are wrapped.
    let private widestText = 150

    let private font face size = new SKFont (face, size, Edging = SKFontEdging.Antialias, Subpixel = true)

    /// Breaks a line at spaces, and a word at any character, so that each piece is at most `width` pixels wide.
    let private wrap (font: SKFont) width (line: string) =
        let fits (text: string) = font.MeasureText text <= float32 width
        let rec pieces (word: string) =
            if word.Length <= 1 || fits word then
                [ word ]
            else
                let cut =
                    [ word.Length - 1 .. -1 .. 1 ]
                    |> List.tryFind (fun n -> fits word[.. n - 1])
                    |> Option.defaultValue 1
                word[.. cut - 1] :: pieces word[cut..]
        let place lines piece =
            match lines with
            | last :: rest when fits (last + " " + piece) -> (last + " " + piece) :: rest
            | _ -> piece :: lines
        line.Split (' ', StringSplitOptions.RemoveEmptyEntries)
        |> List.ofArray
        |> List.collect pieces
        |> List.fold place []
        |> List.rev

    type private Sheet = {
        Layout: PictureLayout
        Columns: string list list
        Rows: string list list
        Texts: string list list list
    }

    let private sheet scale (columns: string list) (rows: TileRow list) =
        if scale < 1 then
            invalidArg (nameof scale) $"scale {scale}: each pixel is drawn as scale x scale, so at least 1"
        if rows |> List.forall (fun row -> row.Tiles.IsEmpty) then
            invalidArg (nameof rows) "no image to draw: give at least one row with one tile"
        let count = rows |> List.map (fun row -> row.Tiles.Length) |> List.max
        if columns.Length > count then
            invalidArg (nameof columns) $"{columns.Length} column labels for {count} columns of images"
        use regular = Font.sans false
        use bold = Font.sans true
        use label = font bold textSize
        use small = font regular captionSize
        let widthOf (font: SKFont) (text: string) = int (ceil (font.MeasureText text)) + 1
        let columnWidth c =
            let tiles = rows |> List.choose (fun row -> List.tryItem c row.Tiles)
            let texts = tiles |> List.collect (fun tile -> tile.Caption) |> List.map (widthOf small)
            let heading = List.tryItem c columns |> Option.map (widthOf label) |> Option.toList
            let text = texts @ heading |> List.fold max 0 |> min widestText
            tiles |> List.map (fun tile -> tile.Width * scale) |> List.fold max text
        let widths = List.init count columnWidth
        let rowLabels = rows |> List.map (fun row -> wrap label widestText row.Label)
        let labelWidth = rowLabels |> List.concat |> List.map (widthOf label) |> List.fold max 0
        let left = if labelWidth = 0 then margin else margin + labelWidth + gap
        let lefts = widths |> List.scan (fun x width -> x + width + gap) left |> List.take count
        let headings = columns |> List.mapi (fun c text -> wrap label widths[c] text)
        let headingHeight =
            match headings |> List.map List.length |> List.fold max 0 with
            | 0 -> 0
            | lines -> lines * lineHeight + gap / 2
        let texts =
            rows
            |> List.map (fun row ->
                row.Tiles
                |> List.mapi (fun c t -> t.Caption |> List.collect (wrap small widths[c])))
        let imageHeights =
            rows
            |> List.map (fun row -> row.Tiles |> List.map (fun t -> t.Height * scale) |> List.fold max 0)
        let captionHeights =
            texts
            |> List.map (fun row ->
                match row |> List.map List.length |> List.fold max 0 with
                | 0 -> 0
                | lines -> lines * captionHeight + 4)
        let heights =
            List.map3
                (fun image caption (lines: string list) -> max (image + caption) (lines.Length * lineHeight))
                imageHeights
                captionHeights
                rowLabels
        let tops = heights |> List.scan (fun y height -> y + height + gap) (margin + headingHeight)
        let images =
            rows
            |> List.mapi (fun r row ->
                row.Tiles
                |> List.mapi (fun c tile ->
                    SKRectI.Create (lefts[c], tops[r], tile.Width * scale, tile.Height * scale)))
        let captions =
            texts
            |> List.mapi (fun r row ->
                row
                |> List.mapi (fun c lines ->
                    if lines.IsEmpty then
                        SKRectI.Empty
                    else
                        SKRectI.Create (
                            lefts[c],
                            tops[r] + imageHeights[r] + 4,
                            widths[c],
                            lines.Length * captionHeight
                        )))
        let layout = {
            Width = List.last lefts + List.last widths + margin
            Height = List.last tops - gap + margin
            Images = images
            Captions = captions
            ColumnLabels =
                headings
                |> List.mapi (fun c lines ->
                    SKRectI.Create (lefts[c], margin, widths[c], lines.Length * lineHeight))
            RowLabels =
                rowLabels
                |> List.mapi (fun r lines ->
                    SKRectI.Create (margin, tops[r], labelWidth, lines.Length * lineHeight))
        }
        { Layout = layout; Columns = headings; Rows = rowLabels; Texts = texts }

    /// Where `grid` puts everything, for the same arguments.
    let layout scale columns rows = (sheet scale columns rows).Layout

    /// The grey level of 0 to 255 that shows x: x clamped to [0, 1], to the nearest level.
    let level (x: float32) = byte (MathF.Round (255.0f * Math.Clamp (x, 0.0f, 1.0f)))

    let private bitmap (tile: Tile) =
        let made = new SKBitmap (tile.Width, tile.Height, SKColorType.Rgba8888, SKAlphaType.Opaque)
        let plane = tile.Height * tile.Width
        let at channel i = level tile.Pixels[(if tile.Channels = 1 then 0 else channel) * plane + i]
        made.Pixels <- Array.init plane (fun i -> SKColor (at 0 i, at 1 i, at 2 i))
        made

    /// PNG bytes of rows of images, each pixel drawn as scale x scale equal pixels (nearest neighbour, exact), with a label
    /// at the left of each row, over the first columns the column labels, and under each image its caption, wrapped to
    /// the column. Images may differ in size. Throws ArgumentException where there is nothing to draw, the scale is
    /// below 1, or there are more labels than columns.
    let grid scale (columns: string list) (rows: TileRow list) : byte[] =
        let sheet = sheet scale columns rows
        let layout = sheet.Layout
        use surface =
            SKSurface.Create (
                SKImageInfo (layout.Width, layout.Height, SKColorType.Rgba8888, SKAlphaType.Opaque)
            )
        let canvas = surface.Canvas
        canvas.Clear (SKColor (250uy, 250uy, 248uy))
        use regular = Font.sans false
        use bold = Font.sans true
        use label = font bold textSize
        use small = font regular captionSize
        use ink = new SKPaint (Color = SKColor (34uy, 34uy, 40uy), IsAntialias = true)
        use faint = new SKPaint (Color = SKColor (90uy, 90uy, 98uy), IsAntialias = true)
        use frame =
            new SKPaint (
                Color = SKColor (214uy, 214uy, 210uy),
                Style = SKPaintStyle.Stroke,
                StrokeWidth = 1.0f
            )
        let write (font: SKFont) (paint: SKPaint) step (area: SKRectI) (lines: string list) =
            lines
            |> List.iteri (fun i line ->
                canvas.DrawText (
                    line,
                    float32 area.Left,
                    float32 (area.Top + (i + 1) * step) - 4.0f,
                    font,
                    paint
                ))
        List.iter2 (write label ink lineHeight) layout.ColumnLabels sheet.Columns
        List.iter2 (write label ink lineHeight) layout.RowLabels sheet.Rows
        List.iter2 (List.iter2 (write small faint captionHeight)) layout.Captions sheet.Texts
        List.iter2
            (fun (row: TileRow) areas ->
                List.iter2
                    (fun tile (area: SKRectI) ->
                        use bitmap = bitmap tile
                        use image = SKImage.FromBitmap bitmap
                        canvas.DrawImage (
                            image,
                            SKRect.op_Implicit area,
                            SKSamplingOptions SKFilterMode.Nearest
                        )
                        // Around the image, not over it: its pixels stay exact.
                        canvas.DrawRect (
                            float32 area.Left - 0.5f,
                            float32 area.Top - 0.5f,
                            float32 area.Width + 1.0f,
                            float32 area.Height + 1.0f,
                            frame
                        ))
                    row.Tiles
                    areas)
            rows
            layout.Images
        use snapshot = surface.Snapshot ()
        use data = snapshot.Encode (SKEncodedImageFormat.Png, 100)
        data.ToArray ()
