/// Maps n x c x h x w as numbers that references take.
module Vantage.Tests.Maps

open TorchSharp

/// The values in the order n, h, w, c.
let doubles (x: torch.Tensor) =
    x.to_type(torch.float64).permute(0L, 2L, 3L, 1L).contiguous().data<float>().ToArray()

/// The values in the order of the dimensions.
let numbers (x: torch.Tensor) = x.to_type(torch.float64).contiguous().data<float>().ToArray()

/// The worst difference, of the largest value that is expected.
let apart (found: float array) (expected: float array) =
    Close.worst found expected
    / (expected |> Array.map abs |> Array.max |> max 1e-3)
