namespace Vantage

open System
open System.IO
open System.Net
open System.Security.Cryptography
open System.Text
/// What a run's page shows.
type Report = {
    /// Heading and window title.
    Title: string
    /// Names and values: seconds, device, threads, share of time spent waiting, fingerprint.
    Facts: (string * string) list
    /// A table: its header, then its rows, each as long as the header. No header: no table.
    Results: string list * string list list
    /// Another table, of gauges.
    Gauges: string list * string list list
    /// Curves, drawn interactively.
    Panels: Chart.Panel list
    /// Captions and PNG bytes, such as the views before training.
    Pictures: (string * byte[]) list
    /// The recipe's text.
    Recipe: string
    /// Sentences the reader must see first; none: no box.
    Warnings: string list
    /// Seconds after which an open page loads itself anew, while a run goes on; none once it is whole.
    Refresh: int option
}

// Plotly.NET has a Chart of its own.
module Curves = Vantage.Chart

open Plotly.NET
open Plotly.NET.LayoutObjects

/// Pages and notebook cells: HTML that needs no network.
[<RequireQualifiedAccess>]
module Html =

    /// Text as HTML that shows it: & < > " and ' become entities.
    let escape (text: string) =
        match WebUtility.HtmlEncode text with
        | null -> ""
        | encoded -> encoded

    let private plotly =
        lazy
            (let assembly = typeof<GenericChart>.Assembly
             let names = assembly.GetManifestResourceNames ()
             let missing () =
                 InvalidDataException
                     $"{assembly.FullName} carries no plotly.js: not the Plotly.NET of paket.lock"
             match
                 names
                 |> Array.tryFind (fun name -> name.EndsWith (".min.js", StringComparison.Ordinal))
             with
             | None -> raise (missing ())
             | Some name ->
                 match assembly.GetManifestResourceStream name with
                 | null -> raise (missing ())
                 | stream ->
                     use reader = new StreamReader (stream)
                     reader.ReadToEnd ())

    /// plotly.js as one script element, 3.6 MB, needed once in a page before any `panel`. In a notebook that has a module
    /// loader (Jupyter's require) it still sets the global name Plotly, and a second copy does nothing.
    let library () =
        "<script>if (!window.Plotly) (function (define, module, exports) {\n"
        + plotly.Value
        + "\n}).call(window);</script>"

    let private plot (panel: Curves.Panel) =
        let line i (name: string, x: float[], y: float[]) =
            // JSON has no NaN: it is written as the string "NaN", which plotly.js leaves out, a gap.
            let y = Array.map2 (fun x y -> if Curves.drawable panel.LogY x y then y else nan) x y
            // A point between two gaps has no line; marks show it.
            let alone = Curves.runs panel.LogY x y |> List.exists (fun (x, _) -> x.Length = 1)
            Chart.Scatter (
                x = x,
                y = y,
                mode = (if alone then StyleParam.Mode.Lines_Markers else StyleParam.Mode.Lines),
                Name = escape name,
                ShowLegend = (panel.Series.Length > 1),
                LineColor = Color.fromHex (Curves.colour i),
                MarkerColor = Color.fromHex (Curves.colour i)
            )
        let axis title kind =
            LinearAxis.init (
                Title = Title.init (Text = escape title),
                AxisType = kind,
                ShowLine = true,
                LineColor = Color.fromHex "#333333",
                GridColor = Color.fromHex "#e6e6e2",
                ZeroLine = false,
                ExponentFormat = StyleParam.ExponentFormat.Power
            )
        panel.Series
        |> List.mapi line
        |> Chart.combine
        |> Chart.withTemplate ChartTemplates.light
        |> Chart.withXAxis (axis panel.XLabel StyleParam.AxisType.Linear)
        |> Chart.withYAxis (
            axis panel.YLabel (if panel.LogY then StyleParam.AxisType.Log else StyleParam.AxisType.Linear)
        )
        |> Chart.withConfigStyle (Responsive = true, Displaylogo = false)
        |> GenericChart.toJson

    /// One panel as HTML, for a page or a notebook output that holds `library` already.
    let panel (panel: Curves.Panel) =
        Curves.check [ panel ]
        // In a script element, "<" could end it.
        let json = (plot panel).Replace("<", "\\u003c")
        let name = (SHA256.HashData (Encoding.UTF8.GetBytes json) |> Convert.ToHexStringLower)[..15]
        let nothing =
            panel.Series
            |> List.forall (fun (_, x, y) -> Curves.runs panel.LogY x y |> List.isEmpty)
        let caption = panel.Title + (if nothing then ": no value that can be drawn" else "")
        // Drawn when the page is whole, since only then a chart's place has its width; at once in a notebook.
        $"""<figure class="panel"><figcaption>{escape caption}</figcaption><div class="plot" data-panel="{name}" style="height:300px"></div>
<script>(function () {{
const figure = {json};
const layout = Object.assign(figure.layout, {{width: undefined, height: 300, margin: {{l: 60, r: 16, t: 12, b: 48}},
  legend: {{orientation: "h", y: 1.02, yanchor: "bottom"}}}});
const draw = function () {{
  document.querySelectorAll('[data-panel="{name}"]').forEach(function (div) {{
    const config = Object.assign({{}}, figure.config, innerWidth < 600 ? {{displayModeBar: false}} : {{}});
    if (!div.data) Plotly.newPlot(div, figure.data, layout, config);
  }});
}};
if (document.readyState === "loading") addEventListener("DOMContentLoaded", draw); else draw();
}})();</script></figure>"""

    /// One panel with `library` before it: for a notebook's first chart, or a page of its own. Each holds 3.6 MB of script:
    /// for many charts one picture by `Chart.curves` and `image` is smaller.
    let figure curves = library () + panel curves

    /// One picture with its caption, its PNG bytes inside the HTML.
    let image (caption: string) (png: byte[]) =
        let signature = [| 0x89uy; 0x50uy; 0x4Euy; 0x47uy |]
        if png.Length < 4 || png[..3] <> signature then
            invalidArg
                (nameof png)
                $"the {png.Length} bytes of \"{caption}\" are no PNG: make them with Picture or Chart"
        let text = escape caption
        let data = Convert.ToBase64String png
        $"""<figure class="picture"><img alt="{text}" src="data:image/png;base64,{data}" style="max-width:100%%;height:auto"><figcaption>{text}</figcaption></figure>"""

    /// A grid of images as HTML, for a notebook cell; the arguments of `Picture.grid`.
    let grid scale columns rows = image "" (Picture.grid scale columns rows)

    /// A table: header, then rows. Throws ArgumentException where a row is not as long as the header.
    let table (header: string list) (rows: string list list) =
        rows
        |> List.iteri (fun i row ->
            if row.Length <> header.Length then
                invalidArg (nameof rows) $"row {i} has {row.Length} cells under a header of {header.Length}")
        // Numbers stay on one line; sentences wrap.
        let cells tag (values: string list) =
            values
            |> List.map (fun value ->
                let kind = if value.Length > 40 then " class=\"text\"" else ""
                $"<{tag}{kind}>{escape value}</{tag}>")
            |> String.concat ""
        let body =
            rows
            |> List.map (fun row -> "<tr>" + cells "td" row + "</tr>")
            |> String.concat "\n"
        $"""<div class="wide"><table><thead><tr>{cells "th" header}</tr></thead>
<tbody>{body}</tbody></table></div>"""

    /// For the end of a page with charts: before paper, they take a width that fits A4 and Letter; after it, the window's again.
    let paper =
        """<script>
addEventListener("beforeprint", function () {
  document.querySelectorAll(".plot").forEach(function (div) { Plotly.relayout(div, {width: 620, height: 230, autosize: false}); });
});
addEventListener("afterprint", function () {
  document.querySelectorAll(".plot").forEach(function (div) { Plotly.relayout(div, {width: null, height: 300, autosize: true}); });
});
</script>"""

    /// A part of a page under a heading; nothing where the body is empty.
    let section (title: string) body =
        if body = "" then
            ""
        else
            $"<section><h2>{escape title}</h2>\n{body}\n</section>\n"

    let private pageWith head (title: string) (body: string) =
        $"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{head}<title>{escape title}</title>
