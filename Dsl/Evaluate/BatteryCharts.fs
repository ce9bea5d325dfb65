namespace Vantage

open System

/// The charts of an evaluation.
module BatteryCharts =
    /// Corruptions that were measured, each list with the name of the protocol that was fitted.
    let severities (it: Findings) =
        it.Protocols
        |> List.choose (function
            | Protocol.Corrupted (_, kinds, inner) -> Some (kinds, Protocol.name inner)
            | _ -> None)

    /// The names of one severity's figures.
    let single kinds name severity = [ for kind in kinds -> $"{name} {Corruption.name kind} {severity}" ]

    // The three curves of figures: at each place x, the mean over the protocols of these names.
    let private family (it: Findings) title label (points: (float * string list) list) : Chart.Panel option =
        let at pick names =
            let found =
                it.Scores
                |> List.filter (fun s -> List.contains s.Name names)
                |> List.map (pick >> Option.defaultValue nan)
            if found.Length = names.Length then List.average found else nan
        let series name pick =
            name, points |> List.map fst |> List.toArray, points |> List.map (snd >> at pick) |> List.toArray
        let all = [ series "trained" _.Trained; series "random network" _.Random; series "raw pixels" _.Raw ]
        let drawn = all |> List.filter (fun (_, _, y) -> Array.exists Double.IsFinite y)
        if points.Length < 2 || drawn.IsEmpty then
            None
        else
            Some { Title = title; XLabel = label; YLabel = "% right"; Series = drawn; LogY = false }

    // Accuracy by the share of labels, where a protocol was measured with several.
    let private byLabels (it: Findings) =
        it.Protocols
        |> List.choose (function
            | Protocol.FewLabels (LabelShare.Balanced percent, inner) as p ->
                Some (Protocol.name inner, (log10 percent, [ Protocol.name p ]))
            | _ -> None)
        |> List.groupBy fst
        |> List.choose (fun (name, points) ->
            let isWhole = it.Scores |> List.exists (fun s -> s.Name = name)
            List.map snd points @ (if isWhole then [ 2.0, [ name ] ] else [])
            |> List.sortBy fst
            |> family it $"Accuracy by labels ({name})" "log10 of the percentage of labels")

    // Accuracy by severity, the mean over corruptions.
    let private bySeverity (it: Findings) =
        severities it
        |> List.choose (fun (kinds, name) ->
            (0.0, [ name ])
            :: [ for severity in 1..5 -> float severity, single kinds name severity ]
            |> family
                it
                $"Accuracy under {kinds.Length} corruptions, their mean ({name})"
                "severity (0: no corruption)")

    /// All charts.
    let panels (it: Findings) : Chart.Panel list =
        byLabels it
        @ bySeverity it
        @ [
            for layer in [ "h"; "z" ] ->
                {
                    Title = $"Spectrum of {layer}"
                    XLabel = "direction"
                    YLabel = "eigenvalue, largest = 1"
                    Series = [
                        for name, values in it.Spectra do
                            if name.StartsWith $"{layer}," then
                                name,
                                Array.init values.Length (fun i -> float (i + 1)),
                                // Below that is rounding.
                                values
                                |> Array.map (fun v -> if v > 1e-9 * values[0] then v / values[0] else nan)
                    ]
                    LogY = true
                }
        ]
