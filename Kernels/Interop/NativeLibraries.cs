using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;

namespace Vantage.Kernels.Interop;

/// <summary>Loads libtorch from the folder of this assembly. TorchSharp does not find it by itself under <c>dotnet fsi</c>.</summary>
public static class NativeLibraries
{
    private static readonly Lazy<bool> Loaded = new(LoadOnce, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>The folder that holds the libraries.</summary>
    public static string Folder => Path.GetDirectoryName(typeof(NativeLibraries).GetTypeInfo().Assembly.Location) ?? AppContext.BaseDirectory;

    /// <summary>The loaded OpenMP, or 0.</summary>
    internal static nint OpenMp { get; private set; }

    /// <summary>Loads them once, in the order in which they need each other. Safe to call again and from any thread.</summary>
    /// <exception cref="DllNotFoundException">A library is missing, or the system's C++ library is too old; the message says the remedy.</exception>
    public static void Load() => _ = Loaded.Value;

    /// <summary>
    /// Gives memory that libtorch has freed back to the system. It is kept otherwise, for the next step will ask for the same; what comes after training asks for other sizes.
    /// </summary>
    public static void GiveBack()
    {
        if (OperatingSystem.IsLinux())
        {
            NativeSettings.GiveBack();
        }
    }

    private static bool LoadOnce()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false; // elsewhere the loader's search beside the assembly suffices
        }

        NativeSettings.Apply();
        foreach (var pattern in new[] { "libgomp-*.so.1", "libc10.so", "libtorch_cpu.so", "libtorch.so", "libLibTorchSharp.so" })
        {
            IEnumerable<string> found = Directory.Exists(Folder) ? Directory.EnumerateFiles(Folder, pattern) : [];
            var path = found.OrderBy(p => p, StringComparer.Ordinal).FirstOrDefault()
                ?? throw new DllNotFoundException($"{pattern} is not in {Folder}. Run ./research setup, which builds Vantage and puts libtorch there.");
            try
            {
                var library = NativeLibrary.Load(path);
                OpenMp = pattern.StartsWith("libgomp", StringComparison.Ordinal) ? library : OpenMp;
            }
            catch (DllNotFoundException e) when (e.Message.Contains("GLIBC", StringComparison.Ordinal))
            {
                throw new DllNotFoundException($"{Path.GetFileName(path)} needs a newer C++ library than this system has (libstdc++ of GCC 13.2, symbol GLIBCXX_3.4.32). Run ./research setup, which says how to get it. The loader said: {e.Message}", e);
            }
        }

        return true;
    }
}
