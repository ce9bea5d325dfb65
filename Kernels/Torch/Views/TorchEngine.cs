using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>
/// Views by libtorch: images of one size are packed into one tensor, which <see cref="TorchViews"/> renders on the device. How many threads work there is
/// libtorch's own setting (set_num_threads), so <c>threads</c> is checked and otherwise without effect.
/// </summary>
public sealed class TorchEngine : IViewEngine
{
    /// <summary>Values of a tensor beyond which going through all of them for every operation costs more than starting again: 256 px views gain a third, 32 px ones need no portions.</summary>
    private const int CacheValues = 1 << 22;

    private readonly Device device;

    /// <summary>The engine of a device.</summary>
    public TorchEngine(Device device) => this.device = device;

    private delegate void Write(int image, ReadOnlySpan<byte> view);

    /// <inheritdoc/>
    public string Name => $"torch-{device.type.ToString().ToLowerInvariant()}";

    /// <inheritdoc/>
    /// <remarks>Of images that differ in size, each size is a batch of its own.</remarks>
    public void Render(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<float> destination, int threads)
    {
        Guard.Batch(images.Span, steps.Span, slots, shape, destination.Length, threads);
        Render(images.Span, steps.Span, slots, shape, ScalarType.Float32, (i, view) => view.CopyTo(MemoryMarshal.AsBytes(destination.Span.Slice(i * shape.Length, shape.Length))));
    }

    /// <inheritdoc/>
    public void Render(ReadOnlyMemory<Image> images, ReadOnlyMemory<Step> steps, int slots, ViewShape shape, Memory<BFloat16> destination, int threads)
    {
        Guard.Batch(images.Span, steps.Span, slots, shape, destination.Length, threads);
        Render(images.Span, steps.Span, slots, shape, ScalarType.BFloat16, (i, view) => view.CopyTo(MemoryMarshal.AsBytes(destination.Span.Slice(i * shape.Length, shape.Length))));
    }

    /// <summary>On a CPU every operation goes through all values: as many images at a time as its cache holds. A device takes all at once.</summary>
    private IEnumerable<List<int>> Portions(List<int> all, Image image, ViewShape shape)
    {
        var values = Math.Max(image.Length, shape.Length);
        var count = device.type == TorchSharp.DeviceType.CPU ? Math.Max(1, CacheValues / values) : all.Count;
        for (var first = 0; first < all.Count; first += count)
        {
            yield return all.GetRange(first, Math.Min(count, all.Count - first));
        }
    }

    private void Render(ReadOnlySpan<Image> images, ReadOnlySpan<Step> steps, int slots, ViewShape shape, ScalarType type, Write write)
    {
        var sizes = new Dictionary<(bool, int, int, int), List<int>>();
        for (var i = 0; i < images.Length; i++)
        {
            var size = (images[i].Values is null, images[i].Channels, images[i].Height, images[i].Width);
            if (!sizes.TryGetValue(size, out var numbers))
            {
                sizes[size] = numbers = [];
            }

            numbers.Add(i);
        }

        var portions = new List<List<int>>();
        foreach (var all in sizes.Values)
        {
            portions.AddRange(Portions(all, images[all[0]], shape));
        }

        foreach (var numbers in portions)
        {
            using var scope = NewDisposeScope();
            var own = new Step[numbers.Count * slots];
            for (var k = 0; k < numbers.Count; k++)
            {
                steps.Slice(numbers[k] * slots, slots).CopyTo(own.AsSpan(k * slots));
            }

            var views = TorchViews.Render(Pack(images, numbers).to(device), own, slots, shape, type);
            var memory = (shape.Layout == Layout.Nchw ? views : views.movedim([-3], [-1])).contiguous().cpu();
            var bytes = (int)memory.element_size() * shape.Length;
            for (var k = 0; k < numbers.Count; k++)
            {
                write(numbers[k], memory.narrow(0, k, 1).bytes[..bytes]);
            }
        }
    }

    /// <summary>n x C x H x W on the host.</summary>
    private static Tensor Pack(ReadOnlySpan<Image> images, List<int> numbers)
    {
        var first = images[numbers[0]];
        var result = empty([numbers.Count, first.Channels, first.Height, first.Width], first.Values is null ? ScalarType.Byte : ScalarType.Float32);
        for (var k = 0; k < numbers.Count; k++)
        {
            var image = images[numbers[k]];
            using var place = result.narrow(0, k, 1);
            var source = image.Values is null ? image.Span : MemoryMarshal.AsBytes(image.Values.AsSpan(image.Offset, image.Length));
            source.CopyTo(place.bytes);
        }

        return result;
    }
}
