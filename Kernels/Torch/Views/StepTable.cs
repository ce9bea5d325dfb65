using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Steps of one operation for the images of a batch: on the host, where they choose what is computed, and on the device, where they are values.</summary>
/// <param name="Steps">One step for each image, all of one <see cref="SlotPlan"/> group.</param>
/// <param name="Table">images x 7: A to G of each image's step, float32 on the images' device.</param>
internal sealed record StepTable(Step[] Steps, Tensor Table)
{
    /// <summary>First value of each image, images x 1 x 1 x 1.</summary>
    internal Tensor A => Column(0);

    /// <summary>Value number k of each image, images x 1 x 1 x 1.</summary>
    internal Tensor Column(int k) => Table.select(1, k).reshape(-1, 1, 1, 1);

    /// <summary>Value number k of each image, images x 1 x 1.</summary>
    internal Tensor Line(int k) => Table.select(1, k).reshape(-1, 1, 1);
}
