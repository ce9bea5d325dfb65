namespace Vantage

open System
open System.IO

/// Folders of images: FOLDER/CLASS/IMAGE.jpg, one folder a class, in order of name.
module ImageFolder =
    let private isImage (file: string) =
        [ ".jpg"; ".jpeg"; ".png" ]
        |> List.exists (fun e -> file.EndsWith (e, StringComparison.OrdinalIgnoreCase))

    let private sorted (paths: string array) =
        Array.sortInPlaceWith (fun (a: string) b -> String.CompareOrdinal (a, b)) paths
        paths

    /// The class names of a folder.
    let classes folder =
        Directory.GetDirectories folder
        |> sorted
        |> Array.map (fun p -> DirectoryInfo(p).Name)
        |> Array.toList

    /// A split of these files, with their labels or marks. Sizes may differ; every image becomes grey or colour as the first is.
    let ofFiles name (files: string array) labels marks : Split =
        let sizes =
            files
            |> Array.Parallel.map (fun file -> Decode.size file 0L (File.ReadAllBytes file))
        let struct (channels, _, _) = sizes[0]
        let opened i = Decode.encoded files[i] 0L channels (File.ReadAllBytes files[i])
        {
            Name = name
            Count = files.Length
            Channels = channels
            Height = sizes |> Array.map (fun (struct (_, height, _)) -> height) |> Array.min
            Width = sizes |> Array.map (fun (struct (_, _, width)) -> width) |> Array.min
            Labels = labels
            Marks = marks
            Read = fun i -> (opened i).Decode 1
            Encoded = Some opened
        }

    /// A split of a folder whose classes are these.
    let split name folder (classes: string list) : Split =
        let files = [|
            for label, one in List.indexed classes do
                let inside = Path.Combine (folder, one)
                if Directory.Exists inside then
                    for file in Directory.GetFiles inside |> sorted do
                        if isImage file then
                            file, label
        |]
        if files.Length = 0 then
            raise (DataException (DataError.NoFiles (Path.Combine (folder, "CLASS", "*.jpg"))))
        ofFiles name (Array.map fst files) (Some (Array.map snd files)) None

    /// FOLDER/train and FOLDER/test where they are, else FOLDER alone as the training part.
    let load folder : Dataset =
        if not (Directory.Exists folder) then
            raise (DataException (DataError.NoFiles folder))
        let part name = Path.Combine (folder, name)
        let train = if Directory.Exists (part "train") then part "train" else folder
        let classes = classes train
        let test = [ "test"; "val" ] |> List.map part |> List.tryFind Directory.Exists
        {
            Name = $"folder:{folder}"
            Classes = classes
            Train = split "train" train classes
            Test = test |> Option.map (fun t -> split "test" t classes)
        }
