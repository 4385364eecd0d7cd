using System.Buffers;
using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Rag.Crashes;
using Rag.Errors;
using Rag.Keywords.Analysis;
using Rag.Keywords.Index;
using Rag.Keywords.Store;

namespace Rag.Keywords;

/// <summary>
/// <see cref="IKeywords"/> in this process. Writes queue for one writer, which makes all that wait durable by one fsync, applies them and lets
/// their callers go; searches run in their callers' threads and wait for nobody.
/// </summary>
internal sealed partial class KeywordIndex : IKeywords, IAsyncDisposable, IDisposable
{
    private const int MaxTopK = 1000;
    private const int MaxTexts = 1000;
    private const int MaxQueryTerms = KeywordTerms.MaxInQuery;
    private const int MaxTermsToExpand = 32;
    private const int MaxQueuedWrites = 1024;
    private const int BatchBytes = 8 << 20;

    private readonly KeywordsOptions _options;
    private readonly ILogger _logger;
    private readonly KeywordStore _store;
    private readonly Channel<Write> _writes = Channel.CreateBounded<Write>(new BoundedChannelOptions(MaxQueuedWrites) { SingleReader = true });
    private readonly Task _writer;
    private Exception? _failure;
    private int _disposed;

    /// <param name="folder">Its files; one process at a time.</param>
    /// <param name="options">Checked here.</param>
    /// <param name="logger">Tells of cleaning, of torn tails and of failures.</param>
    public KeywordIndex(string folder, KeywordsOptions options, ILogger<KeywordIndex> logger)
    {
        if (options.Problems().ToArray() is { Length: > 0 } problems)
            throw new InvalidOperationException(string.Join("; ", problems));
        (_options, _logger) = (options, logger);
        _store = new KeywordStore(folder, options, logger);
        _writer = Task.Run(WriteAsync);
    }

    private sealed record Write((string Tenant, string Id, int Version, bool IsDeletion, byte[] Record)[] Records)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public ValueTask ReplaceAsync(IReadOnlyList<DocumentChunks> documents, CancellationToken cancellationToken)
    {
        if (documents.Count == 0)
            return ValueTask.CompletedTask;
        var records = new (string, string, int, bool, byte[])[documents.Count];
        for (var i = 0; i < records.Length; i++)
        {
            var document = documents[i];
            records[i] = (document.Tenant, document.DocumentId, document.Version, false, DocumentRecord.Encode(document));
        }

        return WriteAsync(new Write(records), cancellationToken);
    }

