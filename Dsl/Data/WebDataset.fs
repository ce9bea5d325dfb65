namespace Vantage

open System
open System.Globalization
open System.IO
open System.Text
open System.Text.Json

/// WebDataset shards: tar archives whose entries go together by name, KEY.jpg (or .jpeg, .png) with KEY.cls or KEY.json.
/// Headers are indexed once; images are read and decoded one by one when asked for, so memory does not grow with the set.
module WebDataset =
    /// The files that a pattern names: `*` and `?` in the last part, and one range {000..009}; in order of name.
    let expand (pattern: string) =
        let ranged =
            let opening = pattern.IndexOf '{'
            let dots = pattern.IndexOf ("..", max 0 opening, StringComparison.Ordinal)
            match pattern.IndexOf '}' with
            | closing when opening >= 0 && dots > opening && closing > dots ->
                let first = pattern.Substring (opening + 1, dots - opening - 1)
                let last = pattern.Substring (dots + 2, closing - dots - 2)
                match Int32.TryParse first, Int32.TryParse last with
                | (true, low), (true, high) ->
                    [ low..high ]
                    |> List.map (fun n ->
                        pattern.Substring (0, opening)
                        + n.ToString ("D" + string first.Length)
                        + pattern.Substring (closing + 1))
                | _ -> [ pattern ]
            | _ -> [ pattern ]
        let files =
            ranged
            |> List.collect (fun one ->
                let folder =
                    match Path.GetDirectoryName one with
                    | null
                    | "" -> "."
                    | folder -> folder
                if Directory.Exists folder then
                    Directory.GetFiles (folder, FileInfo(one).Name) |> Array.toList
                else
                    [])
            |> List.distinct
            |> List.sortWith (fun a b -> String.CompareOrdinal (a, b))
        if files.IsEmpty then
            raise (DataException (DataError.NoFiles pattern))
        files

    let private extension (name: string) =
        let file = name.Substring (name.LastIndexOf '/' + 1)
        match file.IndexOf '.' with
        | -1 -> name, ""
        | at -> name.Substring (0, name.Length - file.Length + at), file.Substring(at + 1).ToLowerInvariant()

    let private label path (entry: TarEntry) kind (bytes: byte array) =
        let text = (Encoding.UTF8.GetString bytes).Trim()
        let bad () = raise (DataException (DataError.BadLabel (path, entry.Offset, $"'{text}'")))
        let number =
            if kind = "json" then
                try
                    use json = JsonDocument.Parse text
                    match json.RootElement.TryGetProperty "label" with
                    | true, value when value.ValueKind = JsonValueKind.Number -> value.GetInt32 ()
                    | _ -> bad ()
                with :? JsonException ->
                    bad ()
            else
                match Int32.TryParse (text, NumberStyles.None, CultureInfo.InvariantCulture) with
                | true, n -> n
                | false, _ -> bad ()
        if number < 0 then bad () else number

    let private isImage kind = kind = "jpg" || kind = "jpeg" || kind = "png"

    /// A split of the shards that a pattern names. Shards stay open; any image can be read at any time from any thread.
    let split name pattern : Split =
        let shards =
            expand pattern
            |> List.map (fun path -> path, File.OpenHandle path)
            |> List.toArray
        let samples = ResizeArray<struct (int * TarEntry * int)>()
        for shard in 0 .. shards.Length - 1 do
            let path, handle = shards[shard]
            let before = samples.Count
            for _, group in Tar.index path handle |> List.groupBy (fun e -> fst (extension e.Name)) do
                let kinds = group |> List.map (fun e -> snd (extension e.Name), e)
                match
                    kinds |> List.tryFind (fst >> isImage),
                    kinds |> List.tryFind (fun (k, _) -> k = "cls" || k = "json")
                with
                | Some (_, image), Some (kind, entry) ->
                    samples.Add (struct (shard, image, label path entry kind (Tar.read path handle entry)))
                | Some (_, image), None ->
                    raise (DataException (DataError.NoLabel (path, image.Offset, image.Name)))
                | None, _ -> ()
            if samples.Count = before then
                raise (DataException (DataError.EmptyArchive path))
        let bytes i =
            let struct (shard, entry, _) = samples[i]
            let path, handle = shards[shard]
            let where = $"{path}:{entry.Name}"
            struct (where, entry.Offset, Tar.read path handle entry)
        let struct (where, offset, first) = bytes 0
        let struct (channels, height, width) = Decode.size where offset first
        let opened i =
            let struct (where, offset, content) = bytes i
            Decode.encoded where offset channels content
        {
            Name = name
            Count = samples.Count
            Channels = channels
            Height = height
            Width = width
            Labels = Some (samples.ToArray () |> Array.map (fun (struct (_, _, label)) -> label))
            Read = fun i -> (opened i).Decode 1
            Marks = None
            Encoded = Some opened
        }

    /// Training shards, and test shards where they can be found: after `;`, or by reading `test` for `train` in the pattern.
    let load (pattern: string) : Dataset =
        let train, test =
            match pattern.Split ';' with
            | [| train; test |] -> train, Some test
            | _ ->
                let other = pattern.Replace ("train", "test")
                let exists () =
                    try
                        expand other |> ignore
                        true
                    with DataException (DataError.NoFiles _) ->
                        false
                pattern, (if other <> pattern && exists () then Some other else None)
        let trainSplit = split "train" train
        let testSplit = test |> Option.map (split "test")
        let labels =
            [ Some trainSplit; testSplit ]
            |> List.choose id
            |> List.collect (fun s -> Option.toList s.Labels)
            |> Array.concat
        {
            Name = $"webdataset:{pattern}"
            Classes = [ for i in 0 .. Array.max labels -> string i ]
            Train = trainSplit
            Test = testSplit
        }
