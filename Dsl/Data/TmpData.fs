namespace Vantage
open System
open System.IO
open System.IO.Compression
open Vantage.Kernels
type DataError = Broken of string
module DataError =
    let message (Broken s) = s
exception DataException of DataError
type Split = { Name: string; Count: int; Channels: int; Height: int; Width: int; Labels: int array option; Read: int -> Image }
type Dataset = { Name: string; Classes: string list; Train: Split; Test: Split option }
module Dataset =
    let private bytes (f: string) =
        use s = new GZipStream (File.OpenRead ("/usr/share/datasets/fashion-mnist/" + f), CompressionMode.Decompress)
        use m = new MemoryStream ()
        s.CopyTo m
        m.ToArray ()
    let load (_: string) : Dataset =
        let part name i l =
            let im = bytes i
            let lb = bytes l
            let n = (im.Length - 16) / 784
            { Name = name; Count = n; Channels = 1; Height = 28; Width = 28; Labels = Some (Array.init n (fun k -> int lb[8 + k])); Read = fun k -> Image (im, 16 + k * 784, 1, 28, 28) }
        { Name = "fashion-mnist"; Classes = [ for i in 0..9 -> string i ]; Train = part "train" "train-images-idx3-ubyte.gz" "train-labels-idx1-ubyte.gz"; Test = Some (part "test" "t10k-images-idx3-ubyte.gz" "t10k-labels-idx1-ubyte.gz") }
