/// One line of a comparison, and how lines are written.
module Vantage.Bench.Row

open System.IO
open System.Text.Encodings.Web
open System.Text.Json

/// A measurement beside its peer's.
type Row = {
    /// What was measured, engine and cores included.
    Case: string
    /// Of ours and peer; more is better, but of MiB.
    Unit: string
    Ours: float
    /// None where the peer is not installed.
    Peer: float option
    /// With its version.
    PeerName: string
    /// Whether ours gave the reference's answer, checked before it was timed.
    Equal: bool
    /// Bytes in and out of one unit of work at least; 0 where they are not counted.
    Bytes: float
    /// Arithmetic of one unit of work; 0 where it is not counted.
    Operations: float
}

/// Above 1: ours is better. Of memory (MiB) less is better, of everything else more.
let ratio row =
    row.Peer
    |> Option.map (fun peer -> if row.Unit = "MiB" then peer / row.Ours else row.Ours / peer)

/// The larger share of one core's limits: bytes against a copy's, arithmetic against multiply-adds in registers.
let share row =
    if row.Bytes = 0.0 && row.Operations = 0.0 then
        None
    else
        let limits = Limits.measured.Value
        Some (max (row.Ours * row.Bytes / limits.Bytes) (row.Ours * row.Operations / limits.Operations))

/// Writes the rows as a JSON list.
let write (path: string) (rows: Row list) =
    Path.GetDirectoryName path |> nonNull |> Directory.CreateDirectory |> ignore
    use file = File.Create path
    use json =
        new Utf8JsonWriter (
            file,
            JsonWriterOptions (Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)
        )
    let optional (name: string) =
        function
        | Some (value: float) -> json.WriteNumber (name, value)
        | None -> json.WriteNull name
    json.WriteStartArray ()
    for row in rows do
        json.WriteStartObject ()
        json.WriteString ("case", row.Case)
        json.WriteString ("unit", row.Unit)
        json.WriteNumber ("ours", row.Ours)
        optional "peer" row.Peer
        json.WriteString ("peerName", row.PeerName)
        optional "ratio" (ratio row)
        json.WriteBoolean ("equal", row.Equal)
        if row.Operations > 0.0 then
            json.WriteNumber ("gigabytesPerSecond", row.Ours * row.Bytes / 1e9)
            json.WriteNumber ("gigaoperationsPerSecond", row.Ours * row.Operations / 1e9)
            optional "shareOfLimit" (share row)
        json.WriteEndObject ()
    json.WriteEndArray ()

/// Prints the rows as a table.
let print (rows: Row list) =
    let number = Option.map (sprintf "%.4g") >> Option.defaultValue "not installed"
    let cells row = [
        row.Case
        $"{row.Ours:N0} {row.Unit}"
        (row.Peer
         |> Option.map (fun peer -> $"{peer:N0}")
         |> Option.defaultValue "not installed")
        row.PeerName
        number (ratio row)
        (if row.Equal then "yes" else "NO")
        (if row.Bytes > 0.0 then $"{row.Ours * row.Bytes / 1e9:F2}" else "")
        (if row.Operations > 0.0 then $"{row.Ours * row.Operations / 1e9:F1}" else "")
        (share row |> Option.map (fun s -> $"{s:P0}") |> Option.defaultValue "")
    ]
    let table =
        [ "case"; "ours"; "peer"; "peer's name"; "ratio"; "equal"; "GB/s"; "Gop/s"; "of limit" ]
        :: List.map cells rows
    let widths = table |> List.transpose |> List.map (List.map String.length >> List.max)
    for line in table do
        List.map2 (fun (cell: string) (width: int) -> cell.PadRight width) line widths
        |> String.concat "  "
        |> printfn "%s"
