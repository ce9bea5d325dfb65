namespace Vantage

open System.Globalization
open System.Net

/// The picture of a recipe as SVG: boxes in columns from the images to the objective, arrows between them.
[<RequireQualifiedAccess>]
module Diagram =
    let private gap, line = 40.0, 17.0

    let private number (x: float) = x.ToString ("0.#", CultureInfo.InvariantCulture)

    let private escape (text: string) = nonNull (WebUtility.HtmlEncode text)

    let private heightOf part = float part.Lines.Length * line + 15.0

    // The top of each lane: as far down as the tallest boxes above ask for.
    let private tops graph =
        let tallest lane =
            graph.Parts
            |> List.filter (fun p -> p.Lane = lane)
            |> List.map heightOf
            |> List.fold max 0.0
        let lanes = graph.Parts |> List.map _.Lane |> List.max
        [ 0..lanes ] |> List.scan (fun top lane -> top + tallest lane + 34.0) 14.0

    // Wide enough for the longest text in it: letters of the first, bold line take 9 px at most on average, others 7.8.
    let private widthOf part =
        part.Lines
        |> List.mapi (fun i text -> float text.Length * (if i = 0 then 9.0 else 7.8))
        |> List.max
        |> (+) 18.0
        |> max 100.0

    let private box (x, y) width part =
        let height = heightOf part
        let colour =
            if part.Key = "objective" then "#fdebd8"
            elif part.Key.StartsWith "target" then "#e9ecf5"
            else "#ffffff"
        let texts =
            part.Lines
            |> List.mapi (fun i text ->
                let weight = if i = 0 then " font-weight=\"600\"" else ""
                $"""<text x="{number (x + width / 2.0)}" y="{number (y + 19.0 + line * float i)}"{weight}>{escape text}</text>""")
            |> String.concat ""
        $"""<rect x="{number x}" y="{number y}" width="{number width}" height="{number height}" rx="7" fill="{colour}" stroke="#33415c"/>{texts}"""

    let private bar x y =
        $"""<path d="M{number (x - 4.0)} {number (y - 7.0)}v14m5 -14v14" stroke="#b3261e" stroke-width="2"/>"""

    let private across (x1, y1) (x2, y2) way =
        let middle = (x1 + x2) / 2.0
        let stroke = if way = Way.Learns then "#33415c" else "#8a94a6"
        let path =
            $"M{number x1} {number y1}C{number middle} {number y1} {number middle} {number y2} {number (x2 - 7.0)} {number y2}"
        let stop = if way = Way.Stopped then bar middle ((y1 + y2) / 2.0) else ""
        $"""<path d="{path}" fill="none" stroke="{stroke}" stroke-width="1.6" marker-end="url(#arrow)"/>{stop}"""

    let private down (x, y1) y2 momentum =
        $"""<path d="M{number x} {number y1}V{number (y2 - 7.0)}" fill="none" stroke="#33415c" stroke-dasharray="4 3" marker-end="url(#arrow)"/><text x="{number (x + 5.0)}" y="{number ((y1 + y2) / 2.0 + 4.0)}" text-anchor="start" font-size="11">m = {momentum}</text>"""

    let private head =
        """<defs><marker id="arrow" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 0L8 4L0 8z" fill="#33415c"/></marker></defs>"""

    /// A graph as an SVG document. A red double bar says that no gradient goes back, a dashed arrow that weights follow.
    let svg title (graph: Graph) =
        let tops = tops graph
        let columns = graph.Parts |> List.map _.Column |> List.distinct |> List.sort
        let widths =
            columns
            |> List.map (fun column ->
                graph.Parts
                |> List.filter (fun p -> p.Column = column)
                |> List.map widthOf
                |> List.max)
        let lefts = widths |> List.scan (fun left width -> left + width + gap) 14.0
        let index part = List.findIndex ((=) part.Column) columns
        let place part = lefts[index part], tops[part.Lane]
        let find key = graph.Parts |> List.find (fun p -> p.Key = key)
        let shown (a, b, way) =
            let one, other = find a, find b
            let (x1, y1), (x2, y2) = place one, place other
            let width = widths[index one]
            match way with
            | Way.Follows momentum -> down (x1 + width / 2.0, y1 + heightOf one) y2 momentum
            | _ ->
                // Images have no gradient to stop.
                let way = if a = "images" then Way.Learns else way
                across (x1 + width, y1 + heightOf one / 2.0) (x2, y2 + heightOf other / 2.0) way
        let wide = List.last lefts - gap + 14.0
        let high = List.last tops
        String.concat "\n" [
            $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number wide} {number high}" width="{number wide}" height="{number high}" font-family="DejaVu Sans, Helvetica, sans-serif" font-size="13" text-anchor="middle">"""
            $"<title>{escape title}</title>"
            """<rect width="100%" height="100%" fill="#ffffff"/>"""
            head
            yield! graph.Ways |> List.map shown
            yield! graph.Parts |> List.map (fun part -> box (place part) widths[index part] part)
            "</svg>"
            ""
        ]
