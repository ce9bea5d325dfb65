namespace Vantage

open System
open System.Security.Cryptography
open System.Text

/// Recipes as F# that reads back. Every value prints as the expression that makes it, so that
/// printing, compiling and evaluating gives an equal recipe; the fingerprint is taken of that text.
module Print =
    open Literal

    /// A distribution.
    let distribution = PrintView.distribution

    /// An augmentation.
    let augmentation = PrintView.augmentation

    /// A schedule.
    let rec schedule =
        function
        | Schedule.Constant x -> $"Schedule.Constant {number x}"
        | Schedule.Cosine (first, last) -> $"Schedule.Cosine ({number first}, {number last})"
        | Schedule.Steps (first, factor, epochs) ->
            let epochs = epochs |> List.map (int >> whole (nameof epoch))
            $"Schedule.Steps ({number first}, {number factor}, {list epochs})"
        | Schedule.Arc (first, share) -> $"Schedule.Arc ({number first}, {number share})"
        | Schedule.Warmup (epochs, after) ->
            $"Schedule.Warmup ({whole (nameof epoch) (int epochs)}, {schedule after})"
        | Schedule.WarmupShare (share, after) -> $"Schedule.WarmupShare ({number share}, {schedule after})"

    let private truth = PrintNetwork.truth

    /// A layer of a head.
    let layer = PrintNetwork.layer

    /// A head.
    let head = PrintNetwork.head

    /// An encoder.
    let encoder = PrintNetwork.encoder

    /// A finished run.
    let trained = PrintNetwork.trained

    let private predictorRate =
        function
        | PredictorRate.Same -> "PredictorRate.Same"
        | PredictorRate.Undecayed -> "PredictorRate.Undecayed"
        | PredictorRate.Times factor -> $"PredictorRate.Times {number factor}"

    let private prototypes p =
        $"{{ Count = {p.Count}; Frozen = {whole (nameof epoch) (int p.Frozen)}; Sets = {p.Sets} }}"

    /// A mechanism that keeps the representation from collapsing.
    let mechanism =
        function
        | Mechanism.Repel Negatives.InBatch -> "Mechanism.Repel Negatives.InBatch"
        | Mechanism.Repel (Negatives.Queue length) -> $"Mechanism.Repel (Negatives.Queue {length})"
        | Mechanism.Repel (Negatives.Bank (noise, momentum)) ->
            $"Mechanism.Repel (Negatives.Bank ({noise}, {number momentum}))"
        | Mechanism.Repel (Negatives.BankSum (noise, momentum)) ->
            $"Mechanism.Repel (Negatives.BankSum ({noise}, {number momentum}))"
        | Mechanism.StopGradient -> "Mechanism.StopGradient"
        | Mechanism.Predict (layers, rate) -> $"Mechanism.Predict ({head layers}, {predictorRate rate})"
        | Mechanism.MomentumTarget momentum -> $"Mechanism.MomentumTarget ({schedule momentum})"
        | Mechanism.Centre momentum -> $"Mechanism.Centre {number momentum}"
        | Mechanism.Sharpen temperature -> $"Mechanism.Sharpen {number temperature}"
        | Mechanism.Balance (epsilon, iterations) -> $"Mechanism.Balance ({number epsilon}, {iterations})"
        | Mechanism.BalanceOver (length, from) ->
            $"Mechanism.BalanceOver ({length}, {whole (nameof epoch) (int from)})"
        | Mechanism.Relabel (Labelling.KMeans iterations) ->
            $"Mechanism.Relabel (Labelling.KMeans {iterations})"
        | Mechanism.Relabel (Labelling.Transport (epsilon, iterations)) ->
            $"Mechanism.Relabel (Labelling.Transport ({number epsilon}, {iterations}))"
        | Mechanism.Decorrelate -> "Mechanism.Decorrelate"
        | Mechanism.KeepVariance -> "Mechanism.KeepVariance"
        | Mechanism.MatchPrior -> "Mechanism.MatchPrior"
        | Mechanism.KeepApart weight -> $"Mechanism.KeepApart {number weight}"
        | Mechanism.StayNear weight -> $"Mechanism.StayNear {number weight}"
        | Mechanism.MeanEntropy weight -> $"Mechanism.MeanEntropy {number weight}"
        | Mechanism.Whiten (size, epsilon) -> $"Mechanism.Whiten ({size}, {number epsilon})"

    let private unlabelled =
        function
        | Unlabelled.PseudoLabel (threshold, weight, ramp) ->
            $"Unlabelled.PseudoLabel ({number threshold}, {number weight}, {number ramp})"
        | Unlabelled.PseudoLabelByShare (threshold, weight, ramp) ->
            $"Unlabelled.PseudoLabelByShare ({number threshold}, {number weight}, {number ramp})"
        | Unlabelled.LeastEntropy weight -> $"Unlabelled.LeastEntropy {number weight}"
        | Unlabelled.Vat (epsilon, trial, weight, ramp) ->
            $"Unlabelled.Vat ({number epsilon}, {number trial}, {number weight}, {number ramp})"
        | Unlabelled.VatTurned (epsilon, trial, weight, ramp) ->
            $"Unlabelled.VatTurned ({number epsilon}, {number trial}, {number weight}, {number ramp})"
        | Unlabelled.Sharpened (temperature, confidence, weight) ->
            $"Unlabelled.Sharpened ({number temperature}, {number confidence}, {number weight})"
        | Unlabelled.Confident (threshold, weight) ->
            $"Unlabelled.Confident ({number threshold}, {number weight})"
        | Unlabelled.Distil (run, temperature, weight) ->
            $"Unlabelled.Distil ({trained run}, {number temperature}, {number weight})"
        | Unlabelled.Exemplar (width, weight) -> $"Unlabelled.Exemplar ({width}, {number weight})"
        | Unlabelled.Rotation weight -> $"Unlabelled.Rotation {number weight}"

    let private labelled =
        function
        | Labelled.All -> "Labelled.All"
        | Labelled.PerClass (count, batch) -> $"Labelled.PerClass ({count}, {batch})"

    let private restoration (r: Restoration) =
        let weights = $"Contrast = {number r.Contrast}; Pixels = {number r.Pixels}; Noise = {number r.Noise}"
        let decoder = $"Width = {r.Width}; Depth = {r.Depth}; Heads = {r.Heads}"
        $"{{ Share = {number r.Share}; Deviation = {number r.Deviation}; {weights}; {decoder} }}"

    /// An objective.
    let rec objective =
        function
        | Objective.NtXent t -> $"Objective.NtXent {number t}"
        | Objective.Decoupled (t, None) -> $"Objective.Decoupled ({number t}, None)"
        | Objective.Decoupled (t, Some sigma) -> $"Objective.Decoupled ({number t}, Some {number sigma})"
        | Objective.NtLogistic (t, mining) -> $"Objective.NtLogistic ({number t}, Mining.{mining})"
        | Objective.MarginTriplet (m, mining) -> $"Objective.MarginTriplet ({number m}, Mining.{mining})"
        | Objective.InfoNce (t, bothWays) -> $"Objective.InfoNce ({number t}, {truth bothWays})"
        | Objective.Regression -> "Objective.Regression"
        | Objective.NegativeCosine -> "Objective.NegativeCosine"
        | Objective.SwapCodes (t, p) -> $"Objective.SwapCodes ({number t}, {prototypes p})"
        | Objective.SelfDistill (t, p, None) -> $"Objective.SelfDistill ({number t}, {prototypes p}, None)"
        | Objective.SelfDistill (t, p, Some hidden) ->
            let share = PrintView.distribution hidden.Share
            let it =
                $"{{ Probability = {number hidden.Probability}; Share = {share}; Weight = {number hidden.Weight} }}"
            $"Objective.SelfDistill ({number t}, {prototypes p}, Some {it})"
        | Objective.BarlowTwins lambda -> $"Objective.BarlowTwins {number lambda}"
        | Objective.BarlowTwinsUnbiased lambda -> $"Objective.BarlowTwinsUnbiased {number lambda}"
        | Objective.VicReg (i, v, c) -> $"Objective.VicReg ({number i}, {number v}, {number c})"
        | Objective.Hypersphere (t, w) -> $"Objective.Hypersphere ({number t}, {number w})"
        | Objective.Sliced (prior, w) -> $"Objective.Sliced (Prior.{prior}, {number w})"
        | Objective.AlignSpread (t, w) -> $"Objective.AlignSpread ({number t}, {number w})"
        | Objective.LeJepa (w, directions) -> $"Objective.LeJepa ({number w}, {directions})"
        | Objective.Imax noise -> $"Objective.Imax {number noise}"
        | Objective.Classify (images, annealing, terms) ->
            $"Objective.Classify ({labelled images}, Annealing.{annealing}, {list (List.map unlabelled terms)})"
        | Objective.Raw inner -> $"Objective.Raw ({objective inner})"
        | Objective.BFloat16 inner -> $"Objective.BFloat16 ({objective inner})"
        | Objective.Scaled (factor, inner) -> $"Objective.Scaled ({number factor}, {objective inner})"
        | Objective.SupCon t -> $"Objective.SupCon {number t}"
        | Objective.PredictAhead a ->
            $"Objective.PredictAhead {{ First = {a.First}; Last = {a.Last}; Blocks = {a.Blocks}; Width = {a.Width}; Directions = {a.Directions} }}"
        | Objective.Restore (t, r) -> $"Objective.Restore ({number t}, {restoration r})"
        | Objective.RestoreNoised (t, r) -> $"Objective.RestoreNoised ({number t}, {restoration r})"
        | Objective.BiGan c ->
            $"Objective.BiGan {{ Width = {c.Width}; Hidden = {c.Hidden}; Blocks = {c.Blocks}; Single = {truth c.Single}; Steps = {c.Steps} }}"
        | Objective.LocalGlobal (clip, penalty) -> $"Objective.LocalGlobal ({number clip}, {number penalty})"

    let private decline =
        function
        | Decline.Cosine -> "Decline.Cosine"
        | Decline.Steps epochs -> $"Decline.Steps {list (List.map string epochs)}"

    let private share =
        function
        | LabelShare.Balanced percent -> $"LabelShare.Balanced {number percent}"
        | LabelShare.Random percent -> $"LabelShare.Random {number percent}"

    let private stepping =
        function
        | Stepping.Nesterov momentum -> $"Stepping.Nesterov {number momentum}"
        | Stepping.Lars momentum -> $"Stepping.Lars {number momentum}"

    let private transformation =
        function
        | Transformation.Grey -> "Transformation.Grey"
        | Transformation.Turned -> "Transformation.Turned"
        | Transformation.Noisy deviation -> $"Transformation.Noisy {number deviation}"
        | Transformation.Sobel -> "Transformation.Sobel"

    /// An evaluation protocol.
    let rec protocol =
        function
        | Protocol.Knn (neighbours, temperature) -> $"Protocol.Knn ({neighbours}, {number temperature})"
        | Protocol.Linear (decay, iterations) -> $"Protocol.Linear ({number decay}, {iterations})"
        | Protocol.LinearSweep (holdOut, iterations) ->
            $"Protocol.LinearSweep ({number holdOut}, {iterations})"
        | Protocol.LinearSgd s ->
            let choice = $"Rates = {list (List.map number s.Rates)}; HoldOut = {number s.HoldOut}"
            let steps = $"Decline = {decline s.Decline}; Batch = {s.Batch}; Epochs = {s.Epochs}"
            let nesterov = if s.Nesterov then "true" else "false"
            let momentum = $"Momentum = {number s.Momentum}; Nesterov = {nesterov}; Decay = {number s.Decay}"
            $"Protocol.LinearSgd {{ Name = {text s.Name}; {choice}; {steps}; {momentum} }}"
        | Protocol.LinearCrops (s, crop) ->
            let settings = (protocol (Protocol.LinearSgd s)).Replace("Protocol.LinearSgd ", "")
            $"Protocol.LinearCrops ({settings}, {number crop})"
        | Protocol.FineTune s ->
            let choice = $"Rates = {list (List.map number s.Rates)}; HoldOut = {number s.HoldOut}"
            let steps = $"Decline = {decline s.Decline}; Batch = {s.Batch}; Epochs = {s.Epochs}"
            let rule = $"Stepping = {stepping s.Stepping}; Decay = {number s.Decay}; Crop = {number s.Crop}"
            $"Protocol.FineTune {{ Name = {text s.Name}; Layers = {s.Layers}; {choice}; {steps}; {rule} }}"
        | Protocol.FewLabels (labels, inner) -> $"Protocol.FewLabels ({share labels}, {protocol inner})"
        | Protocol.PerClass inner -> $"Protocol.PerClass ({protocol inner})"
        | Protocol.MeanPrecision inner -> $"Protocol.MeanPrecision ({protocol inner})"
        | Protocol.Transfer (data, inner) -> $"Protocol.Transfer ({text data}, {protocol inner})"
        | Protocol.Seeds (count, inner) -> $"Protocol.Seeds ({count}, {protocol inner})"
        | Protocol.Corrupted (images, corruptions, inner) ->
            let names = corruptions |> List.map (fun c -> $"Corruption.{c}")
            $"Protocol.Corrupted ({images}, {list names}, {protocol inner})"
        | Protocol.Transformed (kind, images) -> $"Protocol.Transformed ({transformation kind}, {images})"
        | Protocol.Online rate -> $"Protocol.Online {number rate}"
        | Protocol.Classifier -> "Protocol.Classifier"

    let rec private rule =
        function
        | Rule.Sgd momentum -> $"Rule.Sgd {number momentum}"
        | Rule.Lars momentum -> $"Rule.Lars {number momentum}"
        | Rule.AdamW -> "Rule.AdamW"
        | Rule.Adam (first, second) -> $"Rule.Adam ({number first}, {number second})"
        | Rule.Lamb -> "Rule.Lamb"
        | Rule.Clipped (length, inner) -> $"Rule.Clipped ({number length}, {rule inner})"
        | Rule.Accumulated (pieces, inner) -> $"Rule.Accumulated ({pieces}, {rule inner})"

    let rec private passes =
        function
        | Passes.Together -> "Passes.Together"
        | Passes.EachView -> "Passes.EachView"
        | Passes.InPieces (pieces, inner) -> $"Passes.InPieces ({pieces}, {passes inner})"

    let private view =
        function
        | View.Global a -> $"View.Global ({augmentation a})"
        | View.Local a -> $"View.Local ({augmentation a})"

    /// The whole recipe: one field a line.
    let recipe (r: Recipe) =
        let rec precision =
            function
            | Precision.Float32 -> "Precision.Float32"
            | Precision.BFloat16 -> "Precision.BFloat16"
            | Precision.Laid (layout, inner) -> $"Precision.Laid (Layout.{layout}, {precision inner})"
        let corrupt =
            match r.OnCorrupt with
            | OnCorrupt.Stop -> "OnCorrupt.Stop"
            | OnCorrupt.Skip -> "OnCorrupt.Skip"
        String.Join (
            "\n",
            [|
                "{"
                $"    Name = {text r.Name}"
                $"    Source = {{ Paper = {text r.Source.Paper}; Where = {text r.Source.Where} }}"
                $"    Data = {text r.Data}"
                $"    OnCorrupt = {corrupt}"
                $"    Views = {list (List.map view r.Views)}"
                $"    Encoder = {encoder r.Encoder}"
                $"    Projector = {head r.Projector}"
                $"    Passes = {passes r.Passes}"
                $"    Avoid = {list (List.map mechanism r.Avoid)}"
                $"    Objective = {objective r.Objective}"
                "    Optimizer = {"
                $"        Rule = {rule r.Optimizer.Rule}"
                $"        Rate = {schedule r.Optimizer.Rate}"
                $"        Decay = {number r.Optimizer.Decay}"
                "    }"
                $"    Precision = {precision r.Precision}"
                $"    Batch = {r.Batch}"
                $"    Epochs = {whole (nameof epoch) (int r.Epochs)}"
                $"    Seed = {r.Seed}UL"
                $"    Evaluate = {list (List.map protocol r.Evaluate)}"
                "}"
                ""
            |]
        )

    /// SHA-256 of a printed recipe, in hexadecimal: the same on every machine and in every process.
    let digest (printed: string) =
        Encoding.UTF8.GetBytes printed |> SHA256.HashData |> Convert.ToHexStringLower

    /// The digest of the recipe's text.
    let fingerprint recipeValue = digest (recipe recipeValue)
