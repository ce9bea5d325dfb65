namespace Vantage

/// How the maps of a residual network lie in memory: what the recipe says, or what was measured to be faster.
module Layouts =
    // Milliseconds of ResNet-18's 3 x 3 convolutions (32 px, batch 32, forward and both ways back) channels first and channels last, on 2 cores of an AMD EPYC with
    // AVX512-BF16, by bench/peers/layouts_pytorch.py with torch 2.14.1. On a GPU neither has been measured.
    let private measured precision = if Precision.isBFloat16 precision then 260, 235 else 505, 455

    let private words =
        function
        | Layout.ChannelsFirst -> "channels first"
        | Layout.ChannelsLast -> "channels last"

    /// The layout, and the reason in words.
    let choose precision =
        match Precision.layout precision with
        | Some layout -> layout, "as the recipe says"
        | None ->
            let first, last = measured precision
            let layout = if last <= first then Layout.ChannelsLast else Layout.ChannelsFirst
            layout,
            $"the convolutions of ResNet-18 took {last} ms with channels last, {first} with channels first (2 cores)"

    /// A line of what `explain` says.
    let explain precision =
        let layout, why = choose precision
        let name = if Precision.isBFloat16 precision then "bfloat16" else "float32"
        $"arithmetic  {name} in the encoder, {words layout}: {why}"
