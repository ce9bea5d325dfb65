namespace Vantage

open System
open System.IO
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open System.Runtime.Intrinsics.X86
open TorchSharp
open Vantage.Kernels

/// `./research doctor`, `data`, `encoder`, `catalogue`, `evaluate` and `compare`.
module Program =
    let private line name value = printfn $"{name, -14} {value}"

    let private processor () =
        if File.Exists "/proc/cpuinfo" then
            File.ReadLines "/proc/cpuinfo"
            |> Seq.tryFind (fun l -> l.StartsWith "model name")
            |> Option.map (fun l -> l.Substring(l.IndexOf ':' + 1).Trim())
            |> Option.defaultValue "unknown"
        else
            RuntimeInformation.ProcessArchitecture.ToString ()

    let private bfloat16 () =
        File.Exists "/proc/cpuinfo"
        && (File.ReadAllText "/proc/cpuinfo").Contains "avx512_bf16"

    let private doctor () =
        line ".NET" RuntimeInformation.FrameworkDescription
        line "system" $"{RuntimeInformation.OSDescription}, {RuntimeInformation.RuntimeIdentifier}"
        line "processor" $"{processor ()}, {Environment.ProcessorCount} cores"
        let tiers = ViewEngine.Tiers () |> Array.map _.Name |> String.concat ", "
        line "view engines" tiers
        let words = [
            if Vector512.IsHardwareAccelerated then
                "512 bits"
            if Avx2.IsSupported then
                "AVX2"
            if bfloat16 () then
                "AVX512-BF16"
        ]
        line "vectors" (if words.IsEmpty then "scalar only" else String.concat ", " words)
        line "memory" $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1048576L} MiB"
        let healthy =
            try
                Interop.NativeLibraries.Load ()
                let one = torch.ones(2L, 2L).sum().item<float32>()
                line
                    "libtorch"
                    $"{torch.__version__} from {Interop.NativeLibraries.Folder}, {torch.get_num_threads ()} threads, sum of ones {one}"
                line "CUDA" (if torch.cuda_is_available () then "available" else "not available")
                true
            with :? DllNotFoundException as e ->
                line "libtorch" $"does not load: {e.Message}"
                false
        for name in Sets.names do
            line
                name
                (Sets.locate name
                 |> Option.defaultValue "not found (./research data says where it is looked for)")
        line "glyphs" "made in memory"
        if healthy then 0 else 1

    let private data spec =
        try
            let set = Sets.load spec
            let show (split: Split) =
                line split.Name $"{split.Count} images of {split.Channels} x {split.Height} x {split.Width}"
            Sets.locate spec |> Option.iter (line "found in")
            line "classes" (String.concat ", " set.Classes)
            show set.Train
            set.Test |> Option.iter show
            0
        with DataException error ->
            eprintfn $"{DataError.message error}"
            1

    let private told (command: unit -> unit) =
        try
            command ()
            0
        with
        | :? Argu.ArguParseException as e ->
            eprintfn $"{e.Message}"
            if e.ErrorCode = Argu.ErrorCode.HelpText then 0 else 1
        | UserException text ->
            eprintfn $"{text}"
            1

    [<EntryPoint>]
    let main arguments =
        match arguments with
        | [| "doctor" |] -> doctor ()
        | [| "data"; spec |] -> data spec
        | _ when arguments.Length > 0 && arguments[0] = "encoder" -> Export.main (List.ofArray arguments[1..])
        | _ when arguments.Length > 1 && arguments[0] = "catalogue" ->
            told (fun () -> Catalogue.main arguments[1] arguments[2..])
        | _ when arguments.Length > 1 && arguments[0] = "ablate" ->
            told (fun () -> Ablate.main arguments[1] arguments[2..])
        | _ when arguments.Length > 0 && arguments[0] = "evaluate" -> Evaluate.main arguments[1..]
        | _ when arguments.Length > 0 && arguments[0] = "compare" ->
            CompareCommand.main (List.ofArray arguments[1..])
        | _ ->
            let names = String.concat ", " Sets.names
            eprintfn
                $"usage: ./research doctor, ./research evaluate RUN, ./research compare RUN_A.. --with RUN_B.., ./research encoder RUN --to FILE, or ./research data NAME with NAME one of glyphs, {names}, or any text that --data takes"
            2
