using System;
using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>DINO's self-distillation on any device, with a hand-written gradient; see <see cref="Reference.Dino"/> for the formula.</summary>
public static class Dino
{
    /// <summary>The loss, a scalar. No gradient goes into the teacher or the centre.</summary>
    /// <param name="students">Outputs for all V views, N x K each, global ones first, float32 or float64.</param>
    /// <param name="teachers">Outputs for the global views, N x K each.</param>
    /// <param name="centre">1 x K.</param>
    /// <param name="studentTemperature">Divides the student's outputs.</param>
    /// <param name="teacherTemperature">Divides the centred outputs of the teacher.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, a temperature is not positive, or there is no pair.</exception>
    public static Tensor Loss(IReadOnlyList<Tensor> students, IReadOnlyList<Tensor> teachers, Tensor centre, double studentTemperature, double teacherTemperature)
    {
        if (students.Count < 2 || teachers.Count < 1 || teachers.Count > students.Count)
        {
            throw new ArgumentException($"{students.Count} student and {teachers.Count} teacher views make no pair: at least 2 and 1 are needed");
        }

        foreach (var view in students.Concat(teachers))
        {
            Embeddings.Check(students[0], view, studentTemperature);
        }

        Embeddings.Rows(centre, nameof(centre), students[0], nameof(students));
        Embeddings.Temperature(teacherTemperature);
        var constants = teachers.Select(t => t.detach()).ToArray();
        var middle = centre.detach();
        return WithGradient.Of(
            views => Both(views, constants, middle, studentTemperature, teacherTemperature),
            [.. students]);
    }

    /// <summary>The centre after a batch: momentum times the old one and the rest times the mean of the teacher's rows over all global views.</summary>
    /// <param name="centre">1 x K.</param>
    /// <param name="teachers">Outputs for the global views, N x K each.</param>
    /// <param name="momentum">0.9 in the paper.</param>
    /// <exception cref="ArgumentException">The momentum is outside [0, 1], or there is no teacher view.</exception>
    public static Tensor Centre(Tensor centre, IReadOnlyList<Tensor> teachers, double momentum)
    {
        if (!(momentum >= 0 && momentum <= 1) || teachers.Count == 0)
        {
            throw new ArgumentException($"a centre with momentum {momentum} of {teachers.Count} views: the momentum lies in [0, 1], and at least one view is needed");
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var mean = cat([.. teachers], 0).mean([0L], true);
        return centre.mul(momentum).add_(mean.mul_(1 - momentum)).MoveToOuterDisposeScope();
    }

    private static (Tensor Loss, Tensor[] Gradients) Both(Tensor[] views, Tensor[] teachers, Tensor centre, double studentTemperature, double teacherTemperature)
    {
        var pairs = teachers.Length * (views.Length - 1.0);
        var rows = views[0].shape[0];
        var targets = teachers.Select(t => t.sub(centre).div_(teacherTemperature).softmax(1)).ToArray();
        var loss = zeros(1, views[0].dtype, views[0].device);
        var gradients = new Tensor[views.Length];
        for (var v = 0; v < views.Length; v++)
        {
            // The teachers that this view meets, added up: cross-entropy is linear in its target.
            var met = zeros_like(views[v]);
            for (var q = 0; q < targets.Length; q++)
            {
                if (q != v)
                {
                    met.add_(targets[q]);
                }
            }

            var logs = views[v].div(studentTemperature).log_softmax(1);
            loss.sub_(met.mul(logs).sum());
            gradients[v] = logs.exp_().mul_(met.sum(1, true)).sub_(met).mul_(1 / (studentTemperature * rows * pairs));
        }

        return (loss.div_(rows * pairs).squeeze(0), gradients);
    }
}
