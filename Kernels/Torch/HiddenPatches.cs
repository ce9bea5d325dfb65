using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>iBOT's masked-patch term on any device, with a hand-written gradient; see <see cref="Reference.HiddenPatches"/> for the formula.</summary>
public static class HiddenPatches
{
    /// <summary>The loss, a scalar; 0 where no patch is hidden.</summary>
    /// <param name="student">Outputs for P patches of N images, N P x K, float32 or float64.</param>
    /// <param name="teacher">The same of the teacher; no gradient goes into them.</param>
    /// <param name="hidden">Bool, N x P: patches that the student did not see.</param>
    /// <param name="centre">1 x K.</param>
    /// <param name="studentTemperature">Divides the student's outputs.</param>
    /// <param name="teacherTemperature">Divides the centred outputs of the teacher.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit, or a temperature is not positive.</exception>
    public static Tensor Loss(Tensor student, Tensor teacher, Tensor hidden, Tensor centre, double studentTemperature, double teacherTemperature)
    {
        Embeddings.Check(student, teacher, studentTemperature);
        Embeddings.Rows(centre, nameof(centre), student, nameof(student));
        Embeddings.Temperature(teacherTemperature);
        if (hidden.dim() != 2 || hidden.numel() != student.shape[0] || hidden.dtype != ScalarType.Bool)
        {
            throw new ArgumentException($"hidden patches are {hidden.dtype} of [{string.Join(", ", hidden.shape)}]; needed is one bool for each of {student.shape[0]} rows, image by image");
        }

        var (constant, middle) = (teacher.detach(), centre.detach());
        return WithGradient.Of(
            inputs =>
            {
                var masks = hidden.to_type(inputs[0].dtype);
                var weights = masks.div(masks.sum(1, true).clamp_min(1)).div_(hidden.shape[0]).view(-1, 1);
                if (Values.InVectors(inputs[0]))
                {
                    return CrossEntropy.OfLogits(inputs[0], studentTemperature, constant, middle, teacherTemperature, false, weights, 1);
                }

                var p = constant.sub(middle).div_(teacherTemperature).softmax(1);
                var logs = inputs[0].div(studentTemperature).log_softmax(1);
                var loss = p.mul(logs).mul_(weights).sum().neg_();
                return (loss, [logs.exp_().sub_(p).mul_(weights).div_(studentTemperature)]);
            },
            student);
    }
}
