using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace Vantage.Kernels;

/// <summary>A safetensors file that cannot be read: which, where, why.</summary>
public sealed class SafetensorsException : Exception
{
    /// <summary>Names the file and the byte offset.</summary>
    public SafetensorsException(string path, long offset, string reason)
        : base($"{path}, byte {offset.ToString(CultureInfo.InvariantCulture)}: {reason}")
    {
    }
}

/// <summary>Named tensors and text read from one file. Owns the tensors.</summary>
public sealed class SafetensorsContent : IDisposable
{
    internal SafetensorsContent(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>The tensors by name, on the CPU.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors { get; }

    /// <summary>The file's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors.Values)
        {
            tensor.Dispose();
        }
    }
}

/// <summary>
/// The safetensors format (huggingface/safetensors): 8 bytes of header length, a JSON header, the tensors' bytes. Nothing in a file is
/// ever executed. Written sorted by name, so equal content gives equal files. Written files are sealed: their metadata holds the SHA-256 of
/// the whole file, taken with zeros in the checksum's own place; a sealed file in which any byte differs is not read.
/// </summary>
public static class Safetensors
{
    private const long LargestHeader = 100_000_000; // the reference implementation's limit

    /// <summary>The key of the checksum in the metadata: 64 hexadecimal digits.</summary>
    public const string Seal = "vantage.sha256";

    private static readonly byte[] Mark = Encoding.ASCII.GetBytes($"\"{Seal}\":\"");
    private static readonly string Unsealed = new('0', 64);

    private static readonly (string Name, ScalarType Type, int Size)[] Types =
    [
        ("F64", ScalarType.Float64, 8), ("F32", ScalarType.Float32, 4), ("BF16", ScalarType.BFloat16, 2), ("F16", ScalarType.Float16, 2),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    /// <summary>Writes tensors and text to a new file, sealed, and flushes it to the disk.</summary>
    /// <exception cref="ArgumentException">Two tensors have one name, a type is not in the format, or the text holds a seal.</exception>
    public static void Write(string path, IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var sorted = tensors.OrderBy(t => t.Name, StringComparer.Ordinal).ToArray();
        using var scope = NewDisposeScope();
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach (var (key, text) in metadata.Append(new(Seal, Unsealed)).OrderBy(m => m.Key, StringComparer.Ordinal))
            {
                if (key == Seal && text != Unsealed)
                {
                    throw new ArgumentException($"the text has a '{Seal}' of its own; leave it out, it is written anew", nameof(metadata));
                }

                json.WriteString(key, text);
            }

            json.WriteEndObject();
            var offset = 0L;
            for (var i = 0; i < sorted.Length; i++)
            {
                var (name, value) = sorted[i];
                if (i > 0 && name == sorted[i - 1].Name)
                {
                    throw new ArgumentException($"two tensors are called '{name}'", nameof(tensors));
                }

                var type = Types.FirstOrDefault(t => t.Type == value.dtype);
                if (type.Name is null)
                {
                    throw new ArgumentException($"'{name}' is {value.dtype}, which this writer does not know", nameof(tensors));
                }

                json.WriteStartObject(name);
                json.WriteString("dtype", type.Name);
                json.WriteStartArray("shape");
                foreach (var size in value.shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += value.numel() * type.Size;
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (header.Length % 8 != 0)
        {
            header.WriteByte((byte)' ');
        }

        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Put(ReadOnlySpan<byte> bytes)
        {
            hash.AppendData(bytes);
            file.Write(bytes);
        }

        Put(BitConverter.GetBytes(header.Length));
        Put(header.GetBuffer().AsSpan(0, (int)header.Length));
        foreach (var (_, value) in sorted)
        {
            using var plain = value.detach().cpu().contiguous();
            Put(plain.bytes);
        }

        file.Position = 8 + SealPlace(header.ToArray());
        file.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset())));
        file.Flush(true);
    }

    // Where the 64 digits begin in a header; -1 in a file that is not sealed. Names and texts cannot hold the mark: their quotes are escaped.
    private static int SealPlace(ReadOnlySpan<byte> header)
    {
        var at = header.IndexOf(Mark);
        return at < 0 || at + Mark.Length + Unsealed.Length > header.Length ? -1 : at + Mark.Length;
    }

