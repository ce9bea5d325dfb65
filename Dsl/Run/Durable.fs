namespace Vantage

open System
open System.ComponentModel
open System.IO
open System.Runtime.InteropServices

/// Files that appear whole or not at all, and folders that belong to one run.
module Durable =
    [<DllImport("libc", EntryPoint = "open", SetLastError = true)>]
    extern int private openFolder(string path, int flags)

    [<DllImport("libc", EntryPoint = "fsync", SetLastError = true)>]
    extern int private flush(int descriptor)

    [<DllImport("libc", EntryPoint = "close")>]
    extern int private closeFolder(int descriptor)

    // Some file systems (FUSE, network) cannot flush a folder and say so by EINVAL; there is no more to be had there.
    let private notSupported = 22

    let private failed folder =
        let code = Marshal.GetLastPInvokeError ()
        if code <> notSupported then
            let why = Win32Exception(code).Message
            raise (IOException $"The folder {folder} could not be flushed to disk: {why} (error {code}).")

    /// Flushes a folder's entries to the disk, so that a rename in it outlives a power cut (fsync(2)). Windows has no such call: NTFS logs renames.
    let flushFolder (folder: string) =
        if not (OperatingSystem.IsWindows ()) then
            let descriptor = openFolder (folder, 0)
            if descriptor < 0 then
                failed folder
            else
                try
                    if flush descriptor < 0 then
                        failed folder
                finally
                    closeFolder descriptor |> ignore

    /// Writes a text that appears whole or not at all: into a new file beside it, flushed, renamed. What was there stays where writing fails.
    let writeText (path: string) (text: string) =
        let fresh = path + ".new"
        try
            use file = new FileStream (fresh, FileMode.Create, FileAccess.Write, FileShare.None)
            file.Write (Text.Encoding.UTF8.GetBytes text)
            file.Flush true
        with _ ->
            File.Delete fresh
            reraise ()
        File.Move (fresh, path, true)

    // Another holds the file: EWOULDBLOCK of Linux and macOS, ERROR_SHARING_VIOLATION of Windows.
    let private taken = [ 11; 35; int 0x80070020u ]

    /// Keeps other runs out of a folder until disposed of; none where another one holds it. The lock is the system's: it ends with its process,
    /// however that dies, and leaves only an empty file `.lock`.
    let tryLock folder : IDisposable option =
        try
            let path = Path.Combine (folder, ".lock")
            let file = new FileStream (path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
            Some (file :> IDisposable)
        with :? IOException as e when List.contains e.HResult taken ->
            None
