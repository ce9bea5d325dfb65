namespace Vantage

open Argu

/// The options of `./research catalogue`.
type CatalogueOptions =
    | Data of set: string
    | Minutes of minutes: float
    | Seeds of count: int
    | Recipes of names: string
    | Out of folder: string
    | Record of file: string
    | Abreast of runs: int

    interface IArgParserTemplate with
        member this.Usage =
            match this with
            | Data _ -> "the set that all recipes train on; fashion-mnist if not given."
            | Minutes _ ->
                "training time of each run, in minutes of all cores of this machine, in whole epochs and at least one; 5 if not given."
            | Seeds _ ->
                "runs of each recipe, with seeds from 0; 3 if not given. Every recipe is run with one seed before any is with the next."
            | Recipes _ ->
                "names with commas between; all of Recipes/ that start from no other run if not given."
            | Out _ -> "where the runs' folders go; runs/catalogue-DATA if not given."
            | Record _ ->
                "a file of JSON lines, one a finished run; OUT/runs.jsonl if not given. What stands there is not run again; the table is written beside it as .md."
            | Abreast _ -> Abreast.usage
