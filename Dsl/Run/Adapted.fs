namespace Vantage

open Vantage.Kernels

/// Sets brought to what an encoder takes.
module Adapted =
    // An image with as many channels as the encoder takes: grey is repeated, colour becomes grey by the weights of `grayscale`.
    let private withChannels wanted (image: Image) =
        let area = image.Height * image.Width
        match image.Channels, wanted with
        | found, _ when found = wanted -> image
        | 1, 3 -> Rgb.image image
        | _ ->
            let grey i =
                0.2989 * image.At i
                + 0.587 * image.At (area + i)
                + 0.114 * image.At (2 * area + i)
            Image (Array.init area (grey >> float32), 0, 1, image.Height, image.Width)

    /// A set as an encoder takes it that was trained on images like those of a split: of the same size and channels. Raises EvaluationException where the set cannot be.
    let toLike (like: Split) (data: Dataset) : Dataset =
        let fit (split: Split) =
            match split.Channels, like.Channels with
            | found, wanted when found = wanted || (found = 1 && wanted = 3) || (found = 3 && wanted = 1) -> {
                split with
                    Channels = like.Channels
                    Height = like.Height
                    Width = like.Width
                    Read = split.Read >> withChannels like.Channels
                    Encoded = None
              }
            | found, wanted ->
                let text =
                    $"{data.Name} has images of {found} channels, and the encoder takes {wanted}: no rule brings one to the other. Use a set of {wanted} channels, or of 1 or 3."
                raise (EvaluationException text)
        { data with Train = fit data.Train; Test = data.Test |> Option.map fit }
