namespace Vantage

open System
open System.IO

/// Something a person can mend: shown without a stack trace.
exception UserException of string with
    override this.Message = this.Data0

/// The folder of a run: whose it is, and what to say where it cannot be written.
module RunFolder =
    let private isRefusal (e: exn) =
        match e with
        | :? UnauthorizedAccessException
        | :? IOException -> true
        | _ -> false

    /// The folder to write into, by its full path: the one to resume, the one asked for, or runs/NAME-TIME. Raises UserException where it cannot be
    /// written, where there is nothing to resume, or where it holds a run that is not resumed.
    let create (out: string option) (resume: string option) (name: string) =
        let folder =
            match resume, out with
            | Some folder, _
            | None, Some folder -> folder
            | None, None -> Path.Combine ("runs", $"""{name}-{DateTime.Now.ToString "yyyyMMdd-HHmmss"}""")
        let full = Path.GetFullPath folder
        if resume.IsSome && not (Directory.Exists full) then
            raise (
                UserException
                    $"--resume {folder}: there is no such folder. Give the folder that the stopped run named."
            )
        if resume.IsNone && Checkpoint.exists full then
            raise (
                UserException
                    $"--out {folder} holds a run already, and nothing of it is overwritten. Go on with it by --resume {folder}, or give another folder."
            )
        try
            Directory.CreateDirectory full |> ignore
            let probe = Path.Combine (full, ".writable")
            File.WriteAllText (probe, "")
            File.Delete probe
        with e when isRefusal e ->
            raise (
                UserException $"The folder {full} cannot be written: {e.Message} Give another one with --out."
            )
        full

    /// Keeps other runs out of the folder until disposed of. Raises UserException where one is in it.
    let claim folder : IDisposable =
        match Durable.tryLock folder with
        | Some held -> held
        | None ->
            raise (
                UserException
                    $"Another run is writing into {folder}. Wait until it ends, stop it, or give this one another folder with --out."
            )

    /// Does `work`; a file that cannot be written there becomes a UserException that says how to go on.
    let writing folder (work: unit -> 'result) : 'result =
        try
            work ()
        with e when isRefusal e ->
            let next =
                if Checkpoint.exists folder then
                    $"Its checkpoints are untouched: make room or let the folder be written, then go on with --resume {folder}"
                else
                    "It has no checkpoint yet: make room or let the folder be written, then start anew."
            raise (UserException $"A file of the run in {folder} could not be written: {e.Message} {next}")

    /// The files of a run that has ended, for people: results first; checkpoints before the last and what was set aside are left out.
    let files folder =
        let named =
            [
                "result.json"
                "report.html"
                "curves.png"
                "views.png"
                "metrics.jsonl"
                "recipe.fsx"
                "checkpoint.safetensors"
            ]
            |> List.map (fun name -> Path.Combine (folder, name))
            |> List.filter File.Exists
        // One for each process that worked on the run.
        named
        @ (Directory.GetFiles (folder, "events.out.tfevents.*")
           |> Array.sort
           |> Array.toList)

    /// Saves what was drawn for each view of the images of a batch whose loss was not finite, and gives the file.
    let saveDraws folder viewer split step epoch (images: int array) =
        let path = Path.Combine (folder, $"not-finite-step-{step}.csv")
        DrawTable.save path [
            for image in images do
                let struct (_, rows) = Views.source viewer epoch image split
                for view in 0 .. rows.Length - 1 do
                    { Image = int64 image; View = view; Steps = rows[view] }
        ]
        path
