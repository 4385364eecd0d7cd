using System.Collections.Concurrent;
using Rag.Keywords;

namespace Rag.Bench.Crashes.Planted;

/// <summary>The index as it is; a bug overrides what it breaks.</summary>
internal abstract class PassedOnKeywords(IKeywords index) : IKeywords
{
    protected IKeywords Index => index;

    public virtual ValueTask ReplaceAsync(IReadOnlyList<DocumentChunks> documents, CancellationToken cancellationToken) => index.ReplaceAsync(documents, cancellationToken);

    public virtual ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken) => index.DeleteAsync(tenant, documentId, version, cancellationToken);

    public ValueTask<IReadOnlyList<KeywordHit>> SearchAsync(KeywordSearch request, CancellationToken cancellationToken) => index.SearchAsync(request, cancellationToken);

    public ValueTask<IReadOnlyList<ChunkText?>> GetTextsAsync(string tenant, IReadOnlyList<ChunkKey> chunks, CancellationToken cancellationToken) => index.GetTextsAsync(tenant, chunks, cancellationToken);

    public ValueTask<KeywordsState> DescribeAsync(CancellationToken cancellationToken) => index.DescribeAsync(cancellationToken);
}

/// <summary>No version fence: the last to write wins, whatever its version. What comes late is given a version that the index takes.</summary>
internal sealed class NoVersionFence(IKeywords index) : PassedOnKeywords(index)
{
    private readonly ConcurrentDictionary<string, int> _newest = new();

    public override ValueTask ReplaceAsync(IReadOnlyList<DocumentChunks> documents, CancellationToken cancellationToken) =>
        base.ReplaceAsync([.. documents.Select(document => document with { Version = Passing(document.DocumentId, document.Version) })], cancellationToken);

    private int Passing(string id, int version) => _newest.AddOrUpdate(id, version, (_, newest) => version < newest ? newest + 1 : version);
}

/// <summary>Delete without tombstone: the chunks go, and nothing remembers that they did.</summary>
internal sealed class DeleteWithoutTombstone(IKeywords index) : PassedOnKeywords(index)
{
    private readonly ConcurrentDictionary<string, int> _deleted = new();

    public override ValueTask ReplaceAsync(IReadOnlyList<DocumentChunks> documents, CancellationToken cancellationToken) => base.ReplaceAsync(
        [.. documents.Select(document => _deleted.TryGetValue(document.DocumentId, out var deleted) && document.Version < deleted ? document with { Version = deleted + 1 } : document)], cancellationToken);

    public override ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken)
    {
        _deleted[documentId] = version;
        return base.DeleteAsync(tenant, documentId, version, cancellationToken);
    }
}

/// <summary>
/// Chunks with names of their own instead of the document's: those of another try are added beside the first. With <paramref name="remembers"/>, tries that were seen are
/// left out, by a memory that dies with the process.
/// </summary>
internal sealed class AddingKeywords(IKeywords index, bool remembers) : PassedOnKeywords(index)
{
    private readonly ConcurrentDictionary<(string, int), bool> _seen = new();

    public override async ValueTask ReplaceAsync(IReadOnlyList<DocumentChunks> documents, CancellationToken cancellationToken)
    {
        foreach (var document in documents)
        {
            if (remembers && _seen.ContainsKey((document.DocumentId, document.Version)))
                continue;
            var chunks = new List<string>();
            while ((await Index.GetTextsAsync(document.Tenant, [new ChunkKey(document.DocumentId, document.Version, chunks.Count)], cancellationToken))[0] is { } there)
                chunks.Add(there.Text);
            await base.ReplaceAsync([document with { Chunks = [.. chunks, .. document.Chunks] }], cancellationToken);
            _seen[(document.DocumentId, document.Version)] = true;
        }
    }
}
