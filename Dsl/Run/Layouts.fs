namespace Vantage

/// How the maps of a residual network lie in memory: what the recipe says, or what was measured to be faster.
module Layouts =
    // Images a second of ResNet-18's steps (3 x 32 px, batch 64) channels first and channels last, on 2 cores of an AMD EPYC with AVX512-BF16 and libtorch 2.10, as
    // `./research bench train ResNet-18` prints them.
    let private measured precision = if Precision.isBFloat16 precision then 100, 111 else 56, 61

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
            let layout = if last >= first then Layout.ChannelsLast else Layout.ChannelsFirst
            layout,
            $"ResNet-18 took {last} images/s so where channels first took {first} (2 cores, bench train)"

    /// A line of what `explain` says.
    let explain precision =
        let layout, why = choose precision
        let name = if Precision.isBFloat16 precision then "bfloat16" else "float32"
        $"arithmetic  {name} in the encoder, {words layout}: {why}"
