namespace Vantage

open System
open System.Globalization
open System.IO
open Vantage.Kernels

/// What was drawn for one view of one image.
type Drawn = { Image: int64; View: int; Steps: Step array }

/// Tables of draws as text: to read, to keep beside a run, to make the very views again from.
module DrawTable =
    let private header = "image,view,slot,operation,a,b,c,d,e,f,g"

    let private number (x: float32) = x.ToString ("R", CultureInfo.InvariantCulture)

    /// The table, a line for each step, closed gates left out but counted.
    let print (rows: Drawn seq) =
        let lines =
            rows
            |> Seq.collect (fun row ->
                row.Steps
                |> Seq.indexed
                |> Seq.map (fun (slot, s) ->
                    let values = [| s.A; s.B; s.C; s.D; s.E; s.F; s.G |] |> Array.map number
                    let numbers = String.Join (",", values)
                    $"{row.Image},{row.View},{slot},{s.Operation},{numbers}"))
        String.Join ("\n", Seq.append [ header ] lines) + "\n"

    let private bad line (text: string) =
        invalidArg
            (nameof text)
            $"line {line} of a table of draws is '{text}'; it must read {header}, with the name of an operation and seven numbers"

    let private parse line (text: string) =
        match text.Split ',' with
        | [| image; view; slot; operation; a; b; c; d; e; f; g |] ->
            let single (x: string) =
                match Single.TryParse (x, NumberStyles.Float, CultureInfo.InvariantCulture) with
                | true, value -> value
                | _ -> bad line text
            match
                Int64.TryParse image,
                Int32.TryParse view,
                Int32.TryParse slot,
                Enum.TryParse<Operation> operation
            with
            | (true, image), (true, view), (true, slot), (true, kind) when Enum.IsDefined kind ->
                image,
                view,
                slot,
                Step (kind, single a, single b, single c, single d, single e, single f, single g)
            | _ -> bad line text
        | _ -> bad line text

    /// Reads a table back. Raises ArgumentException with the line where one does not parse or a slot is missing.
    let read (text: string) : Drawn list =
        match text.TrimEnd('\n').Split '\n' |> Array.toList with
        | first :: lines when first.Trim () = header ->
            lines
            |> List.mapi (fun i line -> parse (i + 2) (line.Trim ()))
            |> List.groupBy (fun (image, view, _, _) -> image, view)
            |> List.map (fun ((image, view), steps) ->
                let slots = steps |> List.map (fun (_, _, slot, _) -> slot)
                if slots <> [ 0 .. slots.Length - 1 ] then
                    invalidArg
                        (nameof text)
                        $"view {view} of image {image} has the slots %A{slots}; they must count from 0"
                {
                    Image = image
                    View = view
                    Steps = steps |> List.map (fun (_, _, _, s) -> s) |> List.toArray
                })
        | first :: _ -> bad 1 first
        | [] -> bad 1 ""

    /// Writes a table to a file.
    let save (path: string) rows = File.WriteAllText (path, print rows)

    /// Reads a table from a file.
    let load (path: string) = read (File.ReadAllText path)

    /// What is drawn for all views of these images in an epoch, each of this size.
    let ofEpoch viewer epoch (images: int seq) size : Drawn list = [
        for image in images do
            let rows = Views.rows viewer epoch image size
            for view in 0 .. rows.Length - 1 do
                { Image = int64 image; View = view; Steps = rows[view] }
    ]
