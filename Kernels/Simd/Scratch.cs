using System;

namespace Vantage.Kernels.Simd;

/// <summary>Buffers of one thread. They grow to the largest image seen and are used again, so that no image allocates.</summary>
internal sealed class Scratch
{
    [ThreadStatic]
    private static Scratch? mine;

    /// <summary>The calling thread's own.</summary>
    internal static Scratch Mine => mine ??= new Scratch();

    /// <summary>The image as it is now.</summary>
    internal Planes Front { get; private set; } = new();

    /// <summary>Where the next step that needs neighbours writes; then the two swap.</summary>
    internal Planes Back { get; private set; } = new();

    /// <summary>Per-pixel steps not yet done, to be done in one pass.</summary>
    internal ColourStep[] Pending { get; private set; } = new ColourStep[8];

    /// <summary>One row between the vertical and the horizontal pass of a warp or blur.</summary>
    internal float[] Row = new float[256];

    /// <summary>The image's bytes where the pixel array ends too early for a full vector.</summary>
    internal byte[] Bytes = new byte[4096];

    /// <summary>The image's values where the float array ends too early for a full vector.</summary>
    internal float[] Floats = new float[256];

    /// <summary>A view before it takes another layout or type.</summary>
    internal float[] View = new float[256];

    /// <summary>Where the pixels of a row look.</summary>
    internal int[] Places = [];

    /// <summary>Normal numbers of noise.</summary>
    internal float[] Normals = [];

    /// <summary>A blur's weights, centre first.</summary>
    internal float[] Taps = new float[64];

    /// <summary>The rows of a warp.</summary>
    internal AxisWeights Rows { get; } = new();

    /// <summary>The columns of a warp.</summary>
    internal AxisWeights Columns { get; } = new();

    /// <summary>The columns of a warp as permutations of vectors.</summary>
    internal Gather Gather { get; } = new();

    internal void Swap() => (Front, Back) = (Back, Front);

    /// <summary>An array of at least this length; its contents are lost when it grows.</summary>
    internal static T[] Need<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            array = new T[Math.Max(length, (int)Math.Min(2L * array.Length, Array.MaxLength))];
        }

        return array;
    }

    internal void NeedPending(int count)
    {
        if (Pending.Length < count)
        {
            Pending = new ColourStep[count];
        }
    }
}
