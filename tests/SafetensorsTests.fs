module Vantage.Tests.SafetensorsTests

open System
open System.Collections.Generic
open System.IO
open System.Text
open Expecto
open TorchSharp
open Vantage.Kernels

let private text = Dictionary<string, string>(dict [ "why", "a \"test\" of é" ])

let private content () = [
    struct ("b", torch.tensor([| 1.5f; -0.0f; nanf; infinityf |]).reshape(2L, 2L))
    struct ("a", torch.tensor [| 1L; Int64.MinValue |])
    struct ("c", torch.tensor([| 0.1f; 3.0f |]).to_type torch.bfloat16)
    struct ("none", torch.zeros (0L, 3L))
    struct ("one", torch.tensor 2.5)
]

let private written folder =
    let path = Path.Combine (folder, "t.safetensors")
    Safetensors.Write (path, content (), text)
    path

// The message of reading a file whose bytes were changed.
let private damaged (change: byte array -> byte array) =
    Script.inFolder (fun folder ->
        let path = written folder
        File.WriteAllBytes (path, change (File.ReadAllBytes path))
        try
            use _ = Safetensors.Read path
            "read"
        with :? SafetensorsException as e ->
            e.Message)

let private withHeader (header: string) =
    fun (_: byte array) ->
        Array.concat [ BitConverter.GetBytes (int64 header.Length); Encoding.UTF8.GetBytes header ]

/// The file format of checkpoints.
[<Tests>]
let tests =
    testList "Safetensors" [
        test "what is written is read back bit by bit" {
            Script.inFolder (fun folder ->
                use read = Safetensors.Read (written folder)
                Expect.equal read.Metadata["why"] text["why"] "text"
                for struct (name, value) in content () do
                    let back = read.Tensors[name]
                    Expect.equal back.shape value.shape $"{name}: shape"
                    Expect.equal back.dtype value.dtype $"{name}: type"
                    Expect.equal (back.bytes.ToArray ()) (value.bytes.ToArray ()) $"{name}: bytes")
        }
        test "equal content gives equal files" {
            let once () = Script.inFolder (fun folder -> File.ReadAllBytes (written folder))
            Expect.equal (once ()) (once ()) "files"
        }
        for cut in [ 0; 5; 8; 40 ] do
            test $"a file cut at byte {cut} is named with its offset" {
                let message = damaged (Array.take cut)
                Expect.stringContains message "t.safetensors, byte 0" "file and offset"
            }
        test "a file cut in a tensor names the tensor" {
            let message = damaged (fun bytes -> Array.take (bytes.Length - 3) bytes)
            Expect.stringContains message "truncated" "what"
        }
        test "bytes that no tensor owns are an error" {
            Expect.stringContains
                (damaged (fun bytes -> Array.append bytes [| 0uy |]))
                "goes on for 1 bytes"
                "what"
        }
        test "a header that is no JSON is an error" {
            Expect.stringContains (damaged (withHeader "{\"a\":")) "byte 8" "offset"
        }
        test "an unknown type is an error" {
            let header = """{"a":{"dtype":"F8","shape":[0],"data_offsets":[0,0]}}"""
            Expect.stringContains (damaged (withHeader header)) "unknown type F8" "what"
        }
        test "a shape that does not fit its bytes is an error" {
            let header = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"""
            Expect.stringContains (damaged (withHeader header)) "8 bytes from 0 on were expected" "what"
        }
        test "an entry without offsets is an error" {
            let header = """{"a":{"dtype":"F32","shape":[2]}}"""
            Expect.stringContains (damaged (withHeader header)) "header is not what the format says" "what"
        }
        for name, header in
            [
                "one offset", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"""
                "a shape beyond all memory",
                """{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,4]}}"""
                "one name twice",
                """{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"""
            ] do
            test $"{name} is an error of the header" {
                Expect.stringContains
                    (damaged (withHeader header))
                    "header is not what the format says"
                    "what"
            }
        test "the golden file is read whole" {
            Golden.load "losses.safetensors" |> ignore
            use golden =
                Safetensors.Read (Path.Combine (Script.root, "..", "shared", "golden", "losses.safetensors"))
            Expect.equal golden.Tensors["ntxent_t0.1.in.a"].shape [| 16L; 32L |] "a shape"
        }
    ]
