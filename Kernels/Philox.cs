using System;

namespace Vantage.Kernels;

/// <summary>
/// Philox 4x32-10: random bits as a pure function of a key and a counter (Salmon, Moraes, Dror and Shaw, "Parallel random
/// numbers: as easy as 1, 2, 3", SC 2011). A draw depends on nothing else: neither batch, thread, rank, device nor order.
/// </summary>
/// <remarks>
/// The counter of a draw, four words of 32 bits:
/// <code>
/// word 0   bits 0 to 15: site / 4     bits 16 to 31: view
/// word 1   epoch
/// word 2   image, low 32 bits
/// word 3   image, high 32 bits
/// </code>
/// The key is the seed (low word first). A block yields four words; site modulo 4 picks one of them. So distinct
/// (epoch, image, view, site) never share a word, for 0 &lt;= site &lt; 2^18, 0 &lt;= view &lt; 2^16 and any epoch and image.
/// </remarks>
public static class Philox
{
    /// <summary>Draw sites of one view: 0 to 2^18 - 1.</summary>
    public const int Sites = 1 << 18;

    /// <summary>Views of one image: 0 to 2^16 - 1.</summary>
    public const int Views = 1 << 16;

    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9; // the golden ratio
    private const uint Weyl1 = 0xBB67AE85; // sqrt(3) - 1
    private const int Rounds = 10;

    /// <summary>The four words of one counter under one key.</summary>
    /// <param name="key">Low word first.</param>
    /// <param name="c0">Counter, word 0.</param>
    /// <param name="c1">Counter, word 1.</param>
    /// <param name="c2">Counter, word 2.</param>
    /// <param name="c3">Counter, word 3.</param>
    /// <param name="result">At least four values; the first four are written.</param>
    /// <exception cref="ArgumentException"><paramref name="result"/> is shorter than four.</exception>
    public static void Block(ulong key, uint c0, uint c1, uint c2, uint c3, Span<uint> result)
    {
        if (result.Length < 4)
        {
            throw new ArgumentException($"a block of Philox holds 4 words, the destination {result.Length}", nameof(result));
        }

        (result[0], result[1], result[2], result[3]) = Block(key, c0, c1, c2, c3);
    }

    /// <summary>32 random bits of one draw.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">Any value.</param>
    /// <param name="image">The image's number in its set; any value.</param>
    /// <param name="view">0 to 2^16 - 1.</param>
    /// <param name="site">0 to 2^18 - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">View or site lies outside its range.</exception>
    public static uint Bits(ulong seed, int epoch, long image, int view, int site)
    {
        if ((uint)view >= Views)
        {
            throw new ArgumentOutOfRangeException(nameof(view), view, $"view {view} does not fit the counter: it must lie in 0 .. {Views - 1}");
        }

        if ((uint)site >= Sites)
        {
            throw new ArgumentOutOfRangeException(nameof(site), site, $"draw site {site} does not fit the counter: it must lie in 0 .. {Sites - 1}");
        }

        var words = Block(seed, ((uint)site >> 2) | ((uint)view << 16), (uint)epoch, (uint)image, (uint)(image >> 32));
        return (site & 3) switch { 0 => words.Item1, 1 => words.Item2, 2 => words.Item3, _ => words.Item4 };
    }

    /// <summary>A number uniform on [0, 1): the upper 24 of <see cref="Bits"/>, so that every value is an exact float32.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">Any value.</param>
    /// <param name="image">The image's number in its set; any value.</param>
    /// <param name="view">0 to 2^16 - 1.</param>
    /// <param name="site">0 to 2^18 - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">View or site lies outside its range.</exception>
    public static float Uniform(ulong seed, int epoch, long image, int view, int site) =>
        (Bits(seed, epoch, image, view, site) >> 8) * (1f / (1 << 24));

    private static (uint, uint, uint, uint) Block(ulong key, uint c0, uint c1, uint c2, uint c3)
    {
        var (k0, k1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < Rounds; round++)
        {
            var product0 = (ulong)Multiplier0 * c0;
            var product1 = (ulong)Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ k0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ k1, (uint)product0);
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return (c0, c1, c2, c3);
    }
}
