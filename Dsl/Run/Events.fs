namespace Vantage

open System
open System.IO
open System.Numerics
open System.Text

/// Metrics as TensorBoard reads them, beside the JSON lines: `events.out.tfevents.*`, one file for each process of a run. The format is TFRecord's
/// (length, its masked CRC32C, data, its masked CRC32C; tensorflow/core/lib/io/record_writer.h) around the protocol buffer Event
/// (tensorflow/core/util/event.proto). TorchSharp's SummaryWriter is not used: it writes ticks or zero where TensorBoard expects seconds
/// since 1970, opens the file once a scalar, and cannot say that a run was resumed.
[<Sealed>]
type Events private (file: FileStream) =
    // Rotated and shifted, so that a checksum of data that holds checksums is none of them.
    static let masked (data: byte array) =
        let mutable crc = UInt32.MaxValue
        for b in data do
            crc <- BitOperations.Crc32C (crc, b)
        let crc = ~~~crc
        ((crc >>> 15) ||| (crc <<< 17)) + 0xa282ead8u

    // Fields of a protocol buffer, by number: a varint, eight bytes, four bytes, a length and bytes.
    static let message (write: BinaryWriter -> unit) =
        use memory = new MemoryStream ()
        use writer = new BinaryWriter (memory, Encoding.UTF8)
        write writer
        writer.Flush ()
        memory.ToArray ()

    static let tag (writer: BinaryWriter) number kind = writer.Write (byte ((number <<< 3) ||| kind))

    static let count (writer: BinaryWriter) number (value: int64) =
        tag writer number 0
        writer.Write7BitEncodedInt64 value

    static let bytes (writer: BinaryWriter) number (value: byte array) =
        tag writer number 2
        writer.Write7BitEncodedInt value.Length
        writer.Write value

    static let event (step: int64) (write: BinaryWriter -> unit) =
        message (fun writer ->
            tag writer 1 1
            writer.Write (float (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds ()) / 1000.0)
            if step > 0L then
                count writer 2 step
            write writer)

    let record (data: byte array) =
        let length = BitConverter.GetBytes (uint64 data.Length)
        let whole =
            message (fun writer ->
                writer.Write length
                writer.Write (masked length)
                writer.Write data
                writer.Write (masked data))
        file.Write (whole, 0, whole.Length)

    /// What of a metric is drawn, by name.
    static member Scalars(metric: Metric) = [
        "train/loss", metric.Loss
        "train/rate", metric.Rate
        "train/accuracy", metric.Accuracy
        "train/entropy", metric.Entropy
        match metric.Online with
        | Some accuracy -> "train/online probe", accuracy
        | None -> ()
        match metric.OnlineTest with
        | Some accuracy -> "test/online probe", accuracy
        | None -> ()
        "collapse/spread", metric.Spread
        "collapse/rank", metric.Rank
        "collapse/alignment", metric.Alignment
        "collapse/uniformity", metric.Uniformity
        "speed/images a second", metric.ImagesPerSecond
        "speed/waiting share", metric.WaitShare
        "speed/forward share", metric.ForwardShare
        "speed/loss share", metric.LossShare
        "speed/backward share", metric.BackwardShare
        "speed/update share", metric.UpdateShare
    ]

    /// Begins a file in a run's folder. From a step above 0 on, TensorBoard is told to forget what an earlier process wrote of this step and later ones.
    static member Open(folder, step: int) =
        let seconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds ()
        let name =
            $"events.out.tfevents.{seconds:D10}.{Environment.MachineName}.{Environment.ProcessId}.{step}"
        let path = Path.Combine (folder, name)
        let events = new Events (new FileStream (path, FileMode.Create, FileAccess.Write, FileShare.Read))
        events.Begin step
        events

    member private _.Begin(step: int) =
        record (event 0L (fun writer -> bytes writer 3 (Encoding.UTF8.GetBytes "brain.Event:2")))
        if step > 0 then
            let start = message (fun writer -> count writer 1 1L)
            record (event (int64 step) (fun writer -> bytes writer 7 start))
        file.Flush ()

    /// Adds a metric's scalars as one record.
    member _.Add(metric: Metric) =
        let summary =
            message (fun writer ->
                for name, value in Events.Scalars metric do
                    let one =
                        message (fun writer ->
                            bytes writer 1 (Encoding.UTF8.GetBytes name)
                            tag writer 2 5
                            writer.Write (float32 value))
                    bytes writer 1 one)
        record (event (int64 metric.Step) (fun writer -> bytes writer 5 summary))
        file.Flush ()

    interface IDisposable with
        member _.Dispose() = file.Dispose ()
