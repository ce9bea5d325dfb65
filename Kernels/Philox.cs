using System;

namespace Vantage.Kernels;

/// <summary>
/// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"): random bits as a pure
/// function of a key and a counter, so that a draw depends neither on batch nor thread nor order.
/// </summary>
/// <remarks>
/// A draw's key is the run's seed. Its counter is (site / 4 + view * 2^16, epoch, low half of image, high half of image); the block's
/// word site mod 4 is the draw. Sites are below 2^18, views below 2^16.
/// </remarks>
public static class Philox
{
    private const uint M0 = 0xD2511F53, M1 = 0xCD9E8D57, W0 = 0x9E3779B9, W1 = 0xBB67AE85;

    /// <summary>The four words of a block: ten rounds over a counter of four words under a key of two.</summary>
    public static (uint X0, uint X1, uint X2, uint X3) Block(ulong key, uint c0, uint c1, uint c2, uint c3)
    {
        var k0 = (uint)key;
        var k1 = (uint)(key >> 32);
        for (var round = 0; round < 10; round++)
        {
            var p0 = (ulong)M0 * c0;
            var p1 = (ulong)M1 * c2;
            c0 = (uint)(p1 >> 32) ^ c1 ^ k0;
            c1 = (uint)p1;
            c2 = (uint)(p0 >> 32) ^ c3 ^ k1;
            c3 = (uint)p0;
            k0 += W0;
            k1 += W1;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>32 random bits of one draw.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A site or a view outside its range would share its bits with another.</exception>
    public static uint Bits(ulong seed, int epoch, long image, int view, int site)
    {
        if ((uint)site >= 1u << 18)
        {
            throw new ArgumentOutOfRangeException(nameof(site), site, "sites run from 0 to 262143");
        }

        if ((uint)view >= 1u << 16)
        {
            throw new ArgumentOutOfRangeException(nameof(view), view, "views run from 0 to 65535");
        }

        var block = Block(seed, ((uint)site >> 2) | ((uint)view << 16), (uint)epoch, (uint)image, (uint)(image >> 32));
        return (site & 3) switch { 0 => block.X0, 1 => block.X1, 2 => block.X2, _ => block.X3 };
    }

    /// <summary>One draw, uniform on [0, 1), in steps of 2^-24.</summary>
    public static float Uniform(ulong seed, int epoch, long image, int view, int site) =>
        (Bits(seed, epoch, image, view, site) >> 8) * (1f / (1 << 24));
}
