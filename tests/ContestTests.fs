/// BigBiGAN's parts: discriminators of bounded slope, a generator of standardized pixels, and who learns from which loss.
module Vantage.Tests.ContestTests

open Expecto
open FsCheck
open TorchSharp
open Vantage
open Vantage.Kernels

let private number (t: torch.Tensor) = t.to_type(torch.float64).item<float>()

let private recipe = Strategies.named "BigBiGAN"

let private trainer recipe =
    Train.prepare (ViewEngine.Best ()) torch.CPU recipe (Generators.patterns "contest" 64 1 18 8)

let private batch (trainer: Trainer) step : Batch =
    let order = Array.init trainer.Recipe.Batch id
    let values = Array.zeroCreate<float32>(Array.last (Views.offsets trainer.Viewer order.Length))
    Views.render trainer.Viewer 0 order (Array.map trainer.Split.Read order) 1 values
    { Step = step; Epoch = 0; Indices = order; Values = values }

let private isJudge (name: string) = name.StartsWith "judges."

// Names of weights that have a gradient other than 0.
let private reached (trainer: Trainer) (loss: torch.Tensor) =
    trainer.Optimizer.ZeroGrad ()
    loss.backward ()
    trainer.Network.Weights.Parameters
    |> List.filter (fun (_, t) ->
        match Option.ofObj t.grad with
        | Some g -> number (g.abs().max()) > 0.0
        | None -> false)

