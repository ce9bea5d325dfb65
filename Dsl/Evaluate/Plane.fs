namespace Vantage

open TorchSharp

/// Settings of t-SNE (van der Maaten and Hinton 2008, "Visualizing data using t-SNE"), exact: every pair of points.
type Tsne = {
    /// About how many neighbours each point has.
    Perplexity: float
    Iterations: int
    /// Joint probabilities are multiplied by this for the first third of the iterations, so that clusters form early (section 3.4).
    Exaggeration: float
}

/// Features in two dimensions, to be looked at. Each function takes features n x d and gives n x 2.
module Plane =
    let private number = Scope.number

    /// The coordinates along the two directions of largest variance. A direction's largest entry is positive, so that no picture is mirrored by chance.
    let pca (z: torch.Tensor) =
        Scope.returning (fun () ->
            let z = z.to_type torch.float64
            let centred = z - z.mean ([| 0L |], true)
            let struct (_, _, directions) = torch.linalg.svd (centred, false)
            let two = directions.narrow (0L, 0L, min 2L directions.shape[0])
            let largest = two.abs().argmax(1L, true)
            let signed = two * two.gather(1L, largest).sign()
            let found = centred.mm (signed.t ())
            if found.shape[1] = 2L then
                found
            else
                torch.cat ([| found; torch.zeros_like found |], 1L))

    /// Without t-SNE's own diagonal: a point is no neighbour of itself.
    let private offDiagonal (x: torch.Tensor) =
        let n = x.shape[0]
        torch.ones (n, n, dtype = x.dtype) - torch.eye (n, dtype = x.dtype)

    let private squaredDistances (x: torch.Tensor) =
        let squares = x.pow(number 2.0).sum([| 1L |], true)
        (squares + squares.t () - x.mm (x.t ()) * number 2.0).clamp_min(number 0.0)

    /// p of j given i (equation 1), n x n in double: a Gaussian about each point whose width gives its distribution of neighbours this perplexity, exp of its entropy in nats.
    let neighbourhoods (perplexity: float) (x: torch.Tensor) =
        let n = x.shape[0]
        if not (perplexity >= 1.0 && perplexity < float (n - 1L)) then
            raise (
                EvaluationException
                    $"a perplexity of {perplexity} for {n} points: it must be from 1 to below {n - 1L}, the number of the others. Use fewer neighbours, or more images."
            )
        Scope.returning (fun () ->
            let d = squaredDistances (x.to_type torch.float64)
            let others = offDiagonal d
            // In units of their mean, and less the nearest one's: no scale of features makes an exponential vanish for all.
            let d = d / (d.mean () + number 1e-300)
            let nearest = (d + (others.neg () + number 1.0) * number 1e300).amin([| 1L |], true)
            let d = (d - nearest) * others
            let target = log perplexity
            let low, high = torch.zeros_like nearest, torch.full_like (nearest, number infinity)
            let beta = torch.ones_like nearest
            for _ in 1..60 do
                Scope.scoped (fun () ->
                    let weights = (beta.neg () * d).exp() * others
                    let sum = weights.sum ([| 1L |], true)
                    let entropy = sum.log () + beta * (weights * d).sum([| 1L |], true) / sum
                    let wide = entropy.gt (number target)
                    low.copy_ (torch.where (wide, beta, low)) |> ignore
                    high.copy_ (torch.where (wide, high, beta)) |> ignore
                    let middle = (low + high) / number 2.0
                    beta.copy_ (torch.where (high.isinf (), beta * number 2.0, middle)) |> ignore)
            let weights = (beta.neg () * d).exp() * others
            weights / weights.sum ([| 1L |], true))

    /// Joint probabilities: (p of j given i + p of i given j) / 2n (section 3.1).
    let joint perplexity (x: torch.Tensor) =
        Scope.returning (fun () ->
            let p = neighbourhoods perplexity x
            (p + p.t ()) / number (2.0 * float x.shape[0]))

    // Student's t between points of the plane, and its share of the sum.
    let private spread (y: torch.Tensor) =
        let near = (squaredDistances y + number 1.0).reciprocal() * offDiagonal y
        near, near / near.sum ()

    /// The Kullback-Leibler divergence of the plane's probabilities from the joint ones (equation 2 with q of section 3.3).
    let cost (p: torch.Tensor) (y: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let _, q = spread y
        let tiny = number 1e-300
        (p * ((p + tiny).log() - (q + tiny).log())).sum().item<float>()

    /// The gradient of `cost` by y, n x 2 (equation 5): 4 x sum over j of (p - q) (y_i - y_j) / (1 + |y_i - y_j|^2).
    let gradient (p: torch.Tensor) (y: torch.Tensor) =
        Scope.returning (fun () ->
            let near, q = spread y
            let pull = (p - q) * near
            (pull.sum ([| 1L |], true) * y - pull.mm y) * number 4.0)

    /// The published perplexity, and lengths that a thousand points settle in.
    let settings = { Perplexity = 30.0; Iterations = 750; Exaggeration = 12.0 }

    /// t-SNE from the principal components, by gradient descent with momentum 0.5, then 0.8, and a gain of its own for each coordinate (section 3.4): the same features give the
    /// same picture. Memory is that of some n x n matrices; meant for up to 2,000 points.
    let tsne (settings: Tsne) (x: torch.Tensor) =
        use _ = torch.no_grad ()
        Scope.returning (fun () ->
            let p = (joint settings.Perplexity x).to_type torch.float32
            let start = pca x
            let y = (start / (start.std () + number 1e-300) * number 1e-4).to_type torch.float32
            let velocity, gains = torch.zeros_like y, torch.ones_like y
            let early = settings.Iterations / 3
            // The rate of Belkina et al. 2019, n over the exaggeration, with scikit-learn's quarter and lower bound.
            let rate = max (float x.shape[0] / settings.Exaggeration / 4.0) 50.0
            for i in 0 .. settings.Iterations - 1 do
                Scope.scoped (fun () ->
                    let exaggeration = if i < early then settings.Exaggeration else 1.0
                    let momentum = if i < early then 0.5 else 0.8
                    let slope = gradient (p * number exaggeration) y
                    let along = (slope * velocity).gt(number 0.0)
                    // Moved against the slope: it goes on the same way.
                    let next = torch.where (along, gains * number 0.8, gains + number 0.2)
                    gains.copy_ (next.clamp_ (number 0.01)) |> ignore
                    velocity.mul_(number momentum).sub_(gains * slope * number rate) |> ignore
                    y.add_ velocity |> ignore
                    y.sub_ (y.mean ([| 0L |], true)) |> ignore)
                Scope.settle ()
            y.to_type torch.float64)

    /// Coordinates as pairs.
    let points (y: torch.Tensor) =
        let all = y.to_type(torch.float64).contiguous().data<float>().ToArray()
        Array.init (int y.shape[0]) (fun i -> all[2 * i], all[2 * i + 1])
