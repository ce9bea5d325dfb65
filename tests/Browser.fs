/// A page as a browser shows it, by Debian's Chromium where it is installed. Tests that need it skip visibly elsewhere.
module Vantage.Tests.Browser

open System
open System.Diagnostics
open System.IO
open Expecto

let private programs = [ "chromium"; "chromium-browser"; "google-chrome" ]

let private found =
    lazy
        (let folders =
            (Environment.GetEnvironmentVariable "PATH"
             |> Option.ofObj
             |> Option.defaultValue "")
                .Split
                ':'
         programs
         |> List.tryPick (fun name ->
             folders
             |> Array.map (fun folder -> Path.Combine (folder, name))
             |> Array.tryFind File.Exists))

/// Runs the browser without a window and without network on a page; gives what it writes.
let private browse (arguments: string list) (page: string) =
    match found.Value with
    | None -> skiptest "no Chromium on the PATH (Debian: apt-get install chromium)"
    | Some program ->
        Script.inFolder (fun profile ->
            let start =
                ProcessStartInfo (program, RedirectStandardOutput = true, RedirectStandardError = true)
            // What a page asks of the network would fail: nothing answers at this proxy.
            for argument in
                [
                    "--headless"
                    "--no-sandbox"
                    "--disable-gpu"
                    "--hide-scrollbars"
                    "--proxy-server=127.0.0.1:1"
                    $"--user-data-dir={profile}"
                    "--virtual-time-budget=20000"
                ]
                @ arguments
                @ [ "file://" + page ] do
                start.ArgumentList.Add argument
            use child = nonNull (Process.Start start)
            let output, errors =
                child.StandardOutput.ReadToEndAsync (), child.StandardError.ReadToEndAsync ()
            if not (child.WaitForExit (TimeSpan.FromMinutes 2.0)) then
                child.Kill true
                failtest "the browser did not end within 2 minutes"
            errors.Result |> ignore
            output.Result)

/// The page's document after its scripts have run in a window of this width.
let document (width: int) page = browse [ "--dump-dom"; $"--window-size={width},900" ] page

/// How wide a page's content is in a frame of this width, and the frame's own width: a browser's window has a least width that a phone's is below.
let measured width (page: string) =
    let script =
        "<script>addEventListener('load', () => setTimeout(() => parent.postMessage('widths ' + document.documentElement.scrollWidth + ' ' + innerWidth, '*'), 1000));</script></body>"
    let inner, outer = page + ".inner.html", page + ".outer.html"
    File.WriteAllText (inner, (File.ReadAllText page).Replace("</body>", script))
    File.WriteAllText (
        outer,
        $"""<html><head><title>nothing</title></head><body>
<script>addEventListener('message', e => {{ document.title = e.data; }});</script>
<iframe src="file://{inner}" width="{width}" height="900" style="border:0"></iframe></body></html>"""
    )
    let found =
        Text.RegularExpressions.Regex.Match (document 1300 outer, @"<title>widths (\d+) (\d+)</title>")
    File.Delete inner
    File.Delete outer
    if not found.Success then
        failtest "the page's script did not run"
    int found.Groups[1].Value, int found.Groups[2].Value
