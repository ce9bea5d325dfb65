namespace Vantage

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Diagnostics
open System.Threading
open Vantage.Kernels

/// A batch of views, in a buffer that goes back to the loader after use.
type Batch = {
    /// Counted from 0 over the whole run.
    Step: int
    Epoch: int
    /// Which images of the set; labelled ones beside the batch come last.
    Indices: int array
    /// View by view, n x channels x height x width each.
    Values: float32 array
}

/// The order in which images are visited: a pure function of seed and epoch.
module Order =
    /// The view number under which the order draws its random numbers: views of images stay below it.
    let private view = 0xFFFF

    /// A permutation of 0 .. count - 1.
    let permutation seed epoch count =
        let keys =
            Array.init count (fun i ->
                (uint64 (Philox.Bits (seed, epoch, int64 i, view, 0)) <<< 32) ||| uint64 i)
        Array.sortInPlace keys
        keys |> Array.map (fun key -> int (key &&& 0xFFFFFFFFUL))

    /// So many images of each class, the first ones in an order drawn from the seed; fewer where a class has fewer.
    let labelled seed perClass (labels: int array) =
        permutation seed 0x7FFFFFFF labels.Length
        |> Array.groupBy (fun i -> labels[i])
        |> Array.collect (fun (_, own) -> Array.truncate perClass own)
        |> Array.sort

    /// Which of so many labelled images a step takes: one after another in a new order each time round. The function of the step remembers the last order.
    let beside seed count batch =
        let mutable current = -1, [||]
        let order round =
            if fst current <> round then
                current <- round, permutation seed (0x40000000 + round) count
            snd current
        fun (step: int) ->
            Array.init batch (fun i ->
                let at = int64 step * int64 batch + int64 i
                (order (int (at / int64 count)))[int (at % int64 count)])

/// Makes batches in a background thread, ahead of the training that consumes them. Every batch is a pure function of the
/// recipe and its step, so where a run starts changes nothing.
[<Sealed>]
type Loader(viewer: Viewer, split: Split, recipe: Recipe, firstStep: int, lastStep: int, warn: string -> unit)
    =
    let ahead = 3
    let perEpoch = split.Count / recipe.Batch
    let beside = Objective.labelledBeside recipe.Objective
    let size = recipe.Batch + beside
    let length = Array.last (Views.offsets viewer size)
    let labelled =
        match recipe.Objective, split.Labels with
        | Objective.Classify (Labelled.PerClass (count, _), _, _), Some labels ->
            Order.labelled recipe.Seed count labels
        | _ -> [||]
    let free = new BlockingCollection<float32 array> ()
    let ready = new BlockingCollection<Result<Batch, exn>> (ahead)
    let cancel = new CancellationTokenSource ()
    let skipped = HashSet<int>()
    let waited = Stopwatch ()

    let choose = Order.beside recipe.Seed (max 1 labelled.Length) beside

    // The image itself, or under `Skip` the next readable one among those that may stand for it; each corrupt image is named once.
    let rec read epoch count (image: int -> int) at tries =
        let index = image at
        try
            let struct (pixels, rows) = Views.source viewer epoch index split
            struct (index, pixels, rows)
        with DataException error when recipe.OnCorrupt = OnCorrupt.Skip && tries < count ->
            if lock skipped (fun () -> skipped.Add index) then
                warn $"skipped image {index}: {DataError.message error}"
            read epoch count image ((at + 1) % count) (tries + 1)

    let produce () =
        let mutable epoch = -1
        let mutable order = [||]
        try
            for step in firstStep .. lastStep - 1 do
                if step / perEpoch <> epoch then
                    epoch <- step / perEpoch
                    order <- Order.permutation recipe.Seed epoch split.Count
                let buffer = free.Take cancel.Token
                let start = step % perEpoch * recipe.Batch
                let images = Array.zeroCreate<Image> size
                let rows = Array.zeroCreate<Step array array> size
                let indices = Array.zeroCreate size
                let own = choose step
                for i in 0 .. size - 1 do
                    let struct (index, image, drawn) =
                        if i < recipe.Batch then
                            read epoch split.Count id order[start + i] 0
                        else
                            // Only a labelled image stands for a labelled one: the labels of others are not known.
                            read epoch labelled.Length (fun k -> labelled[k]) own[i - recipe.Batch] 0
                    indices[i] <- index
                    images[i] <- image
                    rows[i] <- drawn
                Views.renderRows viewer images rows 1 buffer
                ready.Add (
                    Ok { Step = step; Epoch = epoch; Indices = indices; Values = buffer },
                    cancel.Token
                )
            ready.CompleteAdding ()
        with
        | :? OperationCanceledException -> ()
        | error -> ready.Add (Error error)

    let thread = Thread (produce, IsBackground = true, Name = "views")

    do
        for _ in 1..ahead do
            free.Add (Array.zeroCreate length)
        thread.Start ()

    /// Steps of one epoch: whole batches only, the rest of each epoch's order is left out.
    member _.PerEpoch = perEpoch

    /// Seconds that the consumer waited for views.
    member _.Waited = waited.Elapsed.TotalSeconds

    /// Corrupt images met so far.
    member _.Skipped = lock skipped (fun () -> skipped.Count)

    /// The next batch. An error in the background is raised here.
    member _.Next() =
        waited.Start ()
        let taken = ready.Take cancel.Token
        waited.Stop ()
        match taken with
        | Ok batch -> batch
        | Error error -> raise error

    /// Gives a batch's buffer back.
    member _.Return batch = free.Add batch.Values

    interface IDisposable with
        member _.Dispose() =
            cancel.Cancel ()
            thread.Join ()
            free.Dispose ()
            ready.Dispose ()
            cancel.Dispose ()
