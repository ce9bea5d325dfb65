using System;

namespace Vantage.Kernels.Reference;

/// <summary>iBOT's masked-patch term (Zhou et al. 2022, equation 2; bytedance/ibot, main_ibot.py).</summary>
public static class HiddenPatches
{
    /// <summary>
    /// The mean over N images of sum_p m_p CE(softmax((teacher_p - centre) / teacherTemperature), softmax(student_p / studentTemperature)) / max(sum_p m_p, 1): patches that the
    /// student did not see, m = 1, predict what the teacher says of the same patch. An image without hidden patches counts as 0. The teacher and the centre are constants.
    /// </summary>
    /// <param name="student">Outputs for P patches of N images, N x P x K.</param>
    /// <param name="teacher">The same of the teacher.</param>
    /// <param name="hidden">N x P.</param>
    /// <param name="centre">K values.</param>
    /// <param name="images">N.</param>
    /// <param name="studentTemperature">0.1.</param>
    /// <param name="teacherTemperature">0.04 to 0.07.</param>
    /// <returns>The loss, and its gradient with respect to the student's outputs.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or a temperature is not positive.</exception>
    public static (double Loss, double[] Student) Loss(
        double[] student, double[] teacher, bool[] hidden, double[] centre, int images, double studentTemperature, double teacherTemperature)
    {
        var k = centre.Length;
        Batch.Width(student, teacher, images, 1);
        if (k == 0 || hidden.Length * k != student.Length || hidden.Length % images != 0)
        {
            throw new ArgumentException($"{student.Length} values are not {k} for each of {hidden.Length} patches of {images} images");
        }

        var patches = hidden.Length / images;
        var centred = new double[teacher.Length];
        for (var i = 0; i < teacher.Length; i++)
        {
            centred[i] = teacher[i] - centre[i % k];
        }

        var p = Softmax.Rows(centred, hidden.Length, teacherTemperature);
        var logs = Softmax.Logs(student, hidden.Length, studentTemperature);
        var gradient = new double[student.Length];
        var loss = 0.0;
        for (var n = 0; n < images; n++)
        {
            var count = 0;
            for (var i = 0; i < patches; i++)
            {
                count += hidden[(n * patches) + i] ? 1 : 0;
            }

            for (var i = 0; i < patches * k; i++)
            {
                var at = (n * patches * k) + i;
                if (hidden[at / k])
                {
                    loss -= p[at] * logs[at] / (Math.Max(count, 1) * (double)images);
                    gradient[at] = (Math.Exp(logs[at]) - p[at]) / (studentTemperature * Math.Max(count, 1) * images);
                }
            }
        }

        return (loss, gradient);
    }
}
