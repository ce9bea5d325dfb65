namespace Vantage

open TorchSharp
open Vantage.Kernels

/// One step of an encoder and a generator against their discriminators.
module Rivalry =
    // Normal values for each image of a view, n x width: one stream for the deviation of its code, one for the code that an image is made from.
    let private normal trainer (batch: Batch) stream width =
        let at (index: int) word =
            float (Philox.Uniform (trainer.Recipe.Seed, batch.Epoch, int64 index, stream, word))
        let values = [|
            for index in batch.Indices do
                for k in 0 .. width - 1 do
                    let length = sqrt (-2.0 * log (1.0 - at index (2 * k)))
                    float32 (length * cos (2.0 * System.Math.PI * at index (2 * k + 1)))
        |]
        torch.tensor(values).view(int64 batch.Indices.Length, int64 width).``to``
            trainer.Network.Weights.Device

    /// The means of the codes of a view, and the scores of its pairs and of made ones. Where encoder and generator do not step, neither takes a gradient.
    let play trainer (batch: Batch) (contest: Contest) (rivals: Rivals) v (view: torch.Tensor) =
        let online = trainer.Network.Online
        let n = view.shape[0]
        let steps = batch.Step % contest.Steps = 0
        let drawn = normal trainer batch (0x7000 + v) online.Embedding
        let noise = normal trainer batch (0x7100 + v) online.Embedding
        let make () =
            let h = online.Encode view
            let mean = online.Project h
            mean, mean + rivals.Deviation h * noise, rivals.Make drawn
        let mean, code, made = if steps then make () else Scope.withoutGradient make
        let judges = rivals.Judges ()
        let seen = judges.Image false (torch.cat ([| view; made.detach () |], 0L))
        let read = judges.Code false (torch.cat ([| code.detach (); drawn |], 0L))
        let scores = judges.Score false seen read
        let half (t: torch.Tensor) k = t.narrow (0L, int64 k * n, n)
        mean,
        {
            Judging = Some (half scores 0, half scores 1)
            Judged =
                if steps then
                    Some (
                        judges.Score true ((half seen 0).detach()) (judges.Code true code),
                        judges.Score true (judges.Image true made) ((half read 1).detach())
                    )
                else
                    None
        }
