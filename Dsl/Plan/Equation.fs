namespace Vantage

/// The formula of an objective as text. u and v are embeddings of views of one image, divided by their lengths unless said otherwise; t is the temperature, means go over the batch.
module Equation =
    let private prototypes (p: Prototypes) =
        if p.Sets = 1 then
            $"{p.Count} unit prototypes"
        else
            $"{p.Count} unit prototypes in each of {p.Sets} sets, the mean over sets"

    let private term =
        function
        | Unlabelled.PseudoLabel (threshold, weight, _) ->
            $"+ {weight} mean [ max p ≥ {threshold} ] CE(argmax p, p)         p = softmax of the logits"
        | Unlabelled.PseudoLabelByShare (threshold, weight, _) ->
            $"+ {weight} mean [ max p ≥ {threshold} ] · mean CE(argmax p, p)         p = softmax of the logits"
        | Unlabelled.LeastEntropy weight -> $"+ {weight} mean H(p)"
        | Unlabelled.Vat (epsilon, _, weight, _) ->
            $"+ {weight} mean KL(p(x) ‖ p(x + r))         r: the step of length {epsilon} that changes p most"
        | Unlabelled.VatTurned (epsilon, _, weight, _) ->
            $"+ {weight} mean KL(p(x + r) ‖ p(x))         r: the step of length {epsilon} that changes p most"
        | Unlabelled.Sharpened (temperature, confidence, weight) ->
            $"+ {weight} mean [ max p ≥ {confidence} ] KL(sharp p ‖ p′)         sharp p = softmax(logits / {temperature}), p′ of the last view"
        | Unlabelled.Confident (threshold, weight) ->
            $"+ {weight} mean [ max p ≥ {threshold} ] CE(argmax p, p′)         p′ of the last view"
        | Unlabelled.Distil (_, temperature, weight) ->
            $"+ {weight} mean CE(softmax(teacher's logits / {temperature}), softmax(logits / {temperature}))"
        | Unlabelled.Exemplar (_, weight) ->
            $"+ {weight} mean log(1 + exp(max |e − e⁺| − min |e − e⁻|))         e: what a second head makes of each view"
        | Unlabelled.Rotation weight -> $"+ {weight} mean CE(turn, which of 4 turns)"

    let private steps =
        function
        | 1 -> ""
        | several -> $" at every {several}th step"

    /// The lines of an objective's formula.
    let rec lines =
        function
        | Objective.NtXent t -> [
            "L = mean over 2N views of −u·v/t + log Σ exp(u·k/t)"
            $"k: the 2N − 1 other views; t = {t}"
          ]
        | Objective.Decoupled (t, None) -> [
            "L = mean over 2N views of −u·v/t + log Σ exp(u·k/t)"
            $"k: the 2N − 2 views of other images; t = {t}"
          ]
        | Objective.Decoupled (t, Some sigma) -> [
            "L = mean over 2N views of −w u·v/t + log Σ exp(u·k/t)"
            $"k: the 2N − 2 views of other images; w = 2 − N softmax(u·v/{sigma}) over pairs; t = {t}"
          ]
        | Objective.NtLogistic (t, mining) -> [
            "L = mean softplus(−u·v/t) + mean softplus(u·k/t)"
            match mining with
            | Mining.All -> $"k: all views of other images; t = {t}"
            | Mining.SemiHard ->
                $"k: the view of another image most like u among those less like it than v; t = {t}"
          ]
        | Objective.MarginTriplet (margin, mining) -> [
            $"L = mean max(0, u·k − u·v + {margin})"
            match mining with
            | Mining.All -> "k: all views of other images"
            | Mining.SemiHard -> "k: the view of another image most like u among those less like it than v"
          ]
        | Objective.InfoNce (t, bothWays) -> [
            "L = mean −u·v/t + log Σ exp(u·k/t)         v, k without gradient"
            (if bothWays then
                 $"times 2t, both orders of the views added up; t = {t}"
             else
                 $"k: v and the negatives; t = {t}")
          ]
        | Objective.Regression -> [
            "L = mean ‖u − v‖² = mean (2 − 2 u·v), both orders of the views added up"
          ]
        | Objective.NegativeCosine -> [ "L = −mean u·v, the mean of both orders of the views" ]
        | Objective.SwapCodes (t, p) -> [
            "L = −mean Σₖ qₖ(v) log softmaxₖ(C u/t), the mean over pairs of views"
            $"C: {prototypes p}; q: codes of the other view, without gradient; t = {t}"
          ]
        | Objective.SelfDistill (t, p, hidden) -> [
            "L = −mean Σₖ softmaxₖ((C′v − c)/t′) log softmaxₖ(C u/t), the mean over pairs of views"
            $"C, C′: {prototypes p} of the network and of its target; c: centre; t = {t}"
            match hidden with
            | Some h -> $"+ {h.Weight} times the same for patches that u's network did not see"
            | None -> ()
          ]
        | Objective.BarlowTwins lambda -> [
            $"L = Σᵢ (1 − Cᵢᵢ)² + {lambda} Σᵢ≠ⱼ Cᵢⱼ²"
            "C: the correlations of the values of one view with those of the other over the batch"
          ]
        | Objective.BarlowTwinsUnbiased lambda ->
            lines (Objective.BarlowTwins lambda)
            @ [ "values divided by their unbiased deviation: C ends at (N − 1) / N" ]
        | Objective.VicReg (i, v, c) -> [
            $"L = {i} mean (z − z′)² + {v} mean max(0, 1 − √(var + 1e-4)) + {c} Σᵢ≠ⱼ covᵢⱼ² / d"
            "var, cov: of each view's values over the batch; embeddings are not divided by their lengths"
          ]
        | Objective.Hypersphere (sharpness, weight) -> [
            $"L = mean ‖u − v‖² + {weight} log mean exp(−{sharpness} ‖u − k‖²)"
            "k: the same view of other images; the second term is the mean of both views'"
          ]
        | Objective.Sliced (prior, weight) -> [
            $"L = ½ mean (z − z′)² + {weight} SWD(all views' embeddings, samples of the prior)"
            $"prior: {prior}; SWD: mean squared difference of sorted values along random directions at right angles"
          ]
        | Objective.AlignSpread (t, weight) -> [
            $"L = ½ mean (u − v)² + {weight} mean log mean exp(u·k/t)"
            $"k: all 2N views; t = {t}"
          ]
        | Objective.LeJepa (weight, directions) -> [
            $"L = {1.0 - weight} mean (z − z̄)² + {weight} mean SIGReg(z)         z̄: the mean of the global views"
            $"SIGReg: how far values along {directions} random directions are from normal ones, by their characteristic function"
          ]
        | Objective.Imax noise -> [
            "L = −½ log( det cov(z + z′) / det cov(z − z′) )"
            $"{noise} is added to the diagonals of both covariances"
          ]
        | Objective.Raw inner ->
            lines inner @ [ "on dot products: embeddings are not divided by their lengths" ]
        | Objective.BFloat16 inner ->
            lines inner @ [ "products of embeddings rounded to bfloat16, sums of float32" ]
        | Objective.Scaled (factor, inner) -> lines inner @ [ $"times {factor}" ]
        | Objective.Classify (labelled, _, terms) -> [
            match labelled with
            | Labelled.All -> "L = mean CE(label, logits)"
            | Labelled.PerClass (count, batch) ->
                $"L = mean CE(label, logits) over {batch} labelled images a step, {count} of each class"
            yield! List.map term terms
          ]
        | Objective.PredictAhead ahead -> [
            "L = Σ over rows of mean −p·z + log Σ exp(p·k)"
            $"p: what a patch's context predicts {ahead.First} to {ahead.Last} rows further; z: what is there; k: all patches of the batch"
          ]
        | Objective.LocalGlobal (clip, penalty) -> [
            "L = Σ over three pairs of scales of mean −s⁺ + log(exp s⁺ + Σ exp s⁻)"
            $"s = {clip} tanh(f·g / (√d {clip})); s⁻: places of other images; + {penalty} mean (f·g / √d)²"
          ]
        | Objective.Restore (t, r) -> [
            $"L = {r.Contrast} NT-Xent(t = {t}) + {r.Pixels} mean over hidden (x − x̂)² + {r.Noise} mean over seen (e − ê)²"
            "x̂, ê: what the decoder tells of values and noise"
          ]
        | Objective.RestoreNoised (t, r) ->
            lines (Objective.Restore (t, r)) @ [ "x: values with the noise e on them" ]
        | Objective.BiGan c -> [
            "L = mean max(0, 1 − s(x, E(x))) + mean max(0, 1 + s(G(z), z)), which discriminators lower"
            $"E and G lower mean s(x, E(x)) − mean s(G(z), z){steps c.Steps}; z ~ N(0, I), E(x): drawn by a mean and a deviation"
            if c.Single then
                "s: a score of the pair, one of the image and one of the code, each with a hinge of its own"
            else
                "s: a score of the pair"
          ]
        | Objective.SupCon t -> [
            "L = −mean over 2N views of mean over v of log( exp(u·v/t) / Σ exp(u·k/t) )"
            $"v: all views of the same class; k: the 2N − 1 other views; t = {t}"
          ]
