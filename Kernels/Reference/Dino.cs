using System;

namespace Vantage.Kernels.Reference;

/// <summary>DINO's self-distillation (Caron et al. 2021, equation 3; facebookresearch/dino, main_dino.py).</summary>
public static class Dino
{
    /// <summary>
    /// The mean over N and over all pairs (q, v) of a global view q and another view v of the cross-entropy of softmax((t_q - centre) / teacher) and
    /// softmax(s_v / student). Views come in one order in both lists: teacher view q is student view q. The teacher and the centre are constants.
    /// </summary>
    /// <param name="students">Outputs for all V views, N x K each, global ones first.</param>
    /// <param name="teachers">Outputs for the global views, N x K each.</param>
    /// <param name="centre">K values.</param>
    /// <param name="studentTemperature">Divides the student's outputs; 0.1.</param>
    /// <param name="teacherTemperature">Divides the centred outputs of the teacher; 0.04 to 0.07.</param>
    /// <returns>The loss, and its gradient with respect to each student output.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit, or there is no pair.</exception>
    public static (double Loss, double[][] Students) Loss(double[][] students, double[][] teachers, double[] centre, double studentTemperature, double teacherTemperature)
    {
        if (students.Length < 2 || teachers.Length < 1 || teachers.Length > students.Length)
        {
            throw new ArgumentException($"{students.Length} student and {teachers.Length} teacher views make no pair: at least 2 and 1 are needed");
        }

        var k = centre.Length;
        var n = Batch.Width(students[0], teachers[0], students[0].Length / k, 1) == k ? students[0].Length / k : throw new ArgumentException($"rows are not {k} wide, as the centre is");
        var pairs = teachers.Length * (students.Length - 1);
        var gradients = Array.ConvertAll(students, s => new double[s.Length]);
        var loss = 0.0;
        var predicted = Array.ConvertAll(students, s => Softmax.Logs(s, n, studentTemperature));
        for (var q = 0; q < teachers.Length; q++)
        {
            var centred = new double[teachers[q].Length];
            for (var i = 0; i < centred.Length; i++)
            {
                centred[i] = teachers[q][i] - centre[i % k];
            }

            var p = Softmax.Rows(centred, n, teacherTemperature);
            for (var v = 0; v < students.Length; v++)
            {
                for (var i = 0; i < p.Length && v != q; i++)
                {
                    loss -= p[i] * predicted[v][i] / (n * pairs);
                    gradients[v][i] += (Math.Exp(predicted[v][i]) - p[i]) / (studentTemperature * n * pairs);
                }
            }
        }

        return (loss, gradients);
    }
}
