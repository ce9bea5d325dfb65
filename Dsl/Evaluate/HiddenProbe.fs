namespace Vantage

open TorchSharp
open Vantage.Kernels

/// A classifier with one hidden layer of 128 values on standardized features, by Adam at rate 0.001 in batches of 128 for 20 epochs. SimCLR's table 3 does not give its size; these are ours.
module HiddenProbe =
    let private width, batch, epochs, rate = 128, 128, 20, 1e-3

    /// Scores of test features, n x classes.
    let scores seed (train: torch.Tensor) (labels: int array) (test: torch.Tensor) classes =
        use _ = torch.NewDisposeScope ()
        let standardize = LinearProbe.standardizer train
        let x = standardize train
        let weights = Weights (torch.CPU, seed, Precision.Float32, true)
        let layers = Head [ Layer.Linear (width, true); Layer.Relu; Layer.Linear (classes, true) ]
        let _, through = Heads.build weights "probe" (int train.shape[1]) layers
        let named = weights.Parameters |> List.map (fun (name, tensor) -> struct (name, tensor))
        let rule = Optim.AdamW (List.toArray named, 0.0)
        let size = min batch labels.Length
        try
            for epoch in 0 .. epochs - 1 do
                let order = Order.permutation seed epoch labels.Length
                for step in 0 .. labels.Length / size - 1 do
                    Scope.scoped (fun () ->
                        let chosen = Array.sub order (step * size) size
                        let rows = x.index_select (0L, torch.tensor (Array.map int64 chosen))
                        let truth = torch.tensor (chosen |> Array.map (fun i -> int64 labels[i]))
                        let loss = torch.nn.functional.cross_entropy (through rows, truth)
                        rule.ZeroGrad ()
                        loss.backward ()
                        rule.Step rate)
                Scope.settle ()
            let said = Scope.withoutGradient (fun () -> through (standardize test))
            said.MoveToOuterDisposeScope ()
        finally
            for _, tensor in weights.Parameters do
                tensor.Dispose ()
            for struct (_, tensor) in rule.State do
                tensor.Dispose ()
