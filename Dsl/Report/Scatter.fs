namespace Vantage

open ScottPlot

/// Points in the plane as PNG: embeddings, one colour and mark a class.
[<RequireQualifiedAccess>]
module Scatter =
    let private marks = [|
        MarkerShape.FilledCircle
        MarkerShape.FilledTriangleUp
        MarkerShape.FilledSquare
        MarkerShape.FilledDiamond
    |]

    /// PNG bytes of points under a title, each with the number of its class; classes are named in a legend. No axes: only nearness means something.
    /// Throws ArgumentException where there is nothing to draw, a point is not finite, or a class has no name.
    let points
        (title: string)
        (classes: string list)
        (at: (float * float) array)
        (labels: int array)
        : byte[] =
        if at.Length = 0 || at.Length <> labels.Length then
            invalidArg
                (nameof at)
                $"{at.Length} points and {labels.Length} classes: as many of each, and at least one"
        match at |> Array.tryFindIndex (fun (x, y) -> not (System.Double.IsFinite (x + y))) with
        | Some i -> invalidArg (nameof at) $"point {i} is {at[i]}: it cannot be drawn"
        | None -> ()
        match labels |> Array.tryFind (fun l -> l < 0 || l >= classes.Length) with
        | Some l -> invalidArg (nameof labels) $"class {l} of {classes.Length} has no name"
        | None -> ()
        use plot = new Plot ()
        let size = if at.Length > 500 then 4.0f else 7.0f
        for c in 0 .. classes.Length - 1 do
            let own = Array.zip at labels |> Array.filter (fun (_, l) -> l = c) |> Array.map fst
            if own.Length > 0 then
                let drawn = plot.Add.ScatterPoints (Array.map fst own, Array.map snd own)
                drawn.Color <- Color.FromHex(Chart.colour c).WithAlpha 0.75
                drawn.MarkerShape <- marks[c / Chart.palette.Length % marks.Length]
                drawn.MarkerSize <- size
                drawn.LegendText <- classes[c]
        plot.Axes.Bottom.TickGenerator <- TickGenerators.EmptyTickGenerator ()
        plot.Axes.Left.TickGenerator <- TickGenerators.EmptyTickGenerator ()
        plot.ShowLegend Edge.Bottom |> ignore
        Chart.dress plot
        let width, height = 640, 680
        Chart.png 1 width height title (fun canvas ->
            Chart.render canvas plot 0 Chart.titleHeight width (height - Chart.titleHeight))
