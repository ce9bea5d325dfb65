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
            views => CrossEntropy.Pairs(views, [.. constants.Select(t => t.sub(middle).div_(teacherTemperature).softmax(1))], studentTemperature),
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
}
