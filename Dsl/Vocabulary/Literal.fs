namespace Vantage

open System
open System.Globalization
open System.Text

/// Values as F# literals that read back.
module internal Literal =
    let number (x: float) =
        if Double.IsPositiveInfinity x then
            "infinity"
        elif Double.IsNegativeInfinity x then
            "(-infinity)"
        elif Double.IsNaN x then
            "nan"
        else
            let text = x.ToString ("R", CultureInfo.InvariantCulture)
            let text = if text.IndexOfAny [| '.'; 'E' |] < 0 then text + ".0" else text
            if x < 0.0 || (x = 0.0 && Double.IsNegative x) then $"({text})" else text

    let text (s: string) =
        let escaped = StringBuilder ()
        for c in s do
            match c with
            | '"' -> escaped.Append "\\\"" |> ignore
            | '\\' -> escaped.Append "\\\\" |> ignore
            | c when Char.IsControl c -> escaped.Append $"\\u{int c:X4}" |> ignore
            | c -> escaped.Append c |> ignore
        $"\"{escaped}\""

    let list (items: string list) = "[ " + String.Join ("; ", List.toArray items) + " ]"

    let whole unit (n: int) =
        let literal = $"{n}<{unit}>"
        if n < 0 then $"({literal})" else literal

    /// A whole number without a unit.
    let plain (n: int) = if n < 0 then $"({n})" else string n
