namespace Vantage

/// What can be wrong with data, each with the file, the byte where it shows, and what was found.
[<RequireQualifiedAccess>]
type DataError =
    /// A set is in none of the places where it is looked for.
    | Missing of set: string * places: string list * remedy: string
    /// No file matches.
    | NoFiles of pattern: string
    | UnknownSet of spec: string
    | WrongMagic of file: string * offset: int64 * found: string * expected: string
    | Truncated of file: string * offset: int64 * found: int64 * expected: int64
    /// Images and labels that should go together.
    | WrongCount of file: string * offset: int64 * found: int64 * expected: int64 * what: string
    | BadLabel of file: string * offset: int64 * found: string
    | EmptyArchive of file: string
    | BadHeader of file: string * offset: int64 * reason: string
    | CorruptImage of file: string * offset: int64 * reason: string
    | NoLabel of file: string * offset: int64 * entry: string
    | WrongChecksum of file: string * found: string * expected: string
    /// A line that is not an image and -1, 0 or 1.
    | BadMark of file: string * line: int * found: string
    /// A list of images that has none.
    | EmptyList of file: string
    /// Two classes' lists that should name the same images in the same order.
    | OtherImages of file: string * first: string
    /// An image that a list names at this place.
    | NamedAndMissing of list: string * place: int * image: string
    /// A class that one part of a set knows and the other does not.
    | UnknownClass of name: string * file: string
    | NotFetched of url: string * reason: string

/// Errors of data in words.
module DataError =
    /// What is wrong, where, and what to do.
    let message error =
        match error with
        | DataError.Missing (set, places, remedy) ->
            let looked = places |> List.map (fun p -> "\n  - " + p) |> String.concat ""
            $"The set '{set}' was not found. Looked in:{looked}\n{remedy}"
        | DataError.NoFiles pattern ->
            $"No file matches {pattern}. Quote the pattern, so that the shell leaves it alone."
        | DataError.UnknownSet spec ->
            $"There is no set '{spec}'. Use glyphs, fashion-mnist, mnist, cifar10, webdataset:PATTERN, folder:PATH, voc:FOLDER, idx:FOLDER or cifar:FOLDER; rgb: before it gives grey images three channels."
        | DataError.WrongMagic (file, offset, found, expected) ->
            $"{file}, byte {offset}: found {found} where {expected} was expected; it is another kind of file, or damaged."
        | DataError.Truncated (file, offset, found, expected) ->
            $"{file}, byte {offset}: {found} bytes are there, {expected} are needed; the file is truncated. Fetch it again."
        | DataError.WrongCount (file, offset, found, expected, what) ->
            $"{file}, byte {offset}: {found} {what}, {expected} expected; the files do not belong together."
        | DataError.BadLabel (file, offset, found) ->
            $"{file}, byte {offset}: the label {found} is not a class."
        | DataError.EmptyArchive file -> $"{file}, byte 0: the archive holds no image."
        | DataError.BadHeader (file, offset, reason) ->
            $"{file}, byte {offset}: {reason}; the archive is damaged."
        | DataError.CorruptImage (file, offset, reason) ->
            $"{file}, byte {offset}: the image cannot be decoded ({reason}). Fetch it again, or leave it out with OnCorrupt = skip."
        | DataError.NoLabel (file, offset, entry) ->
            $"{file}, byte {offset}: {entry} has no label (.cls) beside it."
        | DataError.WrongChecksum (file, found, expected) ->
            $"{file}: MD5 {found} where {expected} is published; the download is damaged and was removed. Try again."
        | DataError.BadMark (file, line, found) ->
            $"{file}, line {line}: '{found}' is not the name of an image and 1, -1 or 0."
        | DataError.EmptyList file -> $"{file} names no image."
        | DataError.OtherImages (file, first) ->
            $"{file} does not name the images that {first} names, in the same order; the files do not belong together."
        | DataError.NamedAndMissing (list, place, image) ->
            $"{list} names as its image {place} {image}, which is not there. Fetch the images again, or leave it out of the lists of all classes."
        | DataError.UnknownClass (name, file) ->
            $"The class '{name}' is known to one part of the set only: {file} is missing. Add it, or remove the other file of the class."
        | DataError.NotFetched (url, reason) -> $"{url} could not be fetched: {reason}."

/// Data that cannot be read.
exception DataException of DataError with
    override this.Message = DataError.message this.Data0
