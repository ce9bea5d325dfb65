using System;
using static TorchSharp.torch;

namespace Vantage.Kernels.Torch;

/// <summary>What the objectives share: checks of two views' embeddings, and the step through l2 normalisation.</summary>
internal static class Embeddings
{
    /// <summary>Checks that both are N x d with N, d at least 1 and of one type, and the temperature positive.</summary>
    public static void Check(Tensor a, Tensor b, double temperature)
    {
        if (a.dim() != 2 || b.dim() != 2 || a.shape[0] != b.shape[0] || a.shape[1] != b.shape[1])
        {
            throw new ArgumentException($"the views' embeddings are [{string.Join(", ", a.shape)}] and [{string.Join(", ", b.shape)}]; both must be N x d");
        }

        if (a.numel() == 0)
        {
            throw new ArgumentException($"embeddings of [{string.Join(", ", a.shape)}] are empty: a batch needs at least one image");
        }

        if (a.dtype != b.dtype || (a.dtype != ScalarType.Float32 && a.dtype != ScalarType.Float64))
        {
            throw new ArgumentException($"embeddings of {a.dtype} and {b.dtype}: losses are taken in float32 or float64, both alike");
        }

        Temperature(temperature);
    }

    /// <summary>Checks two views whose statistics over the batch count: both N x d of one type, N at least 2.</summary>
    public static void Statistics(Tensor a, Tensor b)
    {
        Check(a, b, 1);
        if (a.shape[0] < 2)
        {
            throw new ArgumentException($"embeddings of [{string.Join(", ", a.shape)}] have no statistics over the batch: at least 2 images are needed");
        }
    }

    /// <summary>Checks the weight of a term: finite, 0 or more.</summary>
    public static void Weight(double weight, string name)
    {
        if (!double.IsFinite(weight) || weight < 0)
        {
            throw new ArgumentException($"{name} is {weight}: the weight of a term is a finite number, 0 or more");
        }
    }

    /// <summary>Checks that a temperature divides similarities to something finite.</summary>
    public static void Temperature(double temperature)
    {
        if (!(temperature > 0) || double.IsInfinity(temperature))
        {
            throw new ArgumentException($"a temperature of {temperature} is not positive and finite");
        }
    }

    /// <summary>Checks rows of embeddings: not empty, of one width and one type with the others. Names say which argument is meant.</summary>
    public static void Rows(Tensor x, string name, Tensor y, string other)
    {
        if (x.dim() != 2 || y.dim() != 2 || x.shape[1] != y.shape[1] || x.numel() == 0)
        {
            throw new ArgumentException($"{name} and {other} are [{string.Join(", ", x.shape)}] and [{string.Join(", ", y.shape)}]; both must be rows of one width, and {name} not empty");
        }

        if (x.dtype != y.dtype || (x.dtype != ScalarType.Float32 && x.dtype != ScalarType.Float64))
        {
            throw new ArgumentException($"{name} and {other} are {x.dtype} and {y.dtype}: losses are taken in float32 or float64, both alike");
        }
    }

    /// <summary>Checks one index or label for each of so many rows.</summary>
    public static void Indices(Tensor indices, long rows, string name)
    {
        if (indices.dim() != 1 || indices.shape[0] != rows || indices.dtype != ScalarType.Int64)
        {
            throw new ArgumentException($"{name} are {indices.dtype} of [{string.Join(", ", indices.shape)}]; needed is one int64 for each of {rows} rows");
        }
    }

    /// <summary>x[indices, ...], by an operation that knows the meta device on both ways (index_select does not).</summary>
    public static Tensor At(Tensor x, Tensor indices) => x.index([TensorIndex.Tensor(indices)]);

    /// <summary>The log-sum-exp of each row, N; minus infinity where all of it is (torch's own does not know the meta device).</summary>
    public static Tensor LogSums(Tensor p)
    {
        var highest = p.amax([1L], true).clamp_min(-1e38); // so that a row of minus infinities is not subtracted from itself
        return p.sub(highest).exp_().sum(1).log_().add_(highest.squeeze(1));
    }

    /// <summary>Lengths of rows, N x 1, not below PyTorch's floor of 1e-12. Rows are scaled by their largest value first, so that squares of 1e30 stay finite.</summary>
    public static Tensor Lengths(Tensor z)
    {
        var largest = maximum(z.detach(), z.detach().neg()).amax([1L], true).clamp_min(Reference.NtXent.Floor);
        return z.div(largest).square().sum(1, true).sqrt().mul(largest).clamp_min(Reference.NtXent.Floor);
    }

    /// <summary>The gradient with respect to z of a loss with gradient du with respect to u = z / length.</summary>
    public static Tensor ThroughLength(Tensor u, Tensor du, Tensor lengths)
    {
        var free = lengths.gt(Reference.NtXent.Floor).to_type(u.dtype); // below the floor the length does not depend on z
        var radial = u.mul(du).sum(1, true).mul_(free);
        return du.sub(u.mul(radial)).div_(lengths);
    }
}
