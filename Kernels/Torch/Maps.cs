using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Maps n x c x h x w whose memory is in the order n, h, w, c: rows of channels.</summary>
internal static class Maps
{
    /// <summary>Whether memory is in that order, without gaps.</summary>
    public static bool LastChannels(Tensor x) => LastChannels(x.shape, x.stride());

    /// <summary>Whether the memory of maps of this size is in that order, without gaps.</summary>
    public static bool LastChannels(long[] size, long[] stride)
    {
        return stride[1] == 1 && (size[3] == 1 || stride[3] == size[1]) && (size[2] == 1 || stride[2] == size[1] * size[3])
            && (size[0] == 1 || stride[0] == size[1] * size[2] * size[3]) && (size[2] * size[3] > 1 || size[1] > 1);
    }

    /// <summary>n x h x w x c, contiguous.</summary>
    public static Tensor Rows(Tensor x) => x.permute(0, 2, 3, 1).contiguous();

    /// <summary>Room for as many rows.</summary>
    public static Tensor EmptyRows(Tensor rows) => empty(rows.shape, rows.dtype, rows.device);

    /// <summary>Rows as maps.</summary>
    public static Tensor Of(Tensor rows) => rows.permute(0, 3, 1, 2);

    /// <summary>The first number of a contiguous tensor on the CPU.</summary>
    public static unsafe void* At(Tensor? rows)
    {
        if (rows is null)
        {
            return null;
        }

        fixed (byte* first = rows.bytes) // native memory: it does not move
        {
            return first;
        }
    }
}
