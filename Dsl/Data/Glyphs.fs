namespace Vantage

open System
open System.Threading.Tasks
open Vantage.Kernels

/// A procedural set made in memory: ten classes of drawn figures, 28 x 28 in colour. The class is the shape alone; place, size, slant,
/// turn, stroke, wobble, colours, light on dark or dark on light, background and distractors are drawn for each image.
/// Image i of a part is a pure function of the seed, the part and i.
module Glyphs =
    /// Pixels of a side.
    let size = 28

    /// The names of the shapes, in the order of their labels.
    let classes = [
        "ring"
        "cross"
        "saltire"
        "triangle"
        "square"
        "tee"
        "cup"
        "zigzag"
        "ladder"
        "comb"
    ]

    let private circle = [|
        for k in 0..16 -> struct (cos (float k * Math.PI / 8.0), sin (float k * Math.PI / 8.0))
    |]

    // Strokes in [-1, 1] x [-1, 1], y down.
    let private shapes: (struct (float * float)) array array array = [|
        [| circle |]
        [| [| struct (-1.0, 0.0); struct (1.0, 0.0) |]; [| struct (0.0, -1.0); struct (0.0, 1.0) |] |]
        [| [| struct (-0.9, -0.9); struct (0.9, 0.9) |]; [| struct (0.9, -0.9); struct (-0.9, 0.9) |] |]
        [| [| struct (0.0, -1.0); struct (0.95, 0.8); struct (-0.95, 0.8); struct (0.0, -1.0) |] |]
        [|
            [|
                struct (-0.85, -0.85)
                struct (0.85, -0.85)
                struct (0.85, 0.85)
                struct (-0.85, 0.85)
                struct (-0.85, -0.85)
            |]
        |]
        [| [| struct (-0.95, -0.9); struct (0.95, -0.9) |]; [| struct (0.0, -0.9); struct (0.0, 1.0) |] |]
        [|
            [|
                struct (-0.8, -1.0)
                struct (-0.8, 0.5)
                struct (-0.3, 0.95)
                struct (0.3, 0.95)
                struct (0.8, 0.5)
                struct (0.8, -1.0)
            |]
        |]
        [| [| struct (-0.85, -0.9); struct (0.85, -0.9); struct (-0.85, 0.9); struct (0.85, 0.9) |] |]
        [|
            [| struct (-0.7, -1.0); struct (-0.7, 1.0) |]
            [| struct (0.7, -1.0); struct (0.7, 1.0) |]
            [| struct (-0.7, 0.0); struct (0.7, 0.0) |]
        |]
        [|
            [| struct (-0.9, -0.8); struct (0.9, -0.8) |]
            [| struct (-0.9, -0.8); struct (-0.9, 0.8) |]
            [| struct (0.0, -0.8); struct (0.0, 0.8) |]
            [| struct (0.9, -0.8); struct (0.9, 0.8) |]
        |]
    |]

    // Draws of one image in the order in which they are asked for.
    type private Stream(seed: uint64, part: int, index: int) =
        let mutable site = 0

        member _.Next() =
            site <- site + 1
            float (Philox.Uniform (seed, 0, int64 index, 1000 + part, site - 1))

        member this.Between low high = low + (high - low) * this.Next ()

    // Distance from a point to a segment.
    let private distance px py (struct (ax, ay)) (struct (bx, by)) =
        let dx, dy = bx - ax, by - ay
        let length = dx * dx + dy * dy
        let t =
            if length = 0.0 then
                0.0
            else
                max 0.0 (min 1.0 (((px - ax) * dx + (py - ay) * dy) / length))
        let ex, ey = px - ax - t * dx, py - ay - t * dy
        sqrt (ex * ex + ey * ey)

    let private segments (strokes: (struct (float * float)) array array) =
        strokes |> Array.collect Array.pairwise

    // A muted colour of this lightness.
    let private colour (draw: Stream) lightness =
        let tint = draw.Between 0.0 0.12
        let turn = draw.Between 0.0 (2.0 * Math.PI)
        Array.init 3 (fun c -> lightness + tint * cos (turn + float c * 2.0 * Math.PI / 3.0))

    /// Draws image `index` of class `label` into size x size x 3 planar bytes from `offset` on.
    let render seed part index label (into: byte array) offset =
        let draw = Stream (seed, part, index)
        let scale = draw.Between 5.5 10.0
        let centreX, centreY = draw.Between 9.0 19.0, draw.Between 9.0 19.0
        let turn, slant = draw.Between -0.3 0.3, draw.Between -0.25 0.25
        let stretch = draw.Between 0.8 1.25
        let width = draw.Between 0.9 1.9
        let place (struct (x, y)) =
            let x, y = x + draw.Between -0.1 0.1, y + draw.Between -0.1 0.1
            let x, y = x * stretch + slant * y, y / stretch
            struct (centreX + scale * (x * cos turn - y * sin turn),
                    centreY + scale * (x * sin turn + y * cos turn))
        let figure = shapes[label] |> Array.map (Array.map place) |> segments
        let light, dark = draw.Between 0.62 0.95, draw.Between 0.05 0.38
        let inverted = draw.Next () < 0.5
        let ground = colour draw (if inverted then light else dark)
        let ink = colour draw (if inverted then dark else light)
        let gradientX, gradientY = draw.Between -0.12 0.12, draw.Between -0.12 0.12
        let waveX, waveY, phase = draw.Between -0.9 0.9, draw.Between -0.9 0.9, draw.Between 0.0 6.3
        let wave = draw.Between 0.0 0.06
        let distractors =
            Array.init (int (draw.Between 1.0 4.0)) (fun _ ->
                let x, y = draw.Between 0.0 28.0, draw.Between 0.0 28.0
                let angle, length = draw.Between 0.0 6.3, draw.Between 2.0 6.0
                let segment = struct (struct (x, y), struct (x + length * cos angle, y + length * sin angle))
                struct (segment, colour draw (draw.Between 0.2 0.8)))
        let noise = draw.Between 0.01 0.06
        let area = size * size
        for y in 0 .. size - 1 do
            for x in 0 .. size - 1 do
                let px, py = float x + 0.5, float y + 0.5
                let shade =
                    gradientX * (px / 14.0 - 1.0)
                    + gradientY * (py / 14.0 - 1.0)
                    + wave * sin (waveX * px + waveY * py + phase)
                let cover d w = max 0.0 (min 1.0 (w + 0.5 - d))
                let inked =
                    let mutable nearest = infinity
                    for a, b in figure do
                        nearest <- min nearest (distance px py a b)
                    cover nearest width
                for c in 0..2 do
                    let mutable value = ground[c] + shade
                    for struct (struct (a, b), tone) in distractors do
                        let share = cover (distance px py a b) 0.7
                        value <- value * (1.0 - share) + tone[c] * share
                    value <- value * (1.0 - inked) + ink[c] * inked
                    value <- value + noise * (draw.Next () + draw.Next () - 1.0)
                    into[offset + c * area + y * size + x] <-
                        byte (max 0.0 (min 255.0 (Math.Round (255.0 * value))))

    /// A part of `count` images; the classes take turns.
    let split seed part name count : Split =
        let length = 3 * size * size
        let pixels = Array.zeroCreate<byte>(count * length)
        Parallel.For (0, count, fun i -> render seed part i (i % classes.Length) pixels (i * length))
        |> ignore
        {
            Name = name
            Count = count
            Channels = 3
            Height = size
            Width = size
            Labels = Some (Array.init count (fun i -> i % classes.Length))
            Read = fun i -> Image (pixels, i * length, 3, size, size)
            Marks = None
            Encoded = None
        }

    /// The set: this many training and test images.
    let load train test : Dataset = {
        Name = "glyphs"
        Classes = classes
        Train = split 1UL 0 "train" train
        Test = Some (split 1UL 1 "test" test)
    }
