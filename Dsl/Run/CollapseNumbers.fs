namespace Vantage

open System
open TorchSharp
open Vantage.Kernels

/// What an objective under its mechanisms makes of collapsed and of spread embeddings: 64 images of 8 values, two views that agree but for a thousandth.
type CollapseNumbers = {
    /// The loss when all images have one embedding; with prototypes, the least of one that sits on a prototype and one that is as near to all.
    Constant: float
    /// The loss when embeddings lie on one line.
    OneDimension: float
    /// The loss when embeddings fill all dimensions evenly; with prototypes, when each image sits on one of them.
    Spread: float
    /// The length of the gradient at one embedding for all views of all images, of all embeddings together; with prototypes, at the constant that costs less.
    Gradient: float
    /// How much further apart images are, in their deviation, after a short step down the gradient from nearly equal embeddings; 0 where nothing moves them.
    Apart: float
}

/// The numbers behind the findings of `Collapse`, by the very loss that training uses.
module CollapseNumbers =
    let private images, width = 64, 8

    // Queues that the images fill in a few steps, noise that a small bank can give: the length changes the numbers, not their order.
    let private small =
        function
        | Mechanism.Repel (Negatives.Queue _) -> Mechanism.Repel (Negatives.Queue (4 * images))
        | Mechanism.BalanceOver _ -> Mechanism.BalanceOver (4 * images, 0<epoch>)
        | Mechanism.Repel (Negatives.Bank (noise, momentum)) ->
            Mechanism.Repel (Negatives.Bank (min noise 32, momentum))
        | Mechanism.Repel (Negatives.BankSum (noise, momentum)) ->
            Mechanism.Repel (Negatives.BankSum (min noise 32, momentum))
        | Mechanism.Whiten (_, epsilon) -> Mechanism.Whiten (images, max 1e-3 epsilon)
        | other -> other

    let private normal (index: int) =
        let u = float (Philox.Uniform (17UL, 0, int64 index, 0, 0))
        let v = float (Philox.Uniform (17UL, 0, int64 index, 0, 1))
        sqrt (-2.0 * log (1.0 - u)) * cos (2.0 * Math.PI * v)

    let private rows (f: int -> int -> float) =
        torch
            .tensor(Array.init (images * width) (fun i -> float32 (f (i / width) (i % width))))
            .view(int64 images, int64 width)

    // Centred columns of deviation 1 without correlation.
    let private even () =
        let x = rows (fun i j -> normal (i * width + j))
        let struct (q, _) = torch.linalg.qr (x - x.mean ([| 0L |], true))
        q * Scope.number (sqrt (float (images - 1)))

    // Prototypes, or classes.
    let private count =
        function
        | Objective.Classify _ -> Some width
        | objective -> Objective.prototypes objective |> Option.map (fun _ -> width)

    // As many prototypes as values, at right angles.
    let private shrunk objective =
        match objective with
        | Objective.Classify (Labelled.PerClass _, annealing, terms) ->
            Objective.Classify (Labelled.PerClass (1, images / 2), annealing, terms)
        | Objective.SwapCodes (t, p) -> Objective.SwapCodes (t, { p with Count = width; Sets = 1 })
        | Objective.SelfDistill (t, p, _) ->
            Objective.SelfDistill (t, { p with Count = width; Sets = 1 }, None)
        | other -> other

    let private stops objective avoid =
        Objective.stopsTargets objective
        || List.contains Mechanism.StopGradient avoid
        || (Mechanism.momentum avoid).IsSome

    // The loss and its gradient at these embeddings of both views, when all that the mechanisms remember has come to rest there.
    let private at objective avoid (a: torch.Tensor) (b: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let objective, avoid = shrunk objective, List.map small avoid
        let criterion = Criterion (objective, avoid, width, 1, 2, images, torch.CPU, 3UL, torch.float32)
        let x, y = a.detach().requires_grad_ true, b.detach().requires_grad_ true
        let prototypes = Objective.prototypes objective |> Option.map (fun _ -> torch.eye (int64 width))
        let targets = if stops objective avoid then [ x.detach (); y.detach () ] else [ x; y ]
        let branches step =
            Branches.alone objective step (prototypes |> Option.map (fun p -> p, p)) [ x; y ] targets
        let steps = if criterion.State.IsEmpty then 0 else 60 // until a queue is full and a centre has arrived
        let mutable last = nan
        for step in 0..steps do
            use _ = torch.NewDisposeScope ()
            let loss, remember = criterion.Loss (branches step, step)
            if step = steps then
                loss.backward ()
            last <- float (loss.item<float32>())
            use _ = torch.no_grad ()
            remember ()
        let slope (leaf: torch.Tensor) =
            match Option.ofObj leaf.grad with
            | Some gradient -> gradient.MoveToOuterDisposeScope ()
            | None -> (torch.zeros_like leaf).MoveToOuterDisposeScope()
        for _, tensor in criterion.State do
            tensor.Dispose ()
        last, slope x, slope y

    let private deviation (z: torch.Tensor) = float (z.std(0L).mean().item<float32>())

    // On a prototype and as near to all, where there are any; else somewhere.
    let private constants objective =
        match count objective with
        | Some _ -> [ rows (fun _ j -> if j = 0 then 1.0 else 0.0); rows (fun _ _ -> 1.0) ]
        | None -> [ rows (fun _ j -> if j = 0 then 1.0 else 0.3 * float j) ]

    // One run of `apartAfter`.
    let private followed steps noise objective avoid (start: torch.Tensor) =
        use _ = torch.NewDisposeScope ()
        let objective, avoid = shrunk objective, List.map small avoid
        let criterion = Criterion (objective, avoid, width, 1, 2, images, torch.CPU, 3UL, torch.float32)
        let apart = rows (fun i j -> noise * normal (10_000 + i * width + j))
        let z = (start + apart).detach().requires_grad_ true
        let target = z.detach().clone()
        let momentum =
            Mechanism.momentum avoid
            |> Option.map (fun schedule -> List.head (Schedule.values schedule))
        let prototypes = Objective.prototypes objective |> Option.map (fun _ -> torch.eye (int64 width))
        for step in 0 .. steps - 1 do
            use _ = torch.NewDisposeScope ()
            let sought =
                match momentum with
                | Some _ -> target
                | None -> if stops objective avoid then z.detach () else z
            let branches =
                Branches.alone objective step (prototypes |> Option.map (fun p -> p, p)) [ z; z ] [
                    sought
                    sought
                ]
            let loss, remember = criterion.Loss (branches, step)
            loss.backward ()
            use _ = torch.no_grad ()
            match Option.ofObj z.grad with
            | Some gradient ->
                z.sub_ (gradient * Scope.number (0.05 * float images)) |> ignore
                gradient.zero_ () |> ignore
            | None -> ()
            momentum
            |> Option.iter (fun m -> target.mul_(Scope.number m).add_(z * Scope.number (1.0 - m)) |> ignore)
            remember ()
        for _, tensor in criterion.State do
            tensor.Dispose ()
        deviation (z.detach () |> Torch.UnitRows.Of)

    /// How far images are apart, in the mean deviation of their directions, after so many steps down the gradient from embeddings that are one but for noise of this deviation, while
    /// the mechanisms go on: target, queue, bank, centre and labels follow. A predictor counts as one that changes nothing, prototypes stand still; with prototypes the largest of
    /// two such starts, on one of them and as near to all. From no noise, 0 says that one embedding for all is a fixed point of training.
    let apartAfter steps noise objective avoid =
        use _ = torch.NewDisposeScope ()
        constants objective
        |> List.map (followed steps noise objective avoid)
        |> List.max

    /// The numbers of an objective under these mechanisms. A predictor counts as one that changes nothing.
    let measure objective avoid =
        use _ = torch.NewDisposeScope ()
        let constants = constants objective
        let line = rows (fun i _ -> if i % 2 = 0 then 1.0 else -1.0)
        let spread =
            match count objective with
            | Some k ->
                rows (fun i j -> (if i % k = j then 1.0 else 0.0) + 0.01 * normal (30_000 + i * width + j))
            | None -> even ()
        let small = rows (fun i j -> 1e-3 * normal (20_000 + i * width + j))
        let agreeing z = at objective avoid z (z + small)
        let loss z =
            let value, _, _ = agreeing z
            value
        let constant = constants |> List.minBy loss
        let value = loss constant
        let _, da, db = at objective avoid constant constant
        let noise = rows (fun i j -> 0.01 * normal (10_000 + i * width + j))
        let near = constant + noise
        let _, slope, _ = at objective avoid near near
        let length = float (slope.norm().item<float32>())
        let moved =
            if length > 1e-7 then
                near
                - slope * Scope.number (0.01 * float (noise.norm().item<float32>()) / length)
            else
                near
        {
            Constant = value
            OneDimension = loss line
            Spread = loss spread
            Gradient = sqrt (float ((da.square().sum() + db.square().sum()).item<float32>()))
            Apart = deviation moved / deviation near - 1.0
        }
