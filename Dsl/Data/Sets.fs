namespace Vantage

open System
open System.IO
open System.Net.Http
open System.Security.Cryptography

/// A file of a set that can be fetched: where it is published, under which name it is kept, and its published MD5.
type Download = { Url: string; File: string; Md5: string }

/// Fetches files of sets.
module Fetch =
    /// Fetches a file into a folder under a temporary name, checks it, and only then gives it its own.
    let file folder download =
        Directory.CreateDirectory folder |> ignore
        let target = Path.Combine (folder, download.File)
        let part = target + ".part"
        try
            use client = new HttpClient (Timeout = TimeSpan.FromMinutes 30.0)
            use source = client.GetStreamAsync(download.Url).GetAwaiter().GetResult()
            use sink = File.Create part
            source.CopyTo sink
            sink.Flush true
        with
        | :? HttpRequestException
        | :? IOException
        | :? OperationCanceledException as e ->
            File.Delete part
            raise (DataException (DataError.NotFetched (download.Url, e.Message)))
        let found =
            use content = File.OpenRead part
            Convert.ToHexStringLower (MD5.HashData content)
        if found <> download.Md5 then
            File.Delete part
            raise (DataException (DataError.WrongChecksum (download.File, found, download.Md5)))
        File.Move (part, target, true)

/// Named sets and other data, by the text that `--data` takes.
module Sets =
    type private Named = {
        Set: string
        /// Folders of the distribution's packages, and how to install them.
        Packaged: string list
        Install: string
        Open: string -> Dataset option
        Downloads: Download list
    }

    let private digits = [ for i in 0..9 -> string i ]

    let private clothes = [
        "T-shirt"
        "trouser"
        "pullover"
        "dress"
        "coat"
        "sandal"
        "shirt"
        "sneaker"
        "bag"
        "ankle boot"
    ]

    let private idxFiles root (sums: string list) =
        List.map2
            (fun file md5 -> { Url = $"{root}/{file}.gz"; File = file + ".gz"; Md5 = md5 })
            [
                "train-images-idx3-ubyte"
                "train-labels-idx1-ubyte"
                "t10k-images-idx3-ubyte"
                "t10k-labels-idx1-ubyte"
            ]
            sums

    let private named = [
        {
            Set = "fashion-mnist"
            Packaged = [ "/usr/share/datasets/fashion-mnist" ]
            Install = "On Debian and Ubuntu: apt-get install dataset-fashion-mnist. "
            Open = fun folder -> Idx.tryFolder folder "fashion-mnist" clothes
            Downloads =
                idxFiles "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com" [
                    "8d4fb7e6c68d591d4c3dfef9ec88bf0d"
                    "25c81989df183df01b3e8a0aad5dffbe"
                    "bef4ecab320f06d8554ea6380940ec79"
                    "bb300cfdad3c16e7a12a480ee83cd310"
                ]
        }
        {
            Set = "mnist"
            Packaged = []
            Install = ""
            Open = fun folder -> Idx.tryFolder folder "mnist" digits
            Downloads =
                idxFiles "https://ossci-datasets.s3.amazonaws.com/mnist" [
                    "f68b3c2dcbeaaa9fbdd348bbdeb94873"
                    "d53e105ee54ea40749a09fcbcd1e9432"
                    "9fb629c4189551a2d022fa330f9573f3"
                    "ec29112dd5afa0611ce80d1b7f02629c"
                ]
        }
        {
            Set = "cifar10"
            Packaged = []
            Install =
                "Unpack cifar-10-binary.tar.gz of cs.toronto.edu/~kriz/cifar.html into one of these folders. "
            Open = fun folder -> CifarBinary.tryFolder folder "cifar10"
            Downloads = []
        }
    ]

    /// The names of sets that are looked for.
    let names = named |> List.map _.Set

    let private cache set =
        let root =
            match Environment.GetEnvironmentVariable "XDG_CACHE_HOME" with
            | null
            | "" -> Path.Combine (Environment.GetFolderPath Environment.SpecialFolder.UserProfile, ".cache")
            | root -> root
        Path.Combine (root, "vantage", set)

    let private places (set: Named) = [
        match Environment.GetEnvironmentVariable "VANTAGE_DATA" with
        | null
        | "" -> ()
        | root -> Path.Combine (root, set.Set)
        yield! set.Packaged
        cache set.Set
    ]

    let private openFirst set =
        places set
        |> List.tryPick (fun folder -> set.Open folder |> Option.map (fun data -> folder, data))

    /// The folder of a named set on this machine; none where it is in none of the places.
    let locate name =
        named
        |> List.tryFind (fun set -> set.Set = name)
        |> Option.bind (fun set -> openFirst set |> Option.map fst)

    /// A named set from where it is, fetched into the cache where it is nowhere.
    let private openNamed set =
        match openFirst set with
        | Some (_, data) -> data
        | None ->
            let folder = cache set.Set
            try
                if set.Downloads.IsEmpty then
                    raise (DataException (DataError.NotFetched (set.Set, "it has to be unpacked by hand")))
                for download in set.Downloads do
                    if not (File.Exists (Path.Combine (folder, download.File))) then
                        Fetch.file folder download
            with DataException (DataError.NotFetched (url, reason)) ->
                let remedy =
                    $"{set.Install}Or put its files into one of these folders (VANTAGE_DATA names one). Fetching did not work: {url}: {reason}."
                raise (DataException (DataError.Missing (set.Set, places set, remedy)))
            match set.Open folder with
            | Some data -> data
            | None ->
                raise (
                    DataException (
                        DataError.Missing (set.Set, places set, "The fetched files are not all there.")
                    )
                )

    let private inFolder kind (folder: string) (found: Dataset option) =
        match found with
        | Some data -> data
        | None ->
            let remedy = $"The folder must hold the files of {kind}."
            raise (DataException (DataError.Missing (kind, [ folder ], remedy)))

    /// The data that a text names: glyphs, glyphs:TRAIN:TEST, a named set, NAME:FOLDER, webdataset:PATTERN, folder:PATH, voc:FOLDER, idx:FOLDER
    /// or cifar:FOLDER; rgb: before any of them gives grey images three channels. Raises DataException saying what is wrong and where.
    let rec load (spec: string) : Dataset =
        let kind, rest =
            match spec.IndexOf ':' with
            | -1 -> spec, ""
            | at -> spec.Substring (0, at), spec.Substring (at + 1)
        match kind, rest, named |> List.tryFind (fun set -> set.Set = kind) with
        | "rgb", inner, _ when inner <> "" -> Rgb.dataset (load inner)
        | "glyphs", "", _ -> Glyphs.load 20000 4000
        | "glyphs", counts, _ ->
            match counts.Split ':' |> Array.map Int32.TryParse with
            | [| true, train; true, test |] when train > 0 && test > 0 -> Glyphs.load train test
            | _ -> raise (DataException (DataError.UnknownSet spec))
        | "webdataset", pattern, _ when pattern <> "" -> WebDataset.load pattern
        | "folder", folder, _ when folder <> "" -> ImageFolder.load folder
        | "voc", folder, _ when folder <> "" -> Voc.load folder
        | "idx", folder, _ when folder <> "" -> inFolder "idx" folder (Idx.tryFolder folder spec digits)
        | "cifar", folder, _ when folder <> "" -> inFolder "cifar" folder (CifarBinary.tryFolder folder spec)
        | _, "", Some set -> openNamed set
        | _, folder, Some set -> inFolder set.Set folder (set.Open folder)
        | _ -> raise (DataException (DataError.UnknownSet spec))
