using System.Runtime.CompilerServices;

namespace Vantage.Kernels.Simd;

/// <summary>
/// Matrix products whose right side and result are panels two vectors wide: c[i, :] (+)= sum_k a[i, k] b[k, :]. Six rows by two
/// vectors are summed in registers, so that of each step's eight loads twelve multiply-adds come.
/// </summary>
internal static unsafe class PanelProduct<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>Values of a panel's row.</summary>
    public static int Width => 2 * TLanes.Count;

    /// <summary>One panel. a[i, k] lies at a + i aRow + k aStep, b[k, :] at b + k Width, c[i, :] at c + i cRow.</summary>
    public static void Multiply(float* a, nint aRow, nint aStep, float* b, float* c, nint cRow, int rows, int depth, bool add)
    {
        var i = 0;
        for (; i + 6 <= rows; i += 6)
        {
            Six(a + (i * aRow), aRow, aStep, b, c + (i * cRow), cRow, depth, add);
        }

        for (; i < rows; i++)
        {
            One(a + (i * aRow), aStep, b, c + (i * cRow), depth, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Six(float* a, nint aRow, nint aStep, float* b, float* c, nint cRow, int depth, bool add)
    {
        TVector c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        TVector c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        var a3 = a + (3 * aRow);
        for (var k = 0; k < depth; k++)
        {
            var b0 = TLanes.Load(ref *b);
            var b1 = TLanes.Load(ref *(b + TLanes.Count));
            var x = TLanes.Create(*a);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            x = TLanes.Create(*(a + aRow));
            c10 = TLanes.MultiplyAdd(x, b0, c10);
            c11 = TLanes.MultiplyAdd(x, b1, c11);
            x = TLanes.Create(*(a + (2 * aRow)));
            c20 = TLanes.MultiplyAdd(x, b0, c20);
            c21 = TLanes.MultiplyAdd(x, b1, c21);
            x = TLanes.Create(*a3);
            c30 = TLanes.MultiplyAdd(x, b0, c30);
            c31 = TLanes.MultiplyAdd(x, b1, c31);
            x = TLanes.Create(*(a3 + aRow));
            c40 = TLanes.MultiplyAdd(x, b0, c40);
            c41 = TLanes.MultiplyAdd(x, b1, c41);
            x = TLanes.Create(*(a3 + (2 * aRow)));
            c50 = TLanes.MultiplyAdd(x, b0, c50);
            c51 = TLanes.MultiplyAdd(x, b1, c51);
            a += aStep;
            a3 += aStep;
            b += 2 * TLanes.Count;
        }

        Put(c, c00, c01, add);
        Put(c + cRow, c10, c11, add);
        Put(c + (2 * cRow), c20, c21, add);
        Put(c + (3 * cRow), c30, c31, add);
        Put(c + (4 * cRow), c40, c41, add);
        Put(c + (5 * cRow), c50, c51, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void One(float* a, nint aStep, float* b, float* c, int depth, bool add)
    {
        TVector c0 = default, c1 = default;
        for (var k = 0; k < depth; k++)
        {
            var x = TLanes.Create(a[k * aStep]);
            c0 = TLanes.MultiplyAdd(x, TLanes.Load(ref *b), c0);
            c1 = TLanes.MultiplyAdd(x, TLanes.Load(ref *(b + TLanes.Count)), c1);
            b += 2 * TLanes.Count;
        }

        Put(c, c0, c1, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, TVector first, TVector second, bool add)
    {
        var d = c + TLanes.Count;
        TLanes.Store(add ? TLanes.Add(TLanes.Load(ref *c), first) : first, ref *c);
        TLanes.Store(add ? TLanes.Add(TLanes.Load(ref *d), second) : second, ref *d);
    }
}
