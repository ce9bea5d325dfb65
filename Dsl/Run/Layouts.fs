namespace Vantage

/// How the maps of a residual network lie in memory: what the recipe says, or what was measured to be faster.
module Layouts =
    /// The layout, and the reason in words.
    let choose precision =
        match Precision.layout precision with
        | Some layout -> layout, "as the recipe says"
        | None -> Layout.ChannelsLast, "measured"