<style>{Style.sheet}</style>
</head>
<body>
{body}
</body>
</html>
"""

    /// A whole page around the body: for a phone, a desktop or paper, needing nothing from the network.
    let page title body = pageWith "" title body

    let private lines (parts: string list) = String.concat "\n" parts

    /// Sentences in a box; nothing where there are none.
    let notes (kind: string) (sentences: string list) =
        let body = sentences |> List.map (fun text -> $"<p>{escape text}</p>") |> lines
        if body = "" then "" else $"""<div class="{kind}" role="note">{body}</div>"""

    /// Names and values.
    let facts (facts: (string * string) list) =
        let body =
            facts
            |> List.map (fun (name, value) -> $"<div><dt>{escape name}</dt><dd>{escape value}</dd></div>")
            |> lines
        if body = "" then "" else $"<dl>{body}</dl>"

    /// Charts side by side, for a page that holds `library` and `paper` already.
    let panels (all: Curves.Panel list) =
        if all.IsEmpty then
            ""
        else
            $"""<div class="panels">{all |> List.map panel |> lines}</div>"""

    /// Pictures one under another.
    let pictures (all: (string * byte[]) list) =
        all |> List.map (fun (caption, png) -> image caption png) |> lines

    /// A text as it is, such as a recipe.
    let code text = if text = "" then "" else $"<pre>{escape text}</pre>"

    /// A run as one self-contained page: warnings, facts, results, curves, pictures and the recipe; what is empty is left
    /// out. The same report gives the same bytes. Throws ArgumentException where a panel has nothing to draw, a row of
    /// the table does not fit its header, or a picture is no PNG.
    let report (report: Report) : string =
        let refresh =
            match report.Refresh with
            | Some seconds -> $"<meta http-equiv=\"refresh\" content=\"{seconds}\">\n"
            | None -> ""
        let shown (header: string list, rows: string list list) =
            if header.IsEmpty && rows.IsEmpty then "" else table header rows
        [
            $"<h1>{escape report.Title}</h1>"
            notes "warnings" report.Warnings
            section "Results" (shown report.Results)
            section "Run" (facts report.Facts)
            if not report.Panels.IsEmpty then
                library ()
                section "Curves" (panels report.Panels)
                paper
            section "Pictures" (pictures report.Pictures)
            section "Gauges" (shown report.Gauges)
            section "Recipe" (code report.Recipe)
        ]
        |> lines
        |> pageWith refresh report.Title
