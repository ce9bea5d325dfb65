namespace Vantage

open System
open System.Globalization
open ScottPlot
open SkiaSharp

/// Curves and bars as PNG, by ScottPlot, in the embedded typeface.
[<RequireQualifiedAccess>]
module Chart =

    /// One set of axes and its curves.
    type Panel = {
        /// What the curves show, such as "loss".
        Title: string
        /// The horizontal axis with its unit, such as "step".
        XLabel: string
        /// The vertical axis with its unit.
        YLabel: string
        /// Each curve: its name, its x and its y, of equal length. A value that is not finite is a gap in the curve.
        Series: (string * float[] * float[]) list
        /// Logarithmic vertical axis, on which a value that is not positive is a gap too.
        LogY: bool
    }

    /// Colours that stay apart for colour-blind readers (Okabe and Ito, "Color Universal Design", 2008), as #rrggbb.
    let palette = [| "#0072b2"; "#d55e00"; "#009e73"; "#cc79a7"; "#e69f00"; "#56b4e9"; "#333333" |]

    /// The colour of the i-th curve of a panel.
    let colour i = palette[i % palette.Length]

    /// Checks panels before drawing: at least one; each with at least one curve, each curve with at least one point and as
    /// many x as y. Throws ArgumentException naming the panel and the curve.
    let check (panels: Panel list) =
        if panels.IsEmpty then
            invalidArg (nameof panels) "no panel to draw: give at least one"
        for panel in panels do
            if panel.Series.IsEmpty then
                invalidArg
                    (nameof panels)
                    $"panel \"{panel.Title}\" has no curve: leave the panel out, or give it one"
            for name, x, y in panel.Series do
                if x.Length <> y.Length then
                    invalidArg
                        (nameof panels)
                        $"curve \"{name}\" of panel \"{panel.Title}\" has {x.Length} x and {y.Length} y: they must be equally many"
                if x.Length = 0 then
                    invalidArg
                        (nameof panels)
                        $"curve \"{name}\" of panel \"{panel.Title}\" has no point: leave the curve out until it has one"

    /// Whether a point can be drawn on these axes.
    let drawable logY x (y: float) = Double.IsFinite x && Double.IsFinite y && (not logY || y > 0.0)

    /// A curve as its longest unbroken pieces, in order: the points that can be drawn, cut where one cannot.
    let runs logY (x: float[]) (y: float[]) : (float[] * float[]) list =
        let close run runs = if List.isEmpty run then runs else Array.ofList (List.rev run) :: runs
        let run, closed =
            Array.zip x y
            |> Array.fold
                (fun (run, closed) (x, y) ->
                    if drawable logY x y then (x, y) :: run, closed else [], close run closed)
                ([], [])
        close run closed |> List.rev |> List.map Array.unzip

    /// Numbers as tick labels: three digits, no trailing zeros.
    let private tickText (x: float) =
        let size = abs x
        let pattern = if size <> 0.0 && (size < 1e-3 || size >= 1e5) then "0.##e0" else "0.####"
        x.ToString (pattern, CultureInfo.InvariantCulture)

    /// Values for the ticks of a logarithmic axis from low to high: powers of ten; over less than three of them also their
    /// doubles and fives; over less than half of one round numbers at equal steps.
    let logTicks (low: float) (high: float) : float[] =
        let decades = log10 high - log10 low
        if decades < 0.5 then
            let raw = (high - low) / 4.0
            let power = Math.Pow (10.0, floor (log10 raw))
            let step =
                [ 1.0; 2.0; 5.0; 10.0 ]
                |> List.map ((*) power)
                |> List.find (fun step -> step >= raw)
            [| for i in ceil (low / step) .. floor (high / step) -> i * step |]
        else
            let every = max 1 (int (ceil (decades / 6.0)))
            let factors = if decades < 3.0 then [ 1.0; 2.0; 5.0 ] else [ 1.0 ]
            [|
                for power in int (floor (log10 low)) .. every .. int (ceil (log10 high)) do
                    for factor in factors do
                        let value = factor * Math.Pow (10.0, float power)
                        if value >= low * 0.999 && value <= high * 1.001 then
                            value
            |]

    /// Finds the embedded typefaces for ScottPlot, under `Font.family`.
    type private Resolver() =
        interface IFontResolver with
            member _.CreateTypeface
                (name: string, weight: FontWeight, _: FontSlant, _: FontSpacing)
                : SKTypeface =
                if name = Font.family then
                    Font.sans (weight >= FontWeight.SemiBold)
                else
                    Unchecked.defaultof<SKTypeface>

            member _.CreateTypeface(name: string, bold: bool, _: bool) : SKTypeface =
                if name = Font.family then Font.sans bold else Unchecked.defaultof<SKTypeface>

    // ScottPlot keeps its list of resolvers for the whole process: one is added, once, and answers to one name only.
    let private resolver = lazy (Fonts.FontResolvers.Insert (0, Resolver ()))

    let private background = Color.FromHex "#fafaf8"

    /// Gives a plot the house's typeface, colours and lines.
    let internal dress (plot: Plot) =
        resolver.Force ()
        plot.FigureBackground.Color <- background
        plot.DataBackground.Color <- Colors.White
        plot.Grid.MajorLineColor <- Color.FromHex "#e6e6e2"
        plot.Axes.Right.FrameLineStyle.Width <- 0.0f
        plot.Axes.Top.FrameLineStyle.Width <- 0.0f
        plot.Legend.ShadowColor <- Colors.Transparent
        plot.Legend.OutlineColor <- Color.FromHex "#d6d6d2"
        plot.Legend.Orientation <- Orientation.Horizontal
        plot.Legend.TightHorizontalWrapping <- true
        plot.Font.Set Font.family |> ignore
        plot.Axes.Title.Label.FontSize <- 15.0f
        plot.Axes.Bottom.Label.Bold <- false
        plot.Axes.Left.Label.Bold <- false
        plot.Axes.Bottom.Label.FontSize <- 13.0f
        plot.Axes.Left.Label.FontSize <- 13.0f

    let private limits (values: float[]) =
        let low, high = Array.min values, Array.max values
        let room = if high > low then 0.05 * (high - low) else max 1e-9 (0.1 * abs high)
        low - room, high + room

    let private panelPlot (panel: Panel) =
        let plot = new Plot ()
        let height y = if panel.LogY then log10 y else y
        let pieces = panel.Series |> List.map (fun (name, x, y) -> name, runs panel.LogY x y)
        pieces
        |> List.iteri (fun i (name, runs) ->
            runs
            |> List.iteri (fun k (x, y) ->
                let line = plot.Add.Scatter (x, Array.map height y)
                line.Color <- Color.FromHex (colour i)
                line.LineWidth <- 2.0f
                // A point between two gaps has no line; a mark shows it.
                line.MarkerSize <- if x.Length = 1 then 6.0f else 0.0f
                if k = 0 && panel.Series.Length > 1 then
                    line.LegendText <- name))
        let all pick = pieces |> List.collect snd |> List.map pick |> Array.concat
        let xs, ys = all fst, all snd |> Array.map height
        if xs.Length = 0 then
            let note = plot.Add.Text ("no value that can be drawn", 0.5, 0.5)
            note.Alignment <- Alignment.MiddleCenter
            note.LabelFontSize <- 14.0f
            note.LabelFontName <- Font.family
            plot.Axes.SetLimits (0.0, 1.0, 0.0, 1.0)
        else
            let left, right = limits xs
            let bottom, top = limits ys
            plot.Axes.SetLimits (left, right, bottom, top)
            if panel.LogY then
                let values = logTicks (Math.Pow (10.0, bottom)) (Math.Pow (10.0, top))
                plot.Axes.Left.TickGenerator <-
                    TickGenerators.NumericManual (Array.map log10 values, Array.map tickText values)
        if panel.Series.Length > 1 then
            plot.ShowLegend Edge.Bottom |> ignore
        plot.Title panel.Title
        plot.XLabel panel.XLabel
        plot.YLabel (if panel.LogY then $"{panel.YLabel} (log scale)" else panel.YLabel)
        dress plot
        plot

    let internal titleHeight = 44

    /// Draws at `density` device pixels for each unit, so that text is sharp on paper and on a phone.
    let internal png density width height (title: string) (draw: SKCanvas -> unit) =
        use surface =
            SKSurface.Create (
                SKImageInfo (width * density, height * density, SKColorType.Rgba8888, SKAlphaType.Opaque)
            )
        let canvas = surface.Canvas
        canvas.Clear (SKColor.Parse "#fafaf8")
        canvas.Scale (float32 density)
        draw canvas
        use face = Font.sans true
        use font = new SKFont (face, 18.0f, Edging = SKFontEdging.Antialias, Subpixel = true)
        use ink = new SKPaint (Color = SKColor.Parse "#222228", IsAntialias = true)
        // A long title is made smaller instead of being cut.
        let room = float32 (width - 40)
        let long = font.MeasureText title
        if long > room then
            font.Size <- font.Size * room / long
        canvas.DrawText (title, 20.0f, 30.0f, font, ink)
        use snapshot = surface.Snapshot ()
        use data = snapshot.Encode (SKEncodedImageFormat.Png, 100)
        data.ToArray ()

    /// ScottPlot clears the whole canvas before it draws: the clip keeps what is there already.
    let internal render (canvas: SKCanvas) (plot: Plot) left top width height =
        let inset = 8.0f
        let right, bottom = float32 (left + width) - 2.0f * inset, float32 (top + height) - inset
        let area = SKRect (float32 left + inset, float32 top, right, bottom)
        use _ = new SKAutoCanvasRestore (canvas, true)
        canvas.ClipRect area
        plot.Render (canvas, PixelRect (area.Left, area.Right, area.Bottom, area.Top))

    /// PNG bytes of the panels in two columns (one, for one panel) under a title; 2 device pixels per unit, a panel being
    /// 520 x 320 units. Not-finite values are gaps. Throws ArgumentException as `check` does.
    let curves (title: string) (panels: Panel list) : byte[] =
        check panels
        let columns = min 2 panels.Length
        let rows = (panels.Length + columns - 1) / columns
        let width, height = 520, 320
        png 2 (columns * width) (titleHeight + rows * height) title (fun canvas ->
            panels
            |> List.iteri (fun i panel ->
                use plot = panelPlot panel
                render canvas plot (i % columns * width) (titleHeight + i / columns * height) width height))

    /// PNG bytes of grouped bars: for each protocol ("k-NN", "linear") one bar for each subject ("trained", "random network",
    /// "raw pixels"), whose accuracies, in [0, 1], stand in the order of the protocols. Drawn in percent. Throws
    /// ArgumentException where the counts do not fit or an accuracy lies outside [0, 1].
    let accuracies (title: string) (protocols: string list) (subjects: (string * float list) list) : byte[] =
        if protocols.IsEmpty || subjects.IsEmpty then
            invalidArg (nameof subjects) "no accuracy to draw: give at least one protocol and one subject"
        for name, values in subjects do
            if values.Length <> protocols.Length then
                invalidArg
                    (nameof subjects)
                    $"\"{name}\" has {values.Length} accuracies for {protocols.Length} protocols: one for each"
            for value in values do
                if not (value >= 0.0 && value <= 1.0) then
                    invalidArg
                        (nameof subjects)
                        $"accuracy {value} of \"{name}\" is outside [0, 1]: give a share, not percent"
        use plot = new Plot ()
        let across = float subjects.Length
        subjects
        |> List.iteri (fun i (name, values) ->
            let bars =
                values
                |> List.mapi (fun p value ->
                    Bar (
                        Position = float p * (across + 1.0) + float i,
                        Value = 100.0 * value,
                        Size = 0.92,
                        FillColor = Color.FromHex (colour i),
                        LineWidth = 0.0f,
                        ValueLabel = (100.0 * value).ToString("0.0", CultureInfo.InvariantCulture)
                    ))
            let drawn = plot.Add.Bars (Array.ofList bars)
            drawn.LegendText <- name
            drawn.ValueLabelStyle.FontName <- Font.family
            drawn.ValueLabelStyle.FontSize <- 12.0f)
        let centres =
            protocols
            |> List.mapi (fun p _ -> float p * (across + 1.0) + (across - 1.0) / 2.0)
        plot.Axes.Bottom.TickGenerator <-
            TickGenerators.NumericManual (Array.ofList centres, Array.ofList protocols)
        plot.Axes.Bottom.MajorTickStyle.Length <- 0.0f
        plot.Axes.SetLimits (-1.0, float protocols.Length * (across + 1.0) - 1.0, 0.0, 108.0)
        plot.YLabel "accuracy (%)"
        plot.Grid.XAxisStyle.IsVisible <- false
        plot.ShowLegend Edge.Bottom |> ignore
        dress plot
        let width, height = 760, 440
        png 2 width height title (fun canvas -> render canvas plot 0 titleHeight width (height - titleHeight))
