using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Rag.Host.Archives;

/// <summary>Reads a backup that <see cref="ArchiveWriter"/> wrote.</summary>
internal static class ArchiveReader
{
    /// <summary>The format that this program writes, and the only one that it reads.</summary>
    public const int Format = 1;

    /// <summary>Reads the whole file once and says what it holds. Do it before anything is changed by it.</summary>
    /// <exception cref="CommandException">It is no backup, of another format, cut or damaged.</exception>
    public static ArchiveEnd Verify(string path)
    {
        ArchiveEnd? end = null;
        foreach (var line in Read(path))
            end = line.End;
        return end ?? throw Damaged(path, "its end is missing");
    }

    /// <summary>Its lines, one after the other; the end has been held against all before it when it comes.</summary>
    /// <exception cref="CommandException">As <see cref="Verify"/>.</exception>
    public static IEnumerable<ArchiveLine> Read(string path)
    {
        using var lines = Guarded(path, Lines(path)).GetEnumerator();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (first, ended, keys, documents, usage) = (true, false, 0L, 0L, 0L);
        while (lines.MoveNext())
        {
            if (ended)
                throw Damaged(path, "something follows its end");
            var line = Parse(path, lines.Current);
            if (first && line.Header?.Format != Format)
                throw line.Header is { } other
                    ? new CommandException(ExitCode.InvalidArguments, $"'{path}' is a backup of format {other.Format}; this program reads format {Format}: use the version that wrote it")
                    : Damaged(path, "it is no backup of this program");
            first = false;
            if (line.End is { } end)
            {
                if (end != new ArchiveEnd(keys, documents, Convert.ToHexStringLower(hash.GetCurrentHash()), end.Usage is null ? null : usage))
                    throw Damaged(path, "what it holds is not what its end says");
                ended = true;
            }

            keys += line.Key is null ? 0 : 1;
            documents += line.Document is null ? 0 : 1;
            usage += line.Usage is null ? 0 : 1;
            hash.AppendData(Encoding.UTF8.GetBytes(lines.Current));
            hash.AppendData("\n"u8);
            yield return line;
        }

        if (!ended)
            throw Damaged(path, "its end is missing");
    }

    private static IEnumerable<string> Lines(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        using var gzip = new GZipStream(file, CompressionMode.Decompress);
        using var text = new StreamReader(gzip, new UTF8Encoding(false, throwOnInvalidBytes: true));
        while (text.ReadLine() is { } line)
            yield return line;
    }

    // An iterator can't catch around its own yield.
    private static IEnumerable<string> Guarded(string path, IEnumerable<string> lines)
    {
        using var all = lines.GetEnumerator();
        while (true)
        {
            try
            {
                if (!all.MoveNext())
                    yield break;
            }
            catch (InvalidDataException error)
            {
                throw Damaged(path, error.Message);
            }
            catch (DecoderFallbackException error)
            {
                throw Damaged(path, error.Message);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new CommandException(ExitCode.InvalidArguments, $"'{path}' can't be read: {error.Message}", error);
            }

            yield return all.Current;
        }
    }

    private static ArchiveLine Parse(string path, string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ArchiveJson.Default.ArchiveLine) ?? throw Damaged(path, "a line is empty");
        }
        catch (JsonException error)
        {
            throw Damaged(path, error.Message);
        }
    }

    private static CommandException Damaged(string path, string why) =>
        new(ExitCode.InvalidArguments, $"'{path}' is no whole backup: {why}; nothing was changed by it. Take another one");
}
