namespace Vantage

open Vantage.Kernels

/// Grey images as ones of three channels, for recipes and encoders of colour images.
module Rgb =
    /// A grey image with its channel three times; a colour image as it is.
    let image (grey: Image) =
        let area = grey.Height * grey.Width
        let thrice (all: 'a array) =
            let own = all[grey.Offset .. grey.Offset + area - 1]
            Array.concat [ own; own; own ]
        if grey.Channels <> 1 then
            grey
        else
            match grey.Values with
            | null -> Image (thrice grey.Pixels, 0, 3, grey.Height, grey.Width)
            | values -> Image (thrice values, 0, 3, grey.Height, grey.Width)

    /// A split whose images all have three channels.
    let split (own: Split) = {
        own with
            Channels = 3
            Read = own.Read >> image
            Encoded =
                own.Encoded
                |> Option.map (fun encoded -> encoded >> fun it -> { it with Decode = it.Decode >> image })
    }

    /// A set whose images all have three channels.
    let dataset (own: Dataset) = { own with Train = split own.Train; Test = Option.map split own.Test }
