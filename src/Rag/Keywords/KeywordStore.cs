using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using Rag.Journals;
using Rag.Keywords.Analysis;
using Rag.Keywords.Index;
using Rag.Keywords.Store;

namespace Rag.Keywords;

/// <summary>
/// Log and index together: what was logged is applied, and a restart applies it again. All changes are made by one thread at a time; reading is free.
/// </summary>
internal sealed partial class KeywordStore : IDisposable
{
    private readonly string _folder;
    private readonly KeywordsOptions _options;
    private readonly ILogger _logger;
    private readonly ChunkLog _log;
    private readonly ConcurrentDictionary<string, Tenant> _tenants = new(1, 31, StringComparer.Ordinal);
    private readonly HashSet<Tenant> _touched = [];
    private long _bytesSinceSnapshot;

    /// <exception cref="JournalException">The folder is in use, or the log is damaged.</exception>
    public KeywordStore(string folder, KeywordsOptions options, ILogger logger)
    {
        (_folder, _options, _logger) = (folder, options, logger);
        _log = ChunkLog.Open(folder, options.LogFileBytes);
        try
        {
            Recover();
        }
        catch
        {
            _log.Dispose();
            throw;
        }
    }

    /// <summary>Tenants by name.</summary>
    public IReadOnlyDictionary<string, Tenant> Tenants => _tenants;

    /// <summary>Whether a write would change anything: not when a newer version, a deletion or the same content was applied already.</summary>
    public bool IsNews(string tenant, string id, int version, bool isDeletion, ReadOnlySpan<byte> record) =>
        !_tenants.TryGetValue(tenant, out var held) || !held.Documents.TryGetValue(id, out var known) || known.Version < version
        || (known.Version == version && !known.IsDeleted && (isDeletion || known.RecordBytes != record.Length || known.Checksum != Crc32C.Of(record)));

    /// <summary>Adds a record to the batch.</summary>
    public long Append(ReadOnlySpan<byte> record)
    {
        _bytesSinceSnapshot += record.Length;
        return _log.Append(record);
    }

    /// <summary>Makes the batch durable.</summary>
    public void Flush() => _log.Flush();

    /// <summary>Applies a logged record; readers see it after <see cref="Publish"/>.</summary>
    public void Apply(ReadOnlySpan<byte> record, long place)
    {
        var document = DocumentRecord.Decode(record, place);
        if (!IsNews(document.Tenant, document.Id, document.Version, document.IsDeleted, record))
        {
            // Cleaning writes live records a second time: the later copy is the one that stays.
            var known = _tenants[document.Tenant].Documents[document.Id];
            if (known.Version == document.Version && known.IsDeleted == document.IsDeleted && known.Checksum == document.Checksum)
                MoveTo(known, place);
            return;
        }

        // In with the new before out with the old: a term's count of documents never falls below what readers see.
        var tenant = _tenants.GetOrAdd(document.Tenant, _ => new Tenant(_options));
        if (document.Chunks.Length > 0)
            tenant.Index.Add(document, AnalyzeChunks(document, record, keepLengths: true));
        if (tenant.Documents.TryGetValue(document.Id, out var old))
        {
            _log.CountLive(old.Place, old.RecordBytes, -1);
            if (old.Chunks.Length > 0)
                tenant.Index.Remove(old, AnalyzeChunks(old, ReadRecord(old), keepLengths: false));
        }

        if (old is { IsDeleted: false } && !document.IsDeleted)
        {
            old.Previous = null;
            document.Previous = old;
        }

        tenant.Documents[document.Id] = document;
        _log.CountLive(place, document.RecordBytes, +1);
        _touched.Add(tenant);
    }

    /// <summary>A version of a document whose texts can still be read, or null.</summary>
    public static IndexedDocument? FindVersion(Tenant tenant, string id, int version)
    {
        if (!tenant.Documents.TryGetValue(id, out var document))
            return null;
        return document.Version == version ? document : document.Previous is { } previous && previous.Version == version ? previous : null;
    }

    /// <summary>Shows readers what was applied.</summary>
    public void Publish()
    {
        foreach (var tenant in _touched)
        {
            tenant.Index.Publish();
            if (tenant.Index.WantsCompaction)
                tenant.Index = tenant.Index.Compact();
        }

        _touched.Clear();
    }

    /// <summary>Cleans one mostly dead log file, and writes a snapshot when a restart would have much to replay.</summary>
    public void Maintain()
    {
        if (_log.FindMostlyDead() is { } file)
            Clean(file);
        var live = 0L;
        foreach (var each in _log.Files)
            live += each.LiveBytes;
        if (_bytesSinceSnapshot >= Math.Max(_options.SnapshotAfterBytes, live / 2))
            SaveSnapshot();
    }

