namespace Vantage

open System
open System.IO
open System.Reflection
open System.Text

/// Shows HTML from a script that may run in a notebook or under `dotnet fsi`.
[<RequireQualifiedAccess>]
module Notebook =

    /// The folder that `show` writes pages to outside a notebook: artifacts/notebook under the current folder.
    let folder () = Path.Combine (Directory.GetCurrentDirectory (), "artifacts", "notebook")

    /// The `Kernel` class of .NET Interactive among these assemblies, if the code runs in one of its notebooks.
    let kernel (assemblies: Assembly[]) : Type option =
        assemblies
        |> Array.filter (fun assembly -> assembly.GetName().Name = "Microsoft.DotNet.Interactive")
        |> Array.tryPick (fun assembly ->
            assembly.GetType "Microsoft.DotNet.Interactive.Kernel" |> Option.ofObj)

    /// Shows HTML as the output of the running notebook cell: `display (HTML html)` of `Kernel`, called by reflection because
    /// this library must load without .NET Interactive. The second parameter of `display` is an array of MIME types, in
    /// its early versions one string. Throws MissingMethodException where `Kernel` has neither.
    let display (kernel: Type) (html: string) =
        let find name (first: Type) =
            kernel.GetMethods (BindingFlags.Public ||| BindingFlags.Static)
            |> Array.tryFind (fun m ->
                let parameters = m.GetParameters ()
                m.Name = name && parameters.Length >= 1 && parameters[0].ParameterType = first)
        match find "HTML" typeof<string>, find "display" typeof<obj> with
        | Some make, Some display ->
            let content = make.Invoke (null, [| box html |])
            let mime: obj =
                if display.GetParameters().[1].ParameterType = typeof<string> then
                    "text/html"
                else
                    [| "text/html" |]
            display.Invoke (null, [| content; mime |]) |> ignore
        | _ ->
            raise (
                MissingMethodException
                    $"{kernel.Assembly.FullName} has no Kernel.HTML or Kernel.display: a .NET Interactive that this was not written for"
            )

    /// Writes a page holding the HTML to NAME.html in a folder and gives its path. Throws ArgumentException where the name
    /// is empty or cannot be a file's name.
    let write (folder: string) (name: string) (html: string) : string =
        if name = "" || name.IndexOfAny (Path.GetInvalidFileNameChars ()) >= 0 then
            invalidArg (nameof name) $"\"{name}\" cannot be a file's name: use letters, digits and -"
        Directory.CreateDirectory folder |> ignore
        let path = Path.Combine (folder, name + ".html")
        File.WriteAllText (path, Html.page name html, UTF8Encoding false)
        path

    /// Shows HTML: in a .NET Interactive notebook as the cell's output; under `dotnet fsi`, where there is nothing to show it
    /// in, as the page artifacts/notebook/NAME.html, whose path is printed.
    let show (name: string) (html: string) : unit =
        match kernel (AppDomain.CurrentDomain.GetAssemblies ()) with
        | Some kernel -> display kernel html
        | None -> printfn $"{name}: {write (folder ()) name html}"
