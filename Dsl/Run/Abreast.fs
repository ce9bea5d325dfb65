namespace Vantage

open System
open System.ComponentModel
open System.Diagnostics
open System.IO
open System.Threading

/// Several processes at once, each on cores of its own: two runs on a core each end sooner than one after the other on both.
module Abreast =
    /// What the option does, for people.
    let usage =
        "runs at once, each on its share of the cores and for so many times the minutes (Linux, by taskset); 1 if not given."

    /// The numbers of a list such as 0-2,5, as Linux writes the cores that a process may use.
    let cores (list: string) = [
        for part in list.Split (',', StringSplitOptions.RemoveEmptyEntries) do
            match part.Split '-' |> Array.map int with
            | [| first; last |] -> yield! [ first..last ]
            | one -> yield one[0]
    ]

    // Those of this process.
    let private own () =
        let field = "Cpus_allowed_list:"
        match
            (try
                File.ReadAllLines "/proc/self/status" |> Array.tryFind _.StartsWith(field)
             with :? IOException ->
                 None)
        with
        | Some line -> cores (line.Substring(field.Length).Trim())
        | None ->
            raise (UserException "--abreast needs Linux: elsewhere runs cannot be given cores of their own.")

    /// The cores of each of so many runs at once; none where there is one, which has them all.
    let shares count all =
        let many = List.length all
        if count < 1 || count > many then
            raise (
                UserException
                    $"--abreast {count}: there are {many} cores, and each run needs one. Ask for 1 to {many}."
            )
        all |> List.splitInto count

    /// How a program is started on these cores, on all if there are none named.
    let start (cores: int list) program (arguments: string list) =
        let program, arguments =
            match cores with
            | [] -> program, arguments
            | _ -> "taskset", "-c" :: String.Join (',', cores) :: program :: arguments
        ProcessStartInfo (program, arguments, RedirectStandardOutput = true, RedirectStandardError = true)

    /// Does tasks in their order, so many at once, each on its share of the cores. Of tasks with one key, those that are not `ready` wait until none with their key is under way.
    let each
        count
        (key: 'task -> string)
        (ready: 'task -> bool)
        (work: int list -> 'task -> unit)
        (tasks: 'task list)
        =
        let waiting, running = ResizeArray tasks, ResizeArray<string>()
        let failures = ResizeArray<exn>()
        let rec take () =
            let free task = not (running.Contains (key task)) || ready task
            match waiting.FindIndex (Predicate free) with
            | _ when waiting.Count = 0 || failures.Count > 0 -> None
            | -1 ->
                Monitor.Wait waiting |> ignore
                take ()
            | place ->
                let task = waiting[place]
                waiting.RemoveAt place
                running.Add (key task)
                Some task
        let rec go cores =
            match lock waiting take with
            | None -> ()
            | Some task ->
                try
                    work cores task
                with e ->
                    lock waiting (fun () -> failures.Add e)
                lock waiting (fun () ->
                    running.Remove (key task) |> ignore
                    Monitor.PulseAll waiting)
                go cores
        let lanes = if count = 1 then [ [] ] else shares count (own ())
        let threads = lanes |> List.map (fun cores -> Thread (fun () -> go cores))
        for thread in threads do
            thread.Start ()
        for thread in threads do
            thread.Join ()
        match List.ofSeq failures with
        | [] -> ()
        | (:? Win32Exception as e) :: _ -> raise (UserException $"taskset cannot be started: {e.Message}")
        | [ e ] -> raise e
        | several ->
            if several |> List.forall (fun e -> e :? UserException) then
                raise (UserException (several |> List.map _.Message |> String.concat "\n"))
            else
                raise (AggregateException several)
