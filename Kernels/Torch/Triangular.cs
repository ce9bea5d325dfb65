using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>Inverses of triangular matrices by operations that know the meta device and never ask the device whether they went well, which torch's own do not.</summary>
internal static class Triangular
{
    /// <summary>The inverse of lower-triangular matrices, ... x d x d, by halves: with L = [A 0; B C] it is [A^-1 0; -C^-1 B A^-1 C^-1], all blocks of a size at once.</summary>
    internal static Tensor Inverse(Tensor l)
    {
        using var scope = NewDisposeScope();
        var d = l.shape[^1];
        long size = 1;
        while (size < d)
        {
            size *= 2;
        }

        // Made up to a power of 2 by the identity.
        var batch = l.shape[..^2];
        var whole = eye(size, dtype: l.dtype, device: l.device).expand([.. batch, size, size]).contiguous();
        whole.narrow(-2, 0, d).narrow(-1, 0, d).copy_(l);
        var inverse = whole.diagonal(0, -2, -1).reciprocal().diag_embed();
        for (long half = 1; half < size; half *= 2)
        {
            var (from, into) = (Blocks(whole, half), Blocks(inverse, half));
            var (a, c) = (into.narrow(-2, 0, half).narrow(-1, 0, half), into.narrow(-2, half, half).narrow(-1, half, half));
            var below = c.matmul(from.narrow(-2, half, half).narrow(-1, 0, half)).matmul(a).neg_();
            into.narrow(-2, half, half).narrow(-1, 0, half).copy_(below);
        }

        return inverse.narrow(-2, 0, d).narrow(-1, 0, d).contiguous().MoveToOuterDisposeScope();
    }

    // The blocks of twice the size along the diagonal, ... x count x 2 half x 2 half, in the matrix's own memory.
    private static Tensor Blocks(Tensor m, long half)
    {
        var count = m.shape[^1] / (2 * half);
        return m.view([.. m.shape[..^2], count, 2 * half, count, 2 * half]).diagonal(0, -4, -2).movedim([-1], [-3]);
    }
}
