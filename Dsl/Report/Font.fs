namespace Vantage

open System.IO
open System.Reflection
open SkiaSharp

/// The typefaces of pictures and charts: DejaVu Sans and DejaVu Sans Mono, which travel inside this assembly, so that text
/// is drawn, and drawn alike, on a machine without any font. Reduced to Basic Latin, Latin-1, Greek and a few arrows,
/// superscripts and signs; `DejaVu-LICENSE.txt` beside this file is their licence.
[<RequireQualifiedAccess>]
module Font =

    /// The name under which charts ask for the typefaces of this module: not a system font's name, so never one by chance.
    [<Literal>]
    let family = "Vantage Sans"

    let private bytes file =
        let assembly = Assembly.GetExecutingAssembly ()
        match assembly.GetManifestResourceStream file with
        | null ->
            raise (
                FileNotFoundException (
                    $"the font {file} is not in {assembly.FullName}: build Dsl again",
                    file
                )
            )
        | stream ->
            use stream = stream
            use memory = new MemoryStream ()
            stream.CopyTo memory
            memory.ToArray ()

    let private regularBytes = lazy (bytes "DejaVuSans.ttf")
    let private boldBytes = lazy (bytes "DejaVuSans-Bold.ttf")
    let private monoBytes = lazy (bytes "DejaVuSansMono.ttf")

    let private typeface (file: Lazy<byte[]>) =
        use stream = new MemoryStream (file.Value)
        match SKTypeface.FromStream stream with
        | null ->
            raise (
                InvalidDataException
                    "Skia cannot read the embedded font: its native library and SkiaSharp differ"
            )
        | made -> made

    /// A new DejaVu Sans, bold or not, which the caller owns.
    let sans bold = typeface (if bold then boldBytes else regularBytes)

    /// A new DejaVu Sans Mono, which the caller owns.
    let mono () = typeface monoBytes

    /// Whether the embedded typeface draws every character of a text.
    let covers (text: string) =
        use face = sans false
        face.ContainsGlyphs text
