using Rag.Filters;
using Rag.Seams;
using Rag.Vectors;

namespace Rag.Engines.Faiss;

/// <summary>
/// One tenant: its documents and its own FAISS index. Searches share a lock; a change takes it alone, for few vectors at a time. FAISS's graph can't forget, so what
/// is replaced stays in it, is passed over, and goes when the index is made anew.
/// </summary>
internal sealed class FaissTenant(FaissLibrary library, FaissOptions options) : IDisposable
{
    private const int AddAtOnce = 32;
    private const int CompareBelow = 1_000;
    private const double CompareShare = 0.1;
    private const int Spare = 16;

    private readonly ReaderWriterLockSlim _lock = new();
    private readonly Dictionary<string, FaissDocument> _documents = new(StringComparer.Ordinal);
    private readonly Dictionary<long, (FaissDocument Document, int Ordinal)> _places = [];
    private FaissIndex? _index;

    /// <summary>Chunks that searches see.</summary>
    public int Live => _places.Count;

    /// <summary>Vectors that lie in the index and count no more.</summary>
    public long Dead => Math.Max(0, (_index?.Count ?? 0) - Live);

    /// <summary>Vectors added since the index was last written to its file.</summary>
    public long Unsaved { get; private set; }

    /// <summary>Whether so much of the index is dead that it should be made anew.</summary>
    public bool IsStale => Dead > Math.Max(1_000, Live / 3);

    /// <summary>A document's fence; 0 for one that was never seen.</summary>
    public long RankOf(string document) => Read(() => _documents.TryGetValue(document, out var known) ? known.Rank : 0);

    /// <summary>What searches see of every document, deletions included.</summary>
    public List<FaissDocument> Held() => Read(() => _documents.Values.ToList());

    /// <summary>Ids of all chunks that searches see.</summary>
    public long[] LiveIds() => Read(() => _places.Keys.ToArray());

    /// <summary>Ids of chunks that searches should see and the index has not.</summary>
    public long[] MissingIds() => Read(() => _places.Keys.Except(_index?.Ids() ?? []).ToArray());

    /// <summary>Takes an index that was read or made beside this one; the one before is freed.</summary>
    public void Adopt(FaissIndex index, long unsaved) => Write(() =>
    {
        _index?.Dispose();
        (_index, Unsaved) = (index, unsaved);
    });

    /// <summary>Adds vectors, which no search sees before <see cref="Publish"/>.</summary>
    public void Add(IEnumerable<(long Id, float[] Vector)> vectors)
    {
        foreach (var some in vectors.Chunk(AddAtOnce))
            Write(() =>
            {
                _index ??= FaissIndex.Create(library, some[0].Vector.Length, options);
                _index.Add([.. some.SelectMany(chunk => chunk.Vector)], [.. some.Select(chunk => chunk.Id)]);
                Unsaved += some.Length;
            });
    }

    /// <summary>From here on searches see this of the document.</summary>
    public void Publish(FaissDocument document) => Write(() =>
    {
        if (_documents.TryGetValue(document.Id, out var before))
            foreach (var (_, id) in before.Chunks)
                _places.Remove(id);
        _documents[document.Id] = document;
        foreach (var (ordinal, id) in document.Chunks)
            _places[id] = (document, ordinal);
    });

    /// <summary>Writes the index to a file.</summary>
    public void Save(string path) => Read(() =>
    {
        _index?.Write(path);
        Unsaved = 0;
        return true;
    });

    /// <summary>The nearest, best first.</summary>
    public List<VectorHit> Search(float[] query, int topK, MetadataFilter? filter) => Read(() =>
    {
        if (_index is not { } index || Live == 0)
            return [];
        var candidates = filter is null ? null : _documents.Values.Where(document => document.Chunks.Length > 0 && filter.Matches(document.Metadata)).ToHashSet();
        var matching = candidates?.Sum(document => document.Chunks.Length) ?? Live;
        var found = matching <= Math.Max(CompareBelow, CompareShare * Live) && (filter is not null || Live <= CompareBelow) ? null : Walk(index, query, Math.Min(topK, matching), candidates);
        if (found is null || found.Count < Math.Min(topK, matching))
            found = Compare(index, query, candidates);
        found.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score)
            : string.CompareOrdinal(a.DocumentId, b.DocumentId) is var order && order != 0 ? order : a.Ordinal.CompareTo(b.Ordinal));
        return found.Count > topK ? found[..topK] : found;
    });

    public void Dispose()
    {
        Write(() => _index?.Dispose());
        _lock.Dispose();
    }

    // Ever more, until enough of what is found counts.
    private List<VectorHit> Walk(FaissIndex index, float[] query, int wanted, HashSet<FaissDocument>? candidates)
    {
        for (long count = Math.Min(wanted + Spare, index.Count); ; count = Math.Min(count * 4, index.Count))
        {
            var hits = new List<VectorHit>(wanted);
            foreach (var (id, score) in index.Search(query, (int)count, (int)Math.Max(options.SearchBreadth, count)))
                if (_places.TryGetValue(id, out var place) && candidates?.Contains(place.Document) != false)
                    hits.Add(Hit(place, score));
            if (hits.Count >= wanted || count == index.Count)
                return hits;
        }
    }

    private List<VectorHit> Compare(FaissIndex index, float[] query, HashSet<FaissDocument>? candidates)
    {
        var ids = candidates is null ? [.. _places.Keys] : candidates.SelectMany(document => document.Chunks.Select(chunk => chunk.Id)).ToArray();
        return [.. ids.Zip(index.Compare(query, ids)).Where(pair => !float.IsNaN(pair.Second)).Select(pair => Hit(_places[pair.First], pair.Second))];
    }

    private static VectorHit Hit((FaissDocument Document, int Ordinal) place, float score) =>
        new(place.Document.Id, DocumentRank.VersionOf(place.Document.Rank), place.Ordinal, Math.Clamp(score, -1, 1));

    private T Read<T>(Func<T> act)
    {
        _lock.EnterReadLock();
        try
        {
            return act();
        }
        finally
        {
            _lock.ExitReadLock();
        }
    }

    private void Write(Action act)
    {
        _lock.EnterWriteLock();
        try
        {
            act();
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }
}