    // Raises where a sealed file's checksum is not that of its bytes.
    private static void Verify(string path, FileStream file, byte[] header)
    {
        var place = SealPlace(header);
        if (place < 0)
        {
            return;
        }

        var said = Encoding.ASCII.GetString(header, place, Unsealed.Length);
        Encoding.ASCII.GetBytes(Unsealed).CopyTo(header, place);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes((long)header.Length));
        hash.AppendData(header);
        file.Position = 8 + header.Length;
        var buffer = new byte[1 << 20];
        for (var read = file.Read(buffer); read > 0; read = file.Read(buffer))
        {
            hash.AppendData(buffer, 0, read);
        }

        var found = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (found != said)
        {
            throw new SafetensorsException(path, 8 + place, $"the checksum says {said}, the bytes give {found}: the file is damaged");
        }
    }

    /// <summary>Reads a whole file and verifies its seal where it has one. The caller disposes of the content.</summary>
    /// <exception cref="SafetensorsException">The file is truncated, its header is not what the format says, or its seal is broken.</exception>
    public static SafetensorsContent Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Span<byte> eight = stackalloc byte[8];
        if (file.ReadAtLeast(eight, 8, false) < 8)
        {
            throw new SafetensorsException(path, 0, $"the file has {file.Length} bytes; a safetensors file begins with 8 bytes of header length");
        }

        var length = BitConverter.ToInt64(eight);
        if (length < 2 || length > LargestHeader || length + 8 > file.Length)
        {
            throw new SafetensorsException(path, 0, $"a header of {length} bytes does not fit a file of {file.Length}: it is truncated, or no safetensors file");
        }

        var header = new byte[length];
        file.ReadExactly(header);
        try
        {
            using var json = JsonDocument.Parse(header.ToArray());
            var content = Content(path, file, 8 + length, json.RootElement);
            try
            {
                Verify(path, file, header);
                return content;
            }
            catch
            {
                content.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException
            or IndexOutOfRangeException or OverflowException or ArgumentException or ExternalException)
        {
            throw new SafetensorsException(path, 8, $"the header is not what the format says: {e.Message}");
        }
    }

    private static SafetensorsContent Content(string path, FileStream file, long data, JsonElement root)
    {
        var metadata = new Dictionary<string, string>();
        var tensors = new Dictionary<string, Tensor>();
        var next = 0L;
        try
        {
            foreach (var entry in root.EnumerateObject().Where(e => e.Name == "__metadata__").SelectMany(e => e.Value.EnumerateObject()))
            {
                metadata[entry.Name] = entry.Value.GetString() ?? "";
            }

            var entries = root.EnumerateObject().Where(e => e.Name != "__metadata__").OrderBy(e => e.Value.GetProperty("data_offsets")[0].GetInt64());
            foreach (var entry in entries)
            {
                var dtype = entry.Value.GetProperty("dtype").GetString();
                var type = Types.FirstOrDefault(t => t.Name == dtype);
                var shape = entry.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64()).ToArray();
                var begin = entry.Value.GetProperty("data_offsets")[0].GetInt64();
                var end = entry.Value.GetProperty("data_offsets")[1].GetInt64();
                if (type.Name is null)
                {
                    throw new SafetensorsException(path, 8, $"'{entry.Name}' has the unknown type {dtype}");
                }

                var bytes = shape.Aggregate((long)type.Size, (a, b) => checked(a * b));
                if (shape.Any(s => s < 0) || begin != next || end - begin != bytes)
                {
                    throw new SafetensorsException(path, data + begin, $"'{entry.Name}' of [{string.Join(", ", shape)}] {dtype} says bytes {begin} to {end}; {bytes} bytes from {next} on were expected");
                }

                if (data + end > file.Length)
                {
                    throw new SafetensorsException(path, data + begin, $"'{entry.Name}' ends at byte {data + end}, the file at {file.Length}: it is truncated");
                }

                var content = new byte[bytes];
                file.Position = data + begin;
                file.ReadExactly(content);
                var tensor = empty(shape, type.Type).DetachFromDisposeScope();
                tensors.Add(entry.Name, tensor);
                if (bytes > 0)
                {
                    content.CopyTo(tensor.bytes);
                }

                next = end;
            }

            if (data + next != file.Length)
            {
                throw new SafetensorsException(path, data + next, $"the file goes on for {file.Length - data - next} bytes that no tensor owns");
            }
        }
        catch
        {
            foreach (var tensor in tensors.Values)
            {
                tensor.Dispose();
            }

            throw;
        }

        return new SafetensorsContent(tensors, metadata);
    }
}
