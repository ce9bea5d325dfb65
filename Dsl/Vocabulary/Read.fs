namespace Vantage

open System
open System.Globalization
open System.Text
open Microsoft.FSharp.Reflection

/// Why a text is not a recipe: what was found where, and what was looked for.
exception RecipeTextException of string with
    override this.Message = this.Data0

/// Printed recipes as values again, without a compiler: nothing in the text is executed. It reads what `Print.recipe` writes, led by the types of
/// the vocabulary, so that a new case of a union needs no line here. Law: a printed recipe reads back equal.
module Read =
    [<RequireQualifiedAccess>]
    type private Token =
        | Name of string
        | Number of string
        | Text of string
        | Sign of char

    let private fail text = raise (RecipeTextException text)

    let private isWord c = Char.IsLetterOrDigit c || c = '_' || c = '.'

    // A string from after its first quote; what stands in it and where it ends.
    let private quoted (text: string) start =
        let found = StringBuilder ()
        let rec go i =
            if i >= text.Length then
                fail $"a string that starts at character {start} has no end"
            else
                match text[i] with
                | '"' -> i + 1
                | '\\' when i + 5 < text.Length && text[i + 1] = 'u' ->
                    found.Append (char (Convert.ToInt32 (text.Substring (i + 2, 4), 16))) |> ignore
                    go (i + 6)
                | '\\' when i + 1 < text.Length ->
                    found.Append text[i + 1] |> ignore
                    go (i + 2)
                | c ->
                    found.Append c |> ignore
                    go (i + 1)
        let stop = go start
        found.ToString (), stop

    // A number with its unit or suffix, which the type it is read as knows already.
    let private numeral (text: string) start =
        let rec go i =
            if
                i < text.Length
                && (isWord text[i] || ((text[i] = '-' || text[i] = '+') && text[i - 1] = 'E'))
            then
                go (i + 1)
            else
                i
        let stop = go (start + 1)
        let after =
            if stop < text.Length && text[stop] = '<' then
                text.IndexOf ('>', stop) + 1
            else
                stop
        text.Substring(start, stop - start).Replace("UL", ""), max stop after

    let private tokens (text: string) =
        let rec go i found =
            if i >= text.Length then
                List.rev found
            else
                match text[i] with
                | c when Char.IsWhiteSpace c -> go (i + 1) found
                | '"' ->
                    let value, stop = quoted text (i + 1)
                    go stop (Token.Text value :: found)
                | c when Char.IsDigit c || c = '-' && i + 1 < text.Length && Char.IsDigit text[i + 1] ->
                    let value, stop = numeral text i
                    go stop (Token.Number value :: found)
                | c when Char.IsLetter c ->
                    let rec until j = if j < text.Length && isWord text[j] then until (j + 1) else j
                    let stop = until i
                    go stop (Token.Name (text.Substring (i, stop - i)) :: found)
                | c -> go (i + 1) (Token.Sign c :: found)
        go 0 []

    let private show (rest: Token list) =
        match List.tryHead rest with
        | None -> "the end"
        | Some (Token.Name it)
        | Some (Token.Number it) -> $"'{it}'"
        | Some (Token.Text it) -> $"\"{it}\""
        | Some (Token.Sign it) -> $"'{it}'"

    let private expect sign rest =
        match rest with
        | Token.Sign found :: after when found = sign -> after
        | _ -> fail $"{show rest} stands where '{sign}' is needed"

    let private number (kind: Type) (text: string) : objnull =
        let culture = CultureInfo.InvariantCulture
        let bad () = fail $"'{text}' is no {kind.Name} in range"
        if kind = typeof<float> then
            match Double.TryParse (text, NumberStyles.Float, culture) with
            | true, x -> box x
            | false, _ -> bad ()
        elif kind = typeof<int> then
            match Int32.TryParse (text, NumberStyles.AllowLeadingSign, culture) with
            | true, x -> box x
            | false, _ -> bad ()
        else
            match UInt64.TryParse (text, NumberStyles.None, culture) with
            | true, x -> box x
            | false, _ -> bad ()

    let private isList (t: Type) = t.IsGenericType && t.GetGenericTypeDefinition () = typedefof<list<_>>

    let private listOf (t: Type) (items: objnull list) =
        let cases = FSharpType.GetUnionCases t
        let empty = FSharpValue.MakeUnion (cases |> Array.find (fun c -> c.Name = "Empty"), [||])
        let cons = cases |> Array.find (fun c -> c.Name = "Cons")
        List.foldBack (fun item rest -> FSharpValue.MakeUnion (cons, [| item; rest |])) items empty

    // One value of a type, and the rest.
    let rec private value (t: Type) (rest: Token list) : objnull * Token list =
        match rest with
        | Token.Sign '(' :: after when not (FSharpType.IsTuple t) ->
            let inner, after = value t after
            inner, expect ')' after
        | Token.Name "infinity" :: after when t = typeof<float> -> box infinity, after
        | Token.Sign '-' :: Token.Name "infinity" :: after when t = typeof<float> -> box -infinity, after
        | Token.Name "nan" :: after when t = typeof<float> -> box nan, after
        | Token.Name ("true" | "false" as word) :: after when t = typeof<bool> -> box (word = "true"), after
        | Token.Text it :: after when t = typeof<string> -> box it, after
        | Token.Number it :: after when t = typeof<float> || t = typeof<int> || t = typeof<uint64> ->
            number t it, after
        | Token.Sign '[' :: after when isList t -> items (t.GetGenericArguments().[0]) (listOf t) [] after
        | Token.Sign '(' :: _ when FSharpType.IsTuple t ->
            let parts, after = several (FSharpType.GetTupleElements t |> Array.toList) rest
            FSharpValue.MakeTuple (parts, t), after
        | Token.Sign '{' :: after when FSharpType.IsRecord t -> record t after
        | Token.Name name :: after when FSharpType.IsUnion t && not (isList t) -> case t name after
        | _ -> fail $"{show rest} stands where a {t.Name} is needed"

    and private items kind finish found rest =
        match rest with
        | Token.Sign ']' :: after -> finish (List.rev found), after
        | Token.Sign ';' :: after -> items kind finish found after
        | _ ->
            let item, after = value kind rest
            items kind finish (item :: found) after

    // Values in parentheses with commas between.
    and private several (kinds: Type list) rest =
        let rec go found kinds rest =
            match kinds with
            | [] -> List.rev found, expect ')' rest
            | kind :: others ->
                let item, after = value kind (if List.isEmpty found then rest else expect ',' rest)
                go (item :: found) others after
        let parts, after = go [] kinds (expect '(' rest)
        List.toArray parts, after

    and private record t rest =
        let fields = FSharpType.GetRecordFields t
        let rec go (found: Map<string, objnull>) rest =
            match rest with
            | Token.Sign '}' :: after ->
                match fields |> Array.tryFind (fun f -> not (found.ContainsKey f.Name)) with
                | Some missing -> fail $"a {t.Name} lacks {missing.Name}"
                | None -> FSharpValue.MakeRecord (t, fields |> Array.map (fun f -> found[f.Name])), after
            | Token.Sign ';' :: after -> go found after
            | Token.Name name :: after ->
                match fields |> Array.tryFind (fun f -> f.Name = name) with
                | None -> fail $"a {t.Name} has no field {name}: the text is of another version"
                | Some field ->
                    let item, after = value field.PropertyType (expect '=' after)
                    go (found.Add (name, item)) after
            | _ -> fail $"{show rest} stands where a field of {t.Name} is needed"
        go Map.empty rest

    and private case t (name: string) rest =
        let last = name.Substring (name.LastIndexOf '.' + 1)
        match FSharpType.GetUnionCases t |> Array.tryFind (fun c -> c.Name = last) with
        | None -> fail $"{name} is no case of {t.Name}: the text is of another version"
        | Some found ->
            match found.GetFields () with
            | [||] -> FSharpValue.MakeUnion (found, [||]), rest
            | [| one |] ->
                let item, after = value one.PropertyType rest
                FSharpValue.MakeUnion (found, [| item |]), after
            | fields ->
                let parts, after = several (fields |> Array.map _.PropertyType |> Array.toList) rest
                FSharpValue.MakeUnion (found, parts), after

    /// The recipe that `Print.recipe` wrote. Raises RecipeTextException where the text is none of this version.
    let recipe (text: string) : Recipe =
        match value typeof<Recipe> (tokens text) with
        | (:? Recipe as found), [] -> found
        | _, rest -> fail $"{show rest} follows the recipe, which should be the end"
