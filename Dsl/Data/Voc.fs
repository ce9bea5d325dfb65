namespace Vantage

open System
open System.IO

/// Folders as PASCAL VOC has them (Everingham et al. 2010): JPEGImages/IMAGE.jpg, and for each class ImageSets/Main/CLASS_trainval.txt and CLASS_test.txt, an image and 1 (it is there), -1 (it is
/// not) or 0 (it is hard to tell) a line.
module Voc =
    // An image's name and mark of each line of a class's file.
    let private lines file = [|
        for number, line in File.ReadAllLines file |> Array.indexed do
            match
                line.Split (' ', StringSplitOptions.RemoveEmptyEntries ||| StringSplitOptions.TrimEntries)
            with
            | [||] -> ()
            | [| image; "1" |] -> image, Mark.Present
            | [| image; "-1" |] -> image, Mark.Absent
            | [| image; "0" |] -> image, Mark.Difficult
            | _ -> raise (DataException (DataError.BadMark (file, number + 1, line)))
    |]

    let private split folder (classes: string list) part : Split =
        let file name = Path.Combine (folder, "ImageSets", "Main", $"{name}_{part}.txt")
        let each = classes |> List.map (fun name -> file name, lines (file name))
        let first, listed = each.Head
        let images = Array.map fst listed
        if images.Length = 0 then
            raise (DataException (DataError.EmptyList first))
        for other, found in each do
            if Array.map fst found <> images then
                raise (DataException (DataError.OtherImages (other, first)))
        let files =
            images
            |> Array.map (fun image -> Path.Combine (folder, "JPEGImages", image + ".jpg"))
        match files |> Array.tryFindIndex (File.Exists >> not) with
        | Some i -> raise (DataException (DataError.NamedAndMissing (first, i + 1, files[i])))
        | None -> ()
        let marks = Array.init images.Length (fun i -> [| for _, found in each -> snd found[i] |])
        ImageFolder.ofFiles part files None (Some marks)

    /// The images of a folder, to train on those of `trainval`; its classes are those that have files, in order of name.
    let load folder : Dataset =
        let main = Path.Combine (folder, "ImageSets", "Main")
        let named part =
            let ending = $"_{part}.txt"
            if Directory.Exists main then
                Directory.GetFiles (main, "*" + ending)
                |> Array.map (fun path -> (nonNull (Path.GetFileName path)).Replace(ending, ""))
                |> Set
            else
                Set.empty
        let train, test = named "trainval", named "test"
        if train.IsEmpty then
            raise (DataException (DataError.NoFiles (Path.Combine (main, "CLASS_trainval.txt"))))
        let alone part classes =
            for name in classes do
                raise (
                    DataException (DataError.UnknownClass (name, Path.Combine (main, $"{name}_{part}.txt")))
                )
        alone "test" (train - test)
        alone "trainval" (test - train)
        let classes = Set.toList train |> List.sortWith (fun a b -> String.CompareOrdinal (a, b))
        {
            Name = $"voc:{folder}"
            Classes = classes
            Train = split folder classes "trainval"
            Test = Some (split folder classes "test")
        }
