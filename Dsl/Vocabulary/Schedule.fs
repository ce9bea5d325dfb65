namespace Vantage

/// A number that changes over training, as data.
[<RequireQualifiedAccess>]
type Schedule =
    /// The same at every step.
    | Constant of float
    /// Half a cosine from the first value to the last.
    | Cosine of first: float * last: float
    /// The first value, multiplied by the factor at the start of each of these epochs, counted from where the schedule begins.
    | Steps of first: float * factor: float * epochs: int<epoch> list
    /// The first value times the cosine of an angle that grows evenly from 0 to this share of half a turn (FixMatch: 7/16).
    | Arc of first: float * share: float
    /// Linear from 0 over the first epochs, then the other schedule over what remains.
    | Warmup of int<epoch> * after: Schedule
    /// Linear from 0 over this share of the run, then the other schedule over what remains: the same shape for a run of any length.
    | WarmupShare of share: float * after: Schedule

/// Functions over schedules.
module Schedule =
    /// The value at a step, counted from 0, of a run of `total` steps with `perEpoch` steps an epoch.
    /// The convention is SimCLR's (google-research/simclr, model_util.py): during warm-up peak * step / warm, so step 0 has 0.
    let rec at perEpoch total step =
        function
        | Schedule.Constant value -> value
        | Schedule.Cosine (first, last) ->
            let share = if total <= 0 then 0.0 else float step / float total
            last + (first - last) * 0.5 * (1.0 + cos (System.Math.PI * min 1.0 share))
        | Schedule.Steps (first, factor, epochs) ->
            let passed = epochs |> List.filter (fun epoch -> step >= int epoch * perEpoch)
            first * factor ** float passed.Length
        | Schedule.Arc (first, share) ->
            let progress = if total <= 0 then 0.0 else float step / float total
            first * cos (System.Math.PI * share * min 1.0 progress)
        | Schedule.Warmup (epochs, after) -> warming (int epochs * perEpoch) perEpoch total step after
        | Schedule.WarmupShare (share, after) ->
            warming (int (round (share * float total))) perEpoch total step after

    and private warming warm perEpoch total step after =
        if step < warm then
            at perEpoch (total - warm) 0 after * float step / float warm
        else
            at perEpoch (total - warm) (step - warm) after

    /// Every number that the schedule names, for checks.
    let rec values =
        function
        | Schedule.Constant value -> [ value ]
        | Schedule.Cosine (first, last) -> [ first; last ]
        | Schedule.Steps (first, factor, epochs) -> [
            for passed in 0 .. epochs.Length -> first * factor ** float passed
          ]
        | Schedule.Arc (first, share) -> [ first; first * cos (System.Math.PI * share) ]
        | Schedule.Warmup (_, after)
        | Schedule.WarmupShare (_, after) -> values after

    /// Epochs of warm-up.
    let rec warmup =
        function
        | Schedule.Warmup (epochs, after) -> epochs + warmup after
        | Schedule.WarmupShare (_, after) -> warmup after
        | Schedule.Constant _
        | Schedule.Cosine _
        | Schedule.Steps _
        | Schedule.Arc _ -> 0<epoch>

    /// The share of the run that warms up, where it is given as a share.
    let rec warmupShare =
        function
        | Schedule.WarmupShare (share, after) -> share + warmupShare after
        | Schedule.Warmup (_, after) -> warmupShare after
        | Schedule.Constant _
        | Schedule.Cosine _
        | Schedule.Steps _
        | Schedule.Arc _ -> 0.0
