/// Numbers computed by public implementations, read from safetensors files beside the repository. Absent files skip visibly.
module Vantage.Tests.Golden

open System
open System.IO
open System.Text.Json
open Expecto

/// A safetensors file: eight bytes of header length, a header of JSON, then the bytes that its offsets point into.
type Tensors = { Header: JsonElement; Bytes: byte[]; Start: int }

/// Reads ../shared/golden/NAME, or skips the test that asks.
let load (name: string) =
    let path = Path.Combine (Script.root, "..", "shared", "golden", name)
    if not (File.Exists path) then
        skiptest $"no golden figures: {name} is not in ../shared/golden"
    let bytes = File.ReadAllBytes path
    let length = int (BitConverter.ToUInt64 (bytes, 0))
    {
        Header = (JsonDocument.Parse (ReadOnlyMemory (bytes, 8, length))).RootElement
        Bytes = bytes
        Start = 8 + length
    }

/// A text of the header's metadata.
let metadata (key: string) tensors =
    nonNull (tensors.Header.GetProperty("__metadata__").GetProperty(key).GetString())

let private entry (name: string) kind tensors =
    let entry = tensors.Header.GetProperty name
    let found = entry.GetProperty("dtype").GetString()
    if found <> kind then
        failwith $"{name} holds {found}, not {kind}"
    let offsets = [| for o in entry.GetProperty("data_offsets").EnumerateArray() -> o.GetInt32 () |]
    tensors.Bytes[tensors.Start + offsets[0] .. tensors.Start + offsets[1] - 1]

/// The sizes of a tensor.
let shape (name: string) tensors = [
    for size in tensors.Header.GetProperty(name).GetProperty("shape").EnumerateArray() -> size.GetInt32 ()
]

/// A tensor of bytes.
let u8 name tensors = entry name "U8" tensors

/// A tensor of float32, as double.
let f32 name tensors =
    let bytes = entry name "F32" tensors
    Array.init (bytes.Length / 4) (fun i -> float (BitConverter.ToSingle (bytes, 4 * i)))

/// A tensor of int64.
let i64 name tensors =
    let bytes = entry name "I64" tensors
    Array.init (bytes.Length / 8) (fun i -> BitConverter.ToInt64 (bytes, 8 * i))
