using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Rag.Host.Archives;

/// <summary>
/// Writes a backup: gzip of JSON lines. It is written beside its place and moved there when it is whole and on the disk, so a file under its name is always a
/// whole one.
/// </summary>
internal sealed class ArchiveWriter : IAsyncDisposable
{
    private readonly string _path;
    private readonly FileStream _file;
    private readonly GZipStream _gzip;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _keys, _documents, _usage;
    private bool _whole;

    /// <exception cref="IOException">It can't be made.</exception>
    public ArchiveWriter(string path, TimeProvider time)
    {
        _path = Path.GetFullPath(path);
        _file = new FileStream(Partial, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        _gzip = new GZipStream(_file, CompressionLevel.Fastest, leaveOpen: true);
        Write(new ArchiveLine(Header: new ArchiveHeader(ArchiveReader.Format, time.GetUtcNow())));
    }

    /// <summary>Keys, documents and lines of usage written so far.</summary>
    public (long Keys, long Documents, long Usage) Written => (_keys, _documents, _usage);

    private string Partial => _path + ".part";

    public void Add(ArchiveKey key)
    {
        _keys++;
        Write(new ArchiveLine(Key: key));
    }

    public void Add(ArchiveUsage usage)
    {
        _usage++;
        Write(new ArchiveLine(Usage: usage));
    }

    public void Add(ArchiveDocument document)
    {
        _documents++;
        Write(new ArchiveLine(Document: document));
    }

    /// <summary>Writes the end and puts the file in its place. Without it nothing is left behind.</summary>
    public async Task EndAsync()
    {
        Write(new ArchiveLine(End: new ArchiveEnd(_keys, _documents, Convert.ToHexStringLower(_hash.GetCurrentHash()), _usage)));
        await _gzip.DisposeAsync().ConfigureAwait(false);
        _file.Flush(flushToDisk: true);
        await _file.DisposeAsync().ConfigureAwait(false);
        File.Move(Partial, _path, overwrite: true);
        _whole = true;
    }

    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        if (_whole)
            return;
        try
        {
            await _gzip.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The disk that was full a moment ago still is.
        }

        await _file.DisposeAsync().ConfigureAwait(false);
        File.Delete(Partial);
    }

    private void Write(ArchiveLine line)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(line, ArchiveJson.Default.ArchiveLine);
        _gzip.Write(bytes);
        _gzip.WriteByte((byte)'\n');
        _hash.AppendData(bytes);
        _hash.AppendData("\n"u8);
    }
}
