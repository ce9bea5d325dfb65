namespace Vantage

open System
open Vantage.Kernels

/// Large photographs decoded smaller: where the crops of all views take at least 2, 4 or 8 source pixels for each of theirs along both sides, the
/// decoder may shrink the image by that much, which costs it less. A pure function of the draws, so a view made again is the same view.
module Scaling =
    let private firstStep (row: Step array) =
        row |> Array.tryFindIndex (fun step -> step.Operation <> Operation.None)

    /// By how much one view lets the image shrink: nothing but an antialiased crop may see the pixels first.
    let private allowed (row: Step array) =
        match firstStep row with
        | Some i when
            row[i].Operation = Operation.Crop
            && (row[i].G = float32 (int Filter.Bilinear)
                || row[i].G = float32 (int Filter.Bicubic))
            ->
            [ 8; 4; 2 ]
            |> List.tryFind (fun d -> row[i].C >= float32 d * row[i].E && row[i].D >= float32 d * row[i].F)
            |> Option.defaultValue 1
        | _ -> 1

    /// By how much the image can shrink for all its views.
    let denominator (rows: Step array array) =
        if rows.Length = 0 then 1 else rows |> Array.map allowed |> Array.min

    /// A row drawn for an image of height x width, on the image decoded to this other size.
    let onto (image: Image) (height: int, width: int) (row: Step array) =
        match firstStep row with
        | Some i when
            row[i].Operation = Operation.Crop
            && (image.Height <> height || image.Width <> width)
            ->
            let box (first: float32) (length: float32) (now: int) (before: int) =
                let ratio = float now / float before
                let start = min (now - 1) (int (Math.Round (float first * ratio)))
                let size = max 1 (min (now - start) (int (Math.Round (float length * ratio))))
                struct (float32 start, float32 size)
            let step = row[i]
            let struct (top, boxHeight) = box step.A step.C image.Height height
            let struct (left, boxWidth) = box step.B step.D image.Width width
            Array.updateAt
                i
                (Step (step.Operation, top, left, boxHeight, boxWidth, step.E, step.F, step.G))
                row
        | _ -> row
