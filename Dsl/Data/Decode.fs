namespace Vantage

open System
open System.Runtime.InteropServices
open System.Threading
open SkiaSharp
open Vantage.Kernels

/// JPEG and PNG to planar bytes, by Skia.
module Decode =
    // One interleaved buffer a thread, grown as needed.
    let private buffer = new ThreadLocal<byte array ref> (fun () -> ref [||])

    let private fail file offset reason =
        raise (DataException (DataError.CorruptImage (file, offset, reason)))

    let private opened file offset (bytes: byte array) =
        use data = SKData.CreateCopy bytes
        match SKCodec.Create data with
        | null -> fail file offset "it is neither JPEG nor PNG"
        | codec -> codec

    /// Channels (1 or 3), height and width of an encoded image, from its header.
    let size file offset bytes =
        use codec = opened file offset bytes
        let channels = if codec.Info.ColorType = SKColorType.Gray8 then 1 else 3
        struct (channels, codec.Info.Height, codec.Info.Width)

    /// Decodes an encoded image to this many channels, 1 or 3. `file` and `offset` say where it came from.
    let image file offset channels (bytes: byte array) =
        use codec = opened file offset bytes
        let width, height = codec.Info.Width, codec.Info.Height
        let kind = if channels = 1 then SKColorType.Gray8 else SKColorType.Rgba8888
        let depth = if channels = 1 then 1 else 4
        let needed = width * height * depth
        let cell = buffer.Value
        if cell.Value.Length < needed then
            cell.Value <- Array.zeroCreate needed
        let raw = cell.Value
        let info = SKImageInfo (width, height, kind, SKAlphaType.Opaque)
        let info =
            if codec.Info.AlphaType = SKAlphaType.Opaque then
                info
            else
                info.WithAlphaType SKAlphaType.Unpremul
        let handle = GCHandle.Alloc (raw, GCHandleType.Pinned)
        let result =
            try
                codec.GetPixels (info, handle.AddrOfPinnedObject ())
            finally
                handle.Free ()
        if result <> SKCodecResult.Success then
            fail file offset (string result)
        let area = width * height
        let planar = Array.zeroCreate<byte>(channels * area)
        if channels = 1 then
            Buffer.BlockCopy (raw, 0, planar, 0, area)
        else
            for i in 0 .. area - 1 do
                planar[i] <- raw[4 * i]
                planar[area + i] <- raw[4 * i + 1]
                planar[2 * area + i] <- raw[4 * i + 2]
        Image (planar, 0, channels, height, width)
