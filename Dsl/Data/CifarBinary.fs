namespace Vantage

open System.IO
open Vantage.Kernels

/// CIFAR-10's binary version (cs.toronto.edu/~kriz/cifar.html): records of a label and 3 x 32 x 32 bytes, planar.
module CifarBinary =
    let private record = 1 + 3 * 32 * 32

    /// The classes in the order of their numbers.
    let classes = [ "airplane"; "automobile"; "bird"; "cat"; "deer"; "dog"; "frog"; "horse"; "ship"; "truck" ]

    let private checkedFile path =
        let bytes = File.ReadAllBytes path
        let whole = bytes.Length / record
        if bytes.Length = 0 then
            raise (DataException (DataError.EmptyArchive path))
        if whole * record <> bytes.Length then
            let rest = int64 (bytes.Length - whole * record)
            raise (DataException (DataError.Truncated (path, int64 (whole * record), rest, int64 record)))
        for i in 0 .. whole - 1 do
            if int bytes[i * record] >= classes.Length then
                raise (
                    DataException (DataError.BadLabel (path, int64 (i * record), string bytes[i * record]))
                )
        bytes

    /// A split of several files, one after the other.
    let split name (files: string list) : Split =
        let contents = files |> List.map checkedFile |> List.toArray
        let places = [|
            for content in contents do
                for i in 0 .. content.Length / record - 1 do
                    struct (content, i * record)
        |]
        {
            Name = name
            Count = places.Length
            Channels = 3
            Height = 32
            Width = 32
            Labels = Some (places |> Array.map (fun (struct (content, at)) -> int content[at]))
            Marks = None
            Encoded = None
            Read =
                fun i ->
                    let struct (content, at) = places[i]
                    Image (content, at + 1, 3, 32, 32)
        }

    /// The six files in a folder; none where one is missing.
    let tryFolder folder name =
        let file part = Path.Combine (folder, part + ".bin")
        let train = [ 1..5 ] |> List.map (fun k -> file $"data_batch_{k}")
        let test = file "test_batch"
        if List.forall File.Exists (test :: train) then
            Some {
                Name = name
                Classes = classes
                Train = split "train" train
                Test = Some (split "test" [ test ])
            }
        else
            None
