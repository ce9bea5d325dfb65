namespace Vantage

open System
open System.IO
open System.Text
open Microsoft.Win32.SafeHandles

/// Where a file lies inside a tar archive.
[<Struct>]
type TarEntry = { Name: string; Offset: int64; Length: int64 }

/// The index of a tar archive (POSIX ustar, with pax and GNU long names): its headers are read once, its contents on demand.
module Tar =
    let private block = 512

    let private field (header: byte array) at length =
        let stop = Array.IndexOf (header, 0uy, at, length)
        Encoding.UTF8.GetString (header, at, (if stop < 0 then length else stop - at))

    let private octal path offset (header: byte array) at length =
        let text = (field header at length).Trim()
        try
            if text = "" then 0L else Convert.ToInt64 (text, 8)
        with :? FormatException ->
            raise (
                DataException (DataError.BadHeader (path, offset + int64 at, $"'{text}' is no octal number"))
            )

    // The sum of all header bytes, its own field read as spaces.
    let private checksum (header: byte array) =
        let sum = Array.sumBy int header
        let own = Array.sumBy int header[148..155]
        int64 (sum - own + 8 * 32)

    /// Bytes of an entry.
    let read path (handle: SafeFileHandle) (entry: TarEntry) =
        let bytes = Array.zeroCreate<byte>(int entry.Length)
        let mutable got = 0
        let mutable more = true
        while more && got < bytes.Length do
            let n =
                RandomAccess.Read (
                    handle,
                    Span<byte>(bytes, got, bytes.Length - got),
                    entry.Offset + int64 got
                )
            more <- n > 0
            got <- got + n
        if got < bytes.Length then
            raise (
                DataException (DataError.Truncated (path, entry.Offset + int64 got, int64 got, entry.Length))
            )
        bytes

    let private paxName (content: byte array) =
        Encoding.UTF8.GetString(content).Split '\n'
        |> Array.tryPick (fun line ->
            match line.IndexOf " path=" with
            | -1 -> None
            | at -> Some (line.Substring (at + 6)))

    /// Every regular file of an archive, in order.
    let index path (handle: SafeFileHandle) : TarEntry list =
        let length = RandomAccess.GetLength handle
        let entries = ResizeArray<TarEntry>()
        let mutable offset = 0L
        let mutable longName = None
        let mutable ended = false
        while not ended && offset < length do
            let header =
                read path handle { Name = ""; Offset = offset; Length = min (int64 block) (length - offset) }
            if header.Length < block then
                raise (DataException (DataError.Truncated (path, offset, int64 header.Length, int64 block)))
            if Array.forall ((=) 0uy) header then
                ended <- true
            else
                let found = octal path offset header 148 8
                if found <> checksum header then
                    let reason = $"a header's checksum is {found}, its bytes add up to {checksum header}"
                    raise (DataException (DataError.BadHeader (path, offset, reason)))
                let size = octal path offset header 124 12
                let data = offset + int64 block
                if data + size > length then
                    raise (DataException (DataError.Truncated (path, data, length - data, size)))
                let short =
                    match field header 345 155 with
                    | prefix when prefix <> "" && field header 257 5 = "ustar" ->
                        prefix + "/" + field header 0 100
                    | _ -> field header 0 100
                let entry = { Name = defaultArg longName short; Offset = data; Length = size }
                match char header[156] with
                | 'L' -> longName <- Some ((Encoding.UTF8.GetString (read path handle entry)).TrimEnd '\000')
                | 'x' -> longName <- paxName (read path handle entry)
                | '0'
                | '\000' ->
                    entries.Add entry
                    longName <- None
                | _ -> longName <- None
                offset <- data + (size + int64 block - 1L) / int64 block * int64 block
        List.ofSeq entries