    /// <summary>Writes a snapshot unless nothing has changed since the last one.</summary>
    public void SaveSnapshot()
    {
        if (_bytesSinceSnapshot == 0)
            return;
        IndexSnapshot.Save(_folder, [.. _tenants], _log.End, _log.BatchNumber);
        _bytesSinceSnapshot = 0;
        _log.DeleteRetired();
    }

    /// <summary>A chunk's text, or null when the document has gone on meanwhile. Any thread.</summary>
    public string? ReadText(IndexedDocument document, int ordinal, byte[] buffer)
    {
        var spot = document.Chunks[ordinal];
        var bytes = spot.Bytes <= buffer.Length ? buffer.AsSpan(0, spot.Bytes) : new byte[spot.Bytes];

        // Cleaning moves a record before it deletes the old file, so a second look finds it, unless it moved again meanwhile.
        for (var tries = 0; tries < 8; tries++)
            if (_log.TryRead(document.Place, spot.Offset, bytes))
                return Encoding.UTF8.GetString(bytes);
        return null;
    }

    public void Dispose() => _log.Dispose();

    private static AnalyzedChunk[] AnalyzeChunks(IndexedDocument document, ReadOnlySpan<byte> record, bool keepLengths)
    {
        var analyzed = new AnalyzedChunk[document.Chunks.Length];
        for (var i = 0; i < analyzed.Length; i++)
        {
            var spot = document.Chunks[i];
            analyzed[i] = ChunkAnalyzer.Analyze(document.Title, Encoding.UTF8.GetString(record.Slice(spot.Offset, spot.Bytes)));
            if (keepLengths)
                document.Chunks[i] = spot with { Length = analyzed[i].Length };
        }

        return analyzed;
    }

    private byte[] ReadRecord(IndexedDocument document)
    {
        var record = new byte[document.RecordBytes];
        return _log.TryRead(document.Place, 0, record) ? record : throw new JournalException($"{_folder}: the record of document '{document.Id}' is in no log file; restore the folder from a backup, or move it away and index the documents again");
    }

    private void MoveTo(IndexedDocument document, long place)
    {
        _log.CountLive(document.Place, document.RecordBytes, -1);
        document.Place = place;
        _log.CountLive(place, document.RecordBytes, +1);
    }

    // The file itself stays until the next snapshot: the present one still points into it, and a replay must know what to take out.
    private void Clean(LogFile file)
    {
        var moved = new List<(IndexedDocument Document, long Place)>();
        ChunkLog.Scan(file, (record, place) =>
        {
            var (tenant, id, _) = DocumentRecord.DecodeName(record);
            if (_tenants.TryGetValue(tenant, out var held) && held.Documents.TryGetValue(id, out var document) && document.Place == place)
                moved.Add((document, Append(record)));
        });
        _log.Flush();
        foreach (var (document, place) in moved)
            MoveTo(document, place);
        _log.Retire(file);
        LogCleaned(file.Path, moved.Count);
    }

    private void Recover()
    {
        long from = 0;
        try
        {
            if (IndexSnapshot.Load(_folder, _options) is { } snapshot)
            {
                foreach (var (name, tenant) in snapshot.Tenants)
                    _tenants[name] = tenant;
                (from, _log.BatchNumber) = (snapshot.LogEnd, snapshot.Batch);
            }
        }
        catch (JournalException e)
        {
            LogSnapshotIgnored(e.Message);
        }

        foreach (var tenant in _tenants.Values)
            foreach (var document in tenant.Documents.Values)
                _log.CountLive(document.Place, document.RecordBytes, +1);

        var cut = _log.Replay(from, (record, place) =>
        {
            _bytesSinceSnapshot += record.Length;
            Apply(record, place);
            CompactWhileReplaying();
        });
        Publish();
        if (cut > 0)
            LogTornTail(cut);
    }

    // While nobody reads yet, compaction still has to run, or endless replacement would need all its dead chunks at once.
    private void CompactWhileReplaying()
    {
        foreach (var tenant in _touched)
            if (tenant.Index.WantsCompaction)
            {
                tenant.Index.Publish();
                tenant.Index = tenant.Index.Compact();
            }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "keywords: cleaned {File}, {Moved} records moved")]
    private partial void LogCleaned(string file, int moved);

    [LoggerMessage(Level = LogLevel.Warning, Message = "keywords: the snapshot is not used, the log is read from its beginning: {Reason}")]
    private partial void LogSnapshotIgnored(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "keywords: {Bytes} bytes of an unfinished, never acknowledged write were cut off the log")]
    private partial void LogTornTail(long bytes);
}
