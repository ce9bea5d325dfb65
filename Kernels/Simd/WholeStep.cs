using System;

namespace Vantage.Kernels.Simd;

/// <summary>Steps that need the whole image, which lies in the front planes with nothing pending.</summary>
internal static class WholeStep
{
    /// <summary>Does the step; the number of channels after it.</summary>
    internal static int Apply<TLanes, TVector>(Step step, Scratch scratch, int channels)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        switch (step.Operation)
        {
            case Operation.FlipVertical:
                FlipVertical.Apply(scratch.Front, scratch);
                break;
            case Operation.Rotate90:
                Rotate90.Apply(scratch, (int)step.A);
                break;
            case Operation.Affine:
                Affine.Apply(scratch, step);
                break;
            case Operation.ContrastByChannel:
                ContrastByChannel.Apply<TLanes, TVector>(scratch.Front, step.A);
                break;
            case Operation.AutoContrast:
                AutoContrast.Apply<TLanes, TVector>(scratch.Front);
                break;
            case Operation.Equalize:
                Equalize.Apply(scratch.Front);
                break;
            case Operation.Blur:
                Blur.Apply<TLanes, TVector>(scratch, step.A, (int)step.B);
                break;
            case Operation.BoxBlur:
                BoxBlur.Apply<TLanes, TVector>(scratch, step.A);
                break;
            case Operation.Sharpness:
                Sharpness.Apply<TLanes, TVector>(scratch, step.A);
                break;
            case Operation.Sobel:
                Sobel.Apply<TLanes, TVector>(scratch, step.A);
                break;
            case Operation.Noise:
                Noise.Apply<TLanes, TVector>(scratch.Front, scratch, step.A, (int)step.B, (int)step.C);
                break;
            case Operation.Erase:
                Erase.Apply(scratch.Front, (int)step.A, (int)step.B, (int)step.C, (int)step.D, step.E);
                break;
            case Operation.Mask:
                Mask.Apply(scratch.Front, step);
                break;
            case Operation.Channels:
                Channels.Apply(scratch, [(int)step.A, (int)step.B, (int)step.C]);
                break;
            case Operation.Select:
                Select.Apply(scratch, (int)step.A, (int)step.B);
                return (int)step.B;
            default:
                throw new ArgumentException($"operation {(int)step.Operation} is not known");
        }

        return channels;
    }
}