    public ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken) =>
        WriteAsync(new Write([(tenant, documentId, version, true, DocumentRecord.EncodeDeletion(tenant, documentId, version))]), cancellationToken);

    public ValueTask<IReadOnlyList<KeywordHit>> SearchAsync(KeywordSearch request, CancellationToken cancellationToken)
    {
        if (request.TopK is < 1 or > MaxTopK)
            throw new RagException(RagError.InvalidArgument, $"keywords: top_k is {request.TopK}; allowed are 1 to {MaxTopK}");
        cancellationToken.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        IReadOnlyList<KeywordHit> hits = _store.Tenants.TryGetValue(request.Tenant, out var tenant) ? Search(tenant.Index, request) : [];
        KeywordsMetrics.Searched(Stopwatch.GetElapsedTime(started));
        return ValueTask.FromResult(hits);
    }

    public ValueTask<IReadOnlyList<ChunkText?>> GetTextsAsync(string tenant, IReadOnlyList<ChunkKey> chunks, CancellationToken cancellationToken)
    {
        if (chunks.Count > MaxTexts)
            throw new RagException(RagError.InvalidArgument, $"keywords: {chunks.Count} texts asked for; at most {MaxTexts} in one request");
        var texts = new ChunkText?[chunks.Count];
        if (!_store.Tenants.TryGetValue(tenant, out var held))
            return ValueTask.FromResult<IReadOnlyList<ChunkText?>>(texts);
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 14);
        try
        {
            for (var i = 0; i < texts.Length; i++)
            {
                var key = chunks[i];
                if (KeywordStore.FindVersion(held, key.DocumentId, key.Version) is { } document
                    && (uint)key.Ordinal < (uint)document.Chunks.Length && _store.ReadText(document, key.Ordinal, buffer) is { } text)
                    texts[i] = new ChunkText(key, document.Title, text);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return ValueTask.FromResult<IReadOnlyList<ChunkText?>>(texts);
    }

    public ValueTask<KeywordsState> DescribeAsync(CancellationToken cancellationToken)
    {
        long chunks = 0, terms = 0, bytes = 0;
        foreach (var (_, tenant) in _store.Tenants)
        {
            var index = tenant.Index;
            chunks += index.Current.Live;
            terms += index.Vocabulary.Count;
            bytes += index.Bytes;
        }

        return ValueTask.FromResult(new KeywordsState(chunks, terms, bytes));
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _writes.Writer.Complete();
        await _writer.ConfigureAwait(false);
        if (_failure is null)
            _store.SaveSnapshot();
        _store.Dispose();
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private List<KeywordHit> Search(TenantIndex index, KeywordSearch request)
    {
        var state = index.Current;
        var query = QueryTerms(index, request.Text);
        if (query.Count == 0 || state.Live == 0)
            return [];

        var scoring = new KeywordScoring(_options.K1, _options.B, state.Live, (double)state.LiveTerms / state.Live);
        var terms = new List<(Postings.View, double)>(query.Count);
        foreach (var (term, weight) in query)
            if (term.Postings.Read(state.Watermark) is { Count: > 0 } list)
                terms.Add((list, scoring.Factor(Math.Max(term.Postings.Live, 1), weight)));

        Func<int, bool>? accept = null;
        if (request.Filter is { } filter)
        {
            // Chunks of a document follow each other: the last answer often serves again.
            IndexedDocument? last = null;
            var matches = false;
            accept = chunk =>
            {
                var document = state.Rows[chunk].Document!;
                if (!ReferenceEquals(document, last))
                    (last, matches) = (document, filter.Matches(document.Metadata));
                return matches;
            };
        }

        var found = MaxScoreSearch.Find(terms, scoring, state, request.TopK, accept);
        var hits = new List<KeywordHit>(found.Count);
        foreach (var (chunk, score) in found)
        {
            var row = state.Rows[chunk];
            hits.Add(new KeywordHit(row.Document!.Id, row.Document.Version, row.Ordinal, score));
        }

        return hits;
    }

    // Each word of the query as often as it comes, and words that look like one, for less.
    private Dictionary<Term, double> QueryTerms(TenantIndex index, string text)
    {
        var analyzed = ChunkAnalyzer.Analyze("", text).Terms;
        var query = new Dictionary<Term, double>();
        foreach (var (word, count) in analyzed.AsSpan(0, Math.Min(analyzed.Length, MaxQueryTerms)))
            if (index.Vocabulary.TryGet(word, out var term))
                query[term] = count;
        if (analyzed.Length > MaxTermsToExpand)
            return query;

        foreach (var (word, _) in analyzed)
            foreach (var (term, likeness) in index.Similar.Find(word))
            {
                var weight = _options.SimilarTermsWeight * likeness;
                if (weight > query.GetValueOrDefault(term))
                    query[term] = weight;
            }

        return query;
    }

    private async ValueTask WriteAsync(Write write, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        ThrowIfFailed();
        try
        {
            await _writes.Writer.WriteAsync(write, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new RagException(RagError.Unavailable, "keywords: the service is stopping; try again at another instance");
        }

        await write.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        KeywordsMetrics.Written(Stopwatch.GetElapsedTime(started));
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
            throw new RagException(RagError.Unavailable, "keywords: an earlier write failed, so the log may be incomplete; see the service's log, repair the disk and restart it", null, failure);
    }

    private async Task WriteAsync()
    {
        var batch = new List<Write>();
        var logged = new List<(byte[] Record, long Place)>();
        while (await _writes.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            logged.Clear();
            try
            {
                ThrowIfFailed();
                var bytes = 0L;
                while (bytes < BatchBytes && _writes.Reader.TryRead(out var write))
                {
                    batch.Add(write);
                    foreach (var (tenant, id, version, isDeletion, record) in write.Records)
                    {
                        if (!_store.IsNews(tenant, id, version, isDeletion, record))
                            continue;
                        logged.Add((record, _store.Append(record)));
                        bytes += record.Length;
                    }
                }

                _store.Flush();
                Failpoints.Reach(Failpoint.KeywordsUnpublished);
                foreach (var (record, place) in logged)
                {
                    _store.Apply(record, place);
                    _store.Publish();
                }

                foreach (var write in batch)
                    write.Done.SetResult();
                _store.Maintain();
            }
            catch (Exception e)
            {
                Fail(batch, e);
            }
        }
    }

    // After a failed write nobody knows what the disk holds: the index goes on answering searches and refuses writes until it is started again.
    private void Fail(List<Write> batch, Exception e)
    {
        if (Interlocked.CompareExchange(ref _failure, e, null) is null)
            LogFailed(e);
        while (_writes.Reader.TryRead(out var write))
            batch.Add(write);
        foreach (var write in batch)
            write.Done.TrySetException(new RagException(RagError.Unavailable, "keywords: the write could not be made durable; see the service's log", null, e));
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "keywords: writing failed; no more writes are taken until a restart")]
    private partial void LogFailed(Exception failure);
}
