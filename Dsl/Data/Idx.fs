namespace Vantage

open System
open System.Buffers.Binary
open System.IO
open System.IO.Compression
open Vantage.Kernels

/// IDX files of the MNIST family (yann.lecun.com/exdb/mnist), plain or gzipped: big-endian magic, sizes, bytes.
module Idx =
    let private bytes (path: string) =
        try
            if path.EndsWith (".gz", StringComparison.Ordinal) then
                use source = new GZipStream (File.OpenRead path, CompressionMode.Decompress)
                use memory = new MemoryStream ()
                source.CopyTo memory
                memory.ToArray ()
            else
                File.ReadAllBytes path
        with :? InvalidDataException as e ->
            raise (DataException (DataError.WrongMagic (path, 0L, e.Message, "a gzip stream")))

    // The sizes after the magic number, and the whole content. Offsets are into the unpacked bytes.
    let private content path magic dimensions =
        let all = bytes path
        let header = 4 + 4 * dimensions
        if all.Length < header then
            raise (
                DataException (DataError.Truncated (path, int64 all.Length, int64 all.Length, int64 header))
            )
        let word at = BinaryPrimitives.ReadInt32BigEndian (ReadOnlySpan<byte>(all, at, 4))
        if word 0 <> magic then
            raise (DataException (DataError.WrongMagic (path, 0L, $"0x{word 0:X8}", $"0x{magic:X8}")))
        let sizes = Array.init dimensions (fun k -> word (4 + 4 * k))
        for k in 0 .. dimensions - 1 do
            if sizes[k] <= 0 then
                raise (
                    DataException (
                        DataError.WrongCount (path, int64 (4 + 4 * k), int64 sizes[k], 1L, "as a size")
                    )
                )
        let needed = sizes |> Array.fold (fun product size -> product * int64 size) 1L
        let found = int64 (all.Length - header)
        if found < needed then
            raise (DataException (DataError.Truncated (path, int64 all.Length, found, needed)))
        if found > needed then
            raise (
                DataException (
                    DataError.WrongCount (path, int64 header + needed, found, needed, "bytes of content")
                )
            )
        sizes, all, header

    /// A split of an image file (magic 0x803) and a label file (0x801).
    let split name images labels : Split =
        let sizes, pixels, start = content images 0x803 3
        let count, height, width = sizes[0], sizes[1], sizes[2]
        let labelSizes, classes, first = content labels 0x801 1
        if labelSizes[0] <> count then
            raise (
                DataException (DataError.WrongCount (labels, 4L, int64 labelSizes[0], int64 count, "labels"))
            )
        {
            Name = name
            Count = count
            Channels = 1
            Height = height
            Width = width
            Labels = Some (Array.init count (fun i -> int classes[first + i]))
            Read = fun i -> Image (pixels, start + i * height * width, 1, height, width)
            Marks = None
            Encoded = None
        }

    /// The file of this name in a folder, plain or with .gz; none where it is not there.
    let find folder name =
        [ Path.Combine (folder, name); Path.Combine (folder, name + ".gz") ]
        |> List.tryFind File.Exists

    /// The four files of an MNIST-like set; none where one is missing.
    let tryFolder folder (name: string) (classes: string list) =
        let find suffix = find folder suffix
        match
            find "train-images-idx3-ubyte",
            find "train-labels-idx1-ubyte",
            find "t10k-images-idx3-ubyte",
            find "t10k-labels-idx1-ubyte"
        with
        | Some images, Some labels, Some testImages, Some testLabels ->
            Some {
                Name = name
                Classes = classes
                Train = split "train" images labels
                Test = Some (split "test" testImages testLabels)
            }
        | _ -> None
