namespace Vantage

open System

/// Why a representation cannot be measured: names the value and the remedy.
exception EvaluationException of string with
    override this.Message = this.Data0

/// Figures of predictions, in percent. Classes are numbers from 0.
module Accuracy =
    let private matching (predicted: int array) (labels: int array) =
        if predicted.Length <> labels.Length || labels.Length = 0 then
            raise (
                EvaluationException
                    $"{predicted.Length} predictions against {labels.Length} labels: there must be one label for each image, and at least one."
            )

    /// The share of predictions that are right.
    let top1 (predicted: int array) (labels: int array) =
        matching predicted labels
        100.0
        * float (Array.fold2 (fun n p l -> if p = l then n + 1 else n) 0 predicted labels)
        / float labels.Length

    /// The mean over classes of the share of a class's images that are right: each class counts the same, however many images it has.
    let perClass classes (predicted: int array) (labels: int array) =
        matching predicted labels
        let right, total = Array.zeroCreate<int> classes, Array.zeroCreate<int> classes
        Array.iter2
            (fun p l ->
                total[l] <- total[l] + 1
                if p = l then
                    right[l] <- right[l] + 1)
            predicted
            labels
        match Array.tryFindIndex ((=) 0) total with
        | Some absent ->
            raise (
                EvaluationException
                    $"class {absent} has no test image, so that a mean over {classes} classes is not defined. Use the plain accuracy, or a split with every class."
            )
        | None -> 100.0 * Array.average (Array.map2 (fun r t -> float r / float t) right total)

    /// The 11-point average precision of PASCAL VOC 2007, from 0 to 1: the mean over recalls 0, 0.1 .. 1 of the largest precision at that recall or a
    /// higher one (Everingham et al. 2010, section 4.2). Of equal scores the first comes first.
    let averagePrecision (scores: float array) (relevant: bool array) =
        if scores.Length <> relevant.Length || not (Array.contains true relevant) then
            raise (
                EvaluationException
                    $"average precision of {scores.Length} scores and {relevant.Length} marks: it needs one mark a score, at least one of them positive."
            )
        if scores |> Array.exists Double.IsNaN then
            raise (EvaluationException "a score is not a number, so that the images have no order.")
        let order = Array.init scores.Length id |> Array.sortBy (fun i -> -scores[i]) // stable
        let total = relevant |> Array.sumBy (fun r -> if r then 1 else 0)
        let hits =
            order
            |> Array.scan (fun n i -> if relevant[i] then n + 1 else n) 0
            |> Array.tail
        [ 0..10 ]
        |> List.averageBy (fun tenth ->
            // recall >= tenth / 10 in whole numbers, so that 3 of 10 is not below 0.3.
            Array.indexed hits
            |> Array.filter (fun (_, h) -> 10 * h >= tenth * total)
            |> Array.map (fun (i, h) -> float h / float (i + 1))
            |> Array.max)

    /// The mean over classes of the 11-point average precision, in percent: scores and marks by image, then class (VOC 2007's multi-label figure).
    let meanAveragePrecision (scores: float array array) (relevant: bool array array) =
        let classes = scores[0].Length
        100.0
        * List.averageBy
            (fun c ->
                averagePrecision
                    (scores |> Array.map (fun s -> s[c]))
                    (relevant |> Array.map (fun r -> r[c])))
            [ 0 .. classes - 1 ]