[<Tests>]
let tests =
    testList "Contest" [
        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 20 }
            "the largest singular value of a discriminator's matrix is 1, and its gradient is the slope"
            (fun (PositiveInt a) (PositiveInt b) (seed: uint16) ->
                use _ = torch.NewDisposeScope ()
                let rows, columns = 2L + int64 (a % 7), 1L + int64 (b % 9)
                use g = new torch.Generator (uint64 seed, torch.CPU)
                let draw () = torch.randn ([| rows; columns |], dtype = torch.float64, generator = g)
                let weight, into, along = (draw ()).requires_grad_ true, draw (), draw ()
                let found = Judges.normalized weight
                let largest = (torch.linalg.svdvals (found.detach ())).max()
                // Ten digits of an eigenvalue decomposition in double precision.
                Expect.isLessThan (abs (number largest - 1.0)) 1e-9 "largest singular value"
                (found * into).sum().backward()
                let said = number ((nonNull weight.grad * along).sum())
                let at sign =
                    let moved = weight.detach () + along * Scope.number (sign * 1e-6)
                    number ((Judges.normalized moved * into).sum())
                // Central differences of 1e-6: rounding 1e-9; curvature grows where two singular values meet, which random matrices keep apart.
                let slope = (at 1.0 - at -1.0) / 2e-6
                Expect.isLessThan (abs (said - slope)) (1e-4 * (1.0 + abs slope)) "slope")
        test
            "the discriminators' loss teaches discriminators only, that of the judged encoder and generator only" {
            use _ = torch.NewDisposeScope ()
            let trainer = trainer recipe
            let scores () = (snd (Trainer.branches trainer (batch trainer 0))).Scores.Head
            let judges, others = trainer.Network.Weights.Parameters |> List.partition (fst >> isJudge)
            let matrices own = own |> List.filter (fun (_, t: torch.Tensor) -> t.dim () > 1L) |> List.map fst
            let judging = reached trainer (Torch.Adversarial.Loss ((scores ()).Judging.Value))
            Expect.all judging (fst >> isJudge) "judges"
            Expect.containsAll (List.map fst judging) (matrices judges) "all of them"
            let judged = reached trainer (Torch.Adversarial.Judged ((scores ()).Judged.Value))
            Expect.all judged (fst >> isJudge >> not) "those who are judged"
            Expect.containsAll (List.map fst judged) (matrices others) "all of them"
        }
        test "the loss of both together gives each its own gradient, and its value is the discriminators'" {
            use _ = torch.NewDisposeScope ()
            let trainer = trainer recipe
            let gradients (loss: Scores -> torch.Tensor) =
                let _, branches = Trainer.branches trainer (batch trainer 0)
                trainer.Optimizer.ZeroGrad ()
                let loss = loss branches.Scores.Head
                loss.backward ()
                number loss,
                trainer.Network.Weights.Parameters
                |> List.map (fun (name, t) -> name, (Option.ofObj t.grad |> Option.map _.clone()))
            let value, both = gradients (fun s -> PlaceLoss.contested [ s ])
            let hinge, judging = gradients (fun s -> Torch.Adversarial.Loss s.Judging.Value)
            let _, judged = gradients (fun s -> Torch.Adversarial.Judged s.Judged.Value)
            Expect.equal value hinge "value"
            for (name, found), ((_, a), (_, b)) in List.zip both (List.zip judging judged) do
                match found, (if isJudge name then a else b) with
                | Some found, Some own -> Expect.equal (number ((found - own).abs().max())) 0.0 name
                | found, own -> Expect.equal found.IsSome own.IsSome name
        }
        test "discriminators step alone between the steps of encoder and generator" {
            use _ = torch.NewDisposeScope ()
            let trainer =
                trainer {
                    recipe with
                        Objective = recipe.Objective |> judging 2
                        Optimizer = { recipe.Optimizer with Rate = constant 1e-3 }
                }
            for step in 0..3 do
                let before =
                    trainer.Network.Weights.Parameters
                    |> List.map (fun (name, t) -> name, t.detach().clone())
                let batch = batch trainer step
                let _, _, _, remember = Trainer.gradients trainer batch
                Trainer.advance trainer batch remember |> ignore
                let moved own =
                    List.zip before trainer.Network.Weights.Parameters
                    |> List.filter (fun ((name, was), (_, now)) ->
                        isJudge name = own && number ((now - was).abs().max()) > 0.0)
                    |> List.length
                Expect.isGreaterThan (moved true) 0 "discriminators"
                if step % 2 = 0 then
                    Expect.isGreaterThan (moved false) 0 "encoder and generator"
                else
                    Expect.equal (moved false) 0 "encoder and generator stand still"
        }
        test "pairs alone have one score, with image and code three, and the pair's depends on both" {
            use _ = torch.NewDisposeScope ()
            use _ = torch.no_grad ()
            let scores objective =
                let trainer = trainer { recipe with Objective = objective }
                let judges = trainer.Network.Rivals.Value.Judges ()
                let seen = judges.Image true (torch.ones ([| 2L; 1L; 16L; 16L |]))
                let read = judges.Code true (torch.ones ([| 2L; 8L |]))
                judges.Score true seen read,
                judges.Score true (seen + Scope.number 1.0) read,
                judges.Score true seen (read + Scope.number 1.0)
            let differs (a: torch.Tensor) (b: torch.Tensor) k =
                number ((a - b).select(1L, int64 (k: int)).abs().max()) > 1e-6
            let three, image, code = scores recipe.Objective
            Expect.equal three.shape [| 2L; 3L |] "three"
            Expect.equal (List.map (differs three image) [ 0; 1; 2 ]) [ true; true; false ] "another image"
            Expect.equal (List.map (differs three code) [ 0; 1; 2 ]) [ true; false; true ] "another code"
            let one, _, _ = scores (pairsOnly recipe.Objective)
            Expect.equal one.shape [| 2L; 1L |] "one"
        }
        test "what is made has the view's shape, and values of pixels as the view standardizes them" {
            use _ = torch.NewDisposeScope ()
            use _ = torch.no_grad ()
            let trainer = trainer recipe
            let made = trainer.Network.Rivals.Value.Make (torch.randn ([| 4L; 8L |]) * Scope.number 3.0)
            Expect.equal made.shape [| 4L; 1L; 16L; 16L |] "shape"
            // The mean is 0.5 and the deviation 0.25: pixels from 0 to 1 become values from -2 to 2.
            Expect.isLessThanOrEqual (number (made.abs().max())) 2.0 "range"
            Expect.isGreaterThan (number (made.std ())) 0.01 "not one grey"
        }
        test "beyond their margins hinges are 0; signs turned round, the judged's loss turns round" {
            let real, made = [| 1.0; 2.0; 1.5; 1.0 |], [| -1.0; -3.0; -1.0; -2.0 |]
            let struct (loss, a, b) = Reference.Adversarial.Hinge (real, made, 2)
            Expect.equal loss 0.0 "hinge"
            Expect.all (Array.append a b) ((=) 0.0) "gradient"
            let struct (there, _, _) = Reference.Adversarial.Judged (real, made, 2)
            let struct (back, _, _) = Reference.Adversarial.Judged (made, real, 2)
            Expect.equal there -back "turned round"
            Expect.equal there 6.25 "two kinds, two rows: (5.5 + 7) / 2"
        }
        for name, wrong, expected in
            [
                "groups of channels",
                { recipe with Encoder = splitChannels [ 1; 2 ] recipe.Encoder },
                RecipeError.EncoderDoesNotFit (
                    splitChannels [ 1; 2 ] recipe.Encoder,
                    "one encoder of whole images: a discriminator sees all of their channels at once"
                )
                "views of no size",
                { recipe with Views = globals 1 (augment [ flip; standardize [ 0.5 ] [ 0.25 ] ]) },
                RecipeError.BadObjective (
                    recipe.Objective,
                    "side of the views to be made, which a step like `crop 28<px> (between 0.2 1.0)` sets,",
                    0.0
                )
                "no steps of discriminators",
                { recipe with Objective = judging 0 recipe.Objective },
                RecipeError.BadObjective (
                    judging 0 recipe.Objective,
                    "number of the discriminators' steps",
                    0.0
                )
            ] do
            test $"{name}: check finds it, and says the remedy" {
                let shape = { Images = 64; Channels = 3; Height = 16<px>; Width = 16<px> }
                Expect.isEmpty (Check.onImages shape recipe) "nothing wrong"
                Expect.equal (Check.onImages shape wrong) [ expected ] "the one error"
                Expect.isGreaterThan (Check.message expected).Length 40 "words"
            }
        test "scores that do not fit are refused with their shapes" {
            let said (f: unit -> torch.Tensor) =
                try
                    f () |> ignore
                    "accepted"
                with :? System.ArgumentException as e ->
                    e.Message
            let a, b = torch.zeros (2L, 3L), torch.zeros (3L, 3L)
            Expect.stringContains (said (fun () -> Torch.Adversarial.Loss (a, b))) "[3, 3]" "rows"
            Expect.stringContains (said (fun () -> Torch.Adversarial.Judged (a, b))) "[2, 3]" "rows"
        }
    ]
