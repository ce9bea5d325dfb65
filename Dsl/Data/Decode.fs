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

    /// Decodes an encoded image to this many channels, 1 or 3, and to about 1 / denominator of its sides where its format can (JPEG: 1, 2, 4, 8).
    /// `file` and `offset` say where it came from.
    let scaled file offset channels denominator (bytes: byte array) =
        use codec = opened file offset bytes
        let size = codec.GetScaledDimensions (1.0f / float32 (max 1 denominator))
        let width, height = size.Width, size.Height
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
        let planar = GC.AllocateUninitializedArray<byte>(channels * area)
        if channels = 1 then
            Buffer.BlockCopy (raw, 0, planar, 0, area)
        else
            Simd.Deinterleave.Rgbx (ReadOnlySpan (raw, 0, 4 * area), Span<byte> planar)
        Image (planar, 0, channels, height, width)

    /// Decodes an encoded image to this many channels, 1 or 3.
    let image file offset channels bytes = scaled file offset channels 1 bytes

    /// An encoded image with its size, for a split.
    let encoded file offset channels bytes : Encoded =
        let struct (_, height, width) = size file offset bytes
        {
            Height = height
            Width = width
            Decode = fun denominator -> scaled file offset channels denominator bytes
        }
