namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// Features of the two parts of a set whose images show several classes, with their marks.
type MarkedFeatures = {
    Classes: string list
    Train: torch.Tensor
    TrainMarks: Mark array array
    Test: torch.Tensor
    TestMarks: Mark array array
}

/// Measures a frozen representation on images that show several classes (PASCAL VOC): each class is told from the rest on its own, and difficult images count for nothing.
module MarkedProbe =
    let private refuse text = raise (EvaluationException text)

    let private column (marks: Mark array array) c = marks |> Array.map (fun row -> row[c])

    let private isShown (marks: Mark array) = Array.contains Mark.Present marks

    // Every class must be there to be learnt, and to be found.
    let private examine (f: MarkedFeatures) =
        let side name (x: torch.Tensor) (marks: Mark array array) =
            if x.shape[0] <> int64 marks.Length then
                refuse
                    $"the {name} part has features of {x.shape[0]} images and marks of {marks.Length}: they do not belong together."
            if not (x.isfinite().all().item<bool>()) then
                refuse
                    $"the features of some {name} images are not finite. The network has diverged; nothing can be measured on them."
            for c, one in List.indexed f.Classes do
                if not (isShown (column marks c)) then
                    refuse
                        $"no {name} image shows the class {one} (of {marks.Length}): its precision is not defined. Use a split that has it, or remove the files of the class."
        use _ = torch.NewDisposeScope ()
        side "training" f.Train f.TrainMarks
        side "test" f.Test f.TestMarks

    /// The mean over classes, in percent, of 11-point average precision, each without the images in which the class is difficult (VOC 2007's devkit). Scores by image, then class.
    let meanPrecision (scores: float array array) (marks: Mark array array) =
        let precision c =
            let known =
                marks
                |> Array.indexed
                |> Array.filter (fun (_, row) -> row[c] <> Mark.Difficult)
            Accuracy.averagePrecision
                (known |> Array.map (fun (i, _) -> scores[i][c]))
                (known |> Array.map (fun (_, row) -> row[c] = Mark.Present))
        100.0 * Array.average (Array.init marks[0].Length precision)

    let private matrix (value: Mark -> float32) (marks: Mark array array) =
        torch.tensor(marks |> Array.collect (Array.map value)).reshape(int64 marks.Length, -1L)

    /// Improves parameters of `LinearProbe` in place, by L-BFGS: for each class the mean over the images whose mark is known of -log sigmoid (s) where it is there and -log sigmoid (-s) where it is
    /// not, plus penalty * |w|^2.
    let fit
        (penalty: float)
        iterations
        (x: torch.Tensor)
        (marks: Mark array array)
        (parameters: torch.Tensor)
        =
        use _ = torch.NewDisposeScope ()
        let classes = marks[0].Length
        let truth = marks |> matrix (fun m -> if m = Mark.Present then 1.0f else 0.0f)
        let known = marks |> matrix (fun m -> if m = Mark.Difficult then 0.0f else 1.0f)
        let share = known / known.sum ([| 0L |], true)
        let slope (all: torch.Tensor) =
            use _ = torch.NewDisposeScope ()
            use _ = torch.no_grad ()
            let count = x.shape[1] * int64 classes
            let weight = all.narrow (0L, 0L, count)
            let scores = LinearProbe.scores classes x all
            let loss =
                ((torch.nn.functional.softplus scores - truth * scores) * share).sum()
                + weight.square().sum() * Scope.number penalty
            let back = (scores.sigmoid () - truth) * share
            let ofWeight = x.t().mm(back).flatten() + weight * Scope.number (2.0 * penalty)
            float (loss.item<float32>()),
            torch.cat([| ofWeight; back.sum ([| 0L |], false) |], 0L).MoveToOuterDisposeScope()
        Lbfgs.minimizeBy iterations slope parameters

    // Scores of other images by a fit on standardized ones.
    let private regression penalty iterations (train: torch.Tensor) marks (others: torch.Tensor) =
        let classes = Array.length (Array.head marks)
        let standardize = LinearProbe.standardizer train
        let parameters = LinearProbe.start train.shape[1] classes
        fit penalty iterations (standardize train) marks parameters
        LinearProbe.scores classes (standardize others) parameters

    let private numbers (scores: torch.Tensor) =
        scores.to_type(torch.float64).contiguous().data<float>().ToArray()
        |> Array.chunkBySize (int scores.shape[1])

    // The weight of the 45 whose fit finds best what a share of the images, held out, shows; classes that they do not show say nothing.
    let private best seed share iterations (f: MarkedFeatures) =
        let fitted, held = Subset.holdOut seed share (Array.create f.TrainMarks.Length 0)
        let rows (places: int array) =
            f.Train.index_select (0L, torch.tensor (Array.map int64 places)),
            places |> Array.map (fun i -> f.TrainMarks[i])
        let (train, marks), (others, hidden) = rows fitted, rows held
        let told =
            [| 0 .. f.Classes.Length - 1 |]
            |> Array.filter (fun c -> isShown (column hidden c) && isShown (column marks c))
        if told.Length = 0 then
            refuse
                $"no class is shown by both the {fitted.Length} images to fit on and the {held.Length} held out. Hold out a larger share, or use linearProbe."
        let only (rows: 'a array array) = rows |> Array.map (fun row -> told |> Array.map (fun c -> row[c]))
        LinearProbe.weights
        |> Array.maxBy (fun weight ->
            use _ = torch.NewDisposeScope ()
            let penalty = weight / (2.0 * float fitted.Length)
            let found = regression penalty iterations train (only marks) others
            meanPrecision (numbers found) (only hidden))

    // Of the votes of those neighbours whose mark is known, the share that says the class is there.
    let private votes k (temperature: float) (f: MarkedFeatures) =
        if int64 k > f.Train.shape[0] then
            refuse
                $"{k} neighbours are more than the {f.Train.shape[0]} labelled training images. Use at most {f.Train.shape[0]} neighbours."
        let struct (places, cosines) =
            Torch.Neighbours.Find (f.Test, f.Train, k, Torch.Neighbours.HalvesPay, Environment.ProcessorCount)
        let share i c =
            let mutable there, known = 0.0, 0.0
            for j in 0 .. k - 1 do
                let vote = exp (float (cosines[i * k + j] - cosines[i * k]) / temperature)
                match f.TrainMarks[int places[i * k + j]][c] with
                | Mark.Present ->
                    there <- there + vote
                    known <- known + vote
                | Mark.Absent -> known <- known + vote
                | Mark.Difficult -> ()
            if known = 0.0 then 0.0 else there / known
        let classes = f.Classes.Length
        let all =
            Array.init (f.TestMarks.Length * classes) (fun p -> float32 (share (p / classes) (p % classes)))
        torch.tensor(all).reshape(-1L, int64 classes)

    /// The scores that a protocol gives each class of each test image, n x classes. Marks of test images decide nothing.
    let scores seed protocol (f: MarkedFeatures) : torch.Tensor =
        use _ = torch.NewDisposeScope ()
        examine f
        let found =
            match protocol with
            | Protocol.Knn (k, temperature) -> votes k temperature f
            | Protocol.Linear (decay, iterations) -> regression decay iterations f.Train f.TrainMarks f.Test
            | Protocol.LinearSweep (share, iterations) ->
                let weight = best seed share iterations f
                regression (weight / (2.0 * float f.TrainMarks.Length)) iterations f.Train f.TrainMarks f.Test
            | other ->
                refuse
                    $"{Protocol.name other} takes one label an image, and these images show several classes. Use knn, linearProbe or linearSweep."
        found.MoveToOuterDisposeScope ()

    /// A protocol's figure, in percent: only `meanPrecision` of k-NN, `linearProbe` or `linearSweep` has one.
    let measure seed protocol (f: MarkedFeatures) =
        use _ = torch.NewDisposeScope ()
        match protocol with
        | Protocol.MeanPrecision inner ->
            let found = scores seed inner f
            Probe.finite (Protocol.name protocol) found
            meanPrecision (numbers found) f.TestMarks
        | other ->
            refuse
                $"{Protocol.name other}: images that show several classes have no one right answer. Measure meanPrecision ({Print.protocol other})."
