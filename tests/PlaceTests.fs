module Vantage.Tests.PlaceTests

open Expecto
open TorchSharp
open Vantage
open Vantage.Kernels

let private built name = Network.ofRecipe torch.CPU 3 (Strategies.named name)

let private images n (size: int64) =
    let g = new torch.Generator (3UL, torch.CPU)
    torch.randn ([| int64 n; 3L; size; size |], generator = g)

let private same (a: torch.Tensor) (b: torch.Tensor) = (a - b).abs().max().item<float32>() = 0.0f

// Differs by more than rounding.
let private differs (a: torch.Tensor) (b: torch.Tensor) = (a - b).abs().max().item<float32>() > 1e-4f

/// Tiles, patches, groups of channels and places of maps, as networks take them.
[<Tests>]
let tests =
    testList "Places" [
        test "a group of channels is seen by its own encoder only" {
            use _ = torch.NewDisposeScope ()
            let network = built "CMC"
            network.Training <- false
            let x = images 4 16L
            let other = x.clone ()
            other.narrow(1L, 1L, 2L).add_(Scope.number 1.0) |> ignore
            let embed k (x: torch.Tensor) = network.Online.Towers[k].Embed x
            Expect.isTrue (same (embed 0 x) (embed 0 other)) "lightness does not see colour"
            Expect.isTrue (differs (embed 1 x) (embed 1 other)) "colour does"
            Expect.equal (network.Encode x).shape [| 4L; 32L |] "both side by side"
        }
        test "tiles and the blocks of the layer that joins them may be permuted together" {
            use _ = torch.NewDisposeScope ()
            use _ = torch.no_grad ()
            let network = built "PIRL"
            network.Training <- false
            let tower = network.Online.Towers.Head
            let tiles = (images 36 4L).view(4L, 9L, 3L, 4L, 4L)
            let order = torch.tensor [| 3L; 1L; 4L; 0L; 5L; 8L; 2L; 6L; 7L |]
            let before = tower.Embed tiles
            let moved = tiles.index_select (1L, order)
            Expect.isTrue (differs before (tower.Embed moved)) "the order matters"
            let weight =
                network.Weights.Parameters
                |> List.find (fun (n, _) -> n = "projector.1.weight")
                |> snd
            let blocks = weight.view (8L, 9L, 8L)
            weight.copy_ (blocks.index_select(1L, order).reshape(8L, 72L)) |> ignore
            let after = tower.Embed moved
            // The same products in another order: a rounding of 2^-24 for each of 72 terms of order 1.
            let apart = (before - after).abs().max().item<float32>()
            Expect.isLessThan apart 1e-5f "but not with the blocks in the same order"
        }
        test "whole images do not meet the layer that joins tiles" {
            use _ = torch.NewDisposeScope ()
            let network = built "PIRL"
            network.Training <- false
            let x = images 4 16L
            let before = network.Encode x |> network.Project
            let weight =
                network.Weights.Parameters
                |> List.find (fun (n, _) -> n = "projector.1.weight")
                |> snd
            Scope.withoutGradient (fun () -> weight.zero_ ()) |> ignore
            Expect.isTrue (same before (network.Encode x |> network.Project)) "the same embeddings"
        }
        test "a patch is seen alone, and batch norm would not let it" {
            use _ = torch.NewDisposeScope ()
            let recipe = Strategies.named "CPC"
            let seen recipe =
                let network = Network.ofRecipe torch.CPU 3 recipe
                fun x -> (network.Online.See Sight.Whole x).Patches
            let x = images 2 16L
            let other = x.clone ()
            // The first four rows and columns belong to the first patch only.
            other.narrow(2L, 0L, 4L).narrow(3L, 0L, 4L).add_(Scope.number 2.0) |> ignore
            let rest (z: torch.Tensor) = z.narrow (1L, 1L, 8L)
            let alone = seen recipe
            let a, b = alone x, alone other
            Expect.equal a.shape [| 2L; 9L; 16L |] "a grid of three rows and columns"
            Expect.isTrue (differs (a.select (1L, 0L)) (b.select (1L, 0L))) "the first changes"
            Expect.isTrue (same (rest a) (rest b)) "no other does"
            let coupled = seen { recipe with Encoder = patchwise 8<px> 4<px> Generators.small.Encoder }
            Expect.isTrue (differs (rest (coupled x)) (rest (coupled other))) "under batch norm all do"
        }
        test "the context of a row sees no row below" {
            use _ = torch.NewDisposeScope ()
            let weights = Weights (torch.CPU, 1UL, Precision.Float32, true)
            let ahead = { First = 1; Last = 1; Blocks = 3; Width = 8; Directions = 1 }
            let context = Context.network weights "context" 6 ahead
            let g = new torch.Generator (3UL, torch.CPU)
            let x = torch.randn ([| 2L; 6L; 5L; 4L |], generator = g)
            let other = x.clone ()
            other.narrow(2L, 2L, 1L).add_(Scope.number 3.0) |> ignore
            let a, b = context x, context other
            let rows (z: torch.Tensor) start count = z.narrow (2L, start, count)
            Expect.isTrue (same (rows a 0L 2L) (rows b 0L 2L)) "rows above"
            for row in [ 2L; 3L; 4L ] do
                Expect.isTrue
                    (differs (rows a row 1L) (rows b row 1L))
                    $"row {row} may see it, three blocks do"
        }
        test "contextOf sets the width of all blocks of all contexts, and nothing of other objectives" {
            use _ = torch.NewDisposeScope ()
            let recipe = Strategies.named "CPC v2"
            let network =
                Network.ofRecipe torch.CPU 3 { recipe with Objective = predictAround 2 2 2 |> contextOf 24 }
            let across =
                network.Weights.Parameters
                |> List.filter (fun (name, _) -> name.Contains "context" && name.EndsWith "conv2.weight")
            Expect.equal across.Length 8 "two blocks in four directions"
            for name, weight in across do
                Expect.equal weight.shape [| 24L; 24L; 1L; 3L |] name
            Expect.equal (ntXent 0.5 |> contextOf 24) (ntXent 0.5) "no context networks"
        }
        test "predictions of four directions are those of one on turned grids" {
            use _ = torch.NewDisposeScope ()
            let network = built "CPC v2"
            let _, predictions = network.Ahead.Value (images 2 16L)
            Expect.equal predictions.Length 4 "one distance, four sides"
            for p in predictions do
                Expect.equal p.Guesses.shape [| 6L; 8L |] "one row of three, two images"
                Expect.equal p.Embeddings.shape [| 18L; 8L |] "nine patches of two images"
            let upright, turned = predictions.Head.Embeddings, predictions[1].Embeddings
            let grid (z: torch.Tensor) = z.view (2L, 3L, 3L, 8L)
            // The same rows as products of a matrix in another order of its rows.
            let apart = (grid turned - (grid upright).rot90(1L, struct (1L, 2L))).abs().max().item<float32>()
            Expect.isLessThan apart 1e-5f "turned once"
        }
        test "AMDIM costs each task log (1 + (B - 1) p) where scores are 0" {
            use _ = torch.NewDisposeScope ()
            let view = {
                Image = torch.zeros (5L, 4L)
                Finer = torch.zeros (5L, 9L, 4L)
                Coarser = torch.zeros (5L, 6L, 4L)
            }
            let setting = { Device = torch.CPU; Seed = 1UL; Type = torch.float32 }
            let loss = PlaceLoss.scales setting true 20.0 0.05 0 (torch.arange 5L) [ view; view ]
            let expected = log (1.0 + 4.0 * 9.0) + 2.0 * log (1.0 + 4.0 * 6.0)
            Expect.floatClose Accuracy.medium (float (loss.item<float32>())) expected "three tasks"
        }
        test "AMDIM draws a place for an image, wherever it stands in the batch" {
            use _ = torch.NewDisposeScope ()
            let g = new torch.Generator (4UL, torch.CPU)
            let normal (size: int64 array) = torch.randn (size, generator = g)
            let views = [
                for _ in 1..2 ->
                    {
                        Image = normal [| 6L; 4L |]
                        Finer = normal [| 6L; 9L; 4L |]
                        Coarser = normal [| 6L; 7L; 4L |]
                    }
            ]
            let turned (t: torch.Tensor) = t.flip 0L
            let setting = { Device = torch.CPU; Seed = 1UL; Type = torch.float32 }
            for step in 0..9 do
                let loss images views =
                    float ((PlaceLoss.scales setting true 20.0 0.05 step images views).item<float32>())
                let images = torch.arange 6L
                let other =
                    views
                    |> List.map (fun v -> {
                        Image = turned v.Image
                        Finer = turned v.Finer
                        Coarser = turned v.Coarser
                    })
                // Sums of some hundred terms in float32, in another order.
                Expect.floatClose
                    Accuracy.medium
                    (loss (turned images) other)
                    (loss images views)
                    $"step {step}"
        }
        test "AMDIM's penalty is half of six" {
            use _ = torch.NewDisposeScope ()
            let g = new torch.Generator (3UL, torch.CPU)
            let normal (size: int64 array) = torch.randn (size, generator = g)
            let views = [
                for _ in 1..2 ->
                    {
                        Image = normal [| 3L; 4L |]
                        Finer = normal [| 3L; 5L; 4L |]
                        Coarser = normal [| 3L; 1L; 4L |]
                    }
            ]
            let setting = { Device = torch.CPU; Seed = 1UL; Type = torch.float32 }
            let loss penalty =
                float ((PlaceLoss.scales setting true 20.0 penalty 0 (torch.arange 3L) views).item<float32>())
            let squares (sources: torch.Tensor) (places: torch.Tensor) =
                let scores = sources.mm (places.flatten(0L, 1L).t()) / Scope.number 2.0
                float ((scores * scores).mean().item<float32>())
            let six =
                [
                    for a, b in [ views[0], views[1]; views[1], views[0] ] do
                        squares a.Image b.Finer
                        squares a.Image b.Coarser
                        squares (a.Coarser.squeeze 1L) b.Coarser // one place: the one that is drawn
                ]
                |> List.sum
            Expect.floatClose Accuracy.medium (loss 0.05 - loss 0.0) (0.05 * six / 2.0) "half of the sum"
        }
        test "layer norm over an image: mean 0 and deviation 1 of all its values" {
            use _ = torch.NewDisposeScope ()
            let weights = Weights (torch.CPU, 1UL, Precision.Float32, true)
            weights.LayerNorms <- true
            let norm = Layers.batchNorm weights "norm" 3
            let y = norm (images 4 16L * Scope.number 3.0 + Scope.number 2.0)
            let flat = y.flatten 1L
            Expect.isLessThan (flat.mean([| 1L |]).abs().max().item<float32>()) 1e-5f "means"
            Expect.isLessThan
                ((flat.std (1L, false) - Scope.number 1.0).abs().max().item<float32>())
                1e-4f
                "deviations"
            Expect.isEmpty weights.Buffers "no running statistics"
        }
        test "images without augmentation have the channels of the views" {
            use _ = torch.NewDisposeScope ()
            let split = Generators.patterns "train" 6 3 18 4
            let recipe = Strategies.named "CMC"
            let trainer = Train.prepare (ViewEngine.Best ()) torch.CPU recipe split
            let shape = Views.plainShape trainer.Viewer split
            let into = Array.zeroCreate<float32>(6 * shape.Length)
            let all = Array.init 6 split.Read
            Views.plain trainer.Viewer shape all 1 into
            let step = [| Step (Operation.Lab, 0.0f, 0.0f, 0.0f, 0.0f) |]
            for i in 0..5 do
                let _, expected = Views.ofSteps { trainer.Viewer with Shapes = [ shape ] } all[i] step 0
                Expect.equal into[i * shape.Length .. (i + 1) * shape.Length - 1] expected $"image {i} in Lab"
        }
        test "patches are cut from images in the order in which the transformer sees them" {
            use _ = torch.NewDisposeScope ()
            let x = images 2 8L
            let rows = Decoder.patches 4 x
            Expect.equal rows.shape [| 2L; 4L; 48L |] "four patches of 3 x 4 x 4"
            let third = x.narrow(2L, 4L, 4L).narrow(3L, 0L, 4L).reshape(2L, 48L)
            Expect.isTrue (same (rows.select (1L, 2L)) third) "the third is below the first"
        }
        test "a transformer that sees some patches sees nothing of the others" {
            use _ = torch.NewDisposeScope ()
            let network = built "CAN"
            network.Training <- false
            let x = images 2 16L
            let shown = torch.tensor([| 0L; 3L; 5L; 1L; 2L; 15L |]).view(2L, 3L)
            let other = x.clone ()
            // The second patch is shown of the second image only.
            other.narrow(2L, 0L, 4L).narrow(3L, 4L, 4L).add_(Scope.number 1.0) |> ignore
            let see (x: torch.Tensor) = network.Online.See (Sight.Only shown) x
            let a, b = see x, see other
            Expect.equal a.Patches.shape [| 2L; 3L; 24L |] "three patches each"
            Expect.isTrue (same (a.Pooled.select (0L, 0L)) (b.Pooled.select (0L, 0L))) "not seen"
            Expect.isTrue (differs (a.Pooled.select (0L, 1L)) (b.Pooled.select (0L, 1L))) "seen"
        }
        test "all patches shown in their order is the whole image" {
            use _ = torch.NewDisposeScope ()
            let network = built "CAN"
            network.Training <- false
            let x = images 2 16L
            let shown = torch.arange(16L).expand(2L, 16L)
            let a, b = network.Online.See (Sight.Only shown) x, network.Online.See Sight.Whole x
            Expect.isTrue (same a.Pooled b.Pooled) "the same"
        }
        test
            "dropped patches: the share asked for, while training, of images of the encoder's own size, other ones each step" {
            use _ = torch.NewDisposeScope ()
            let network = built "MSN on a transformer that drops patches"
            let count (x: torch.Tensor) = (network.Online.See Sight.Whole x).Patches.shape[1]
            network.Training <- true
            Expect.equal (count (images 2 16L)) 14L "16 - int (0.15 x 16)"
            Expect.equal (count (images 2 8L)) 4L "smaller images keep theirs"
            let step k =
                network.Weights.Step <- k
                network.Encode (images 2 16L)
            let first, second = step 1, step 2
            Expect.isTrue (same first (step 1)) "a function of the step"
            Expect.isTrue (differs first second) "other ones"
            Expect.equal
                ((network.Target.Value.See Sight.Whole (images 2 16L)).Patches.shape[1])
                16L
                "the target sees all"
            network.Training <- false
            Expect.equal (count (images 2 16L)) 16L "nothing is dropped when it is measured"
        }
    ]
