using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Rag.Bounds;
using Rag.Caching;
using Rag.Embedding;
using Rag.Errors;
using Rag.Seams;

namespace Rag.Search;

/// <summary>
/// Questions' embeddings, each computed once at a time: this process's memory, then (when switched on) the caching service's, then the model. Vectors belong to
/// the model that made them: those of a model that was asked for by name are kept for it alone; where none was named the model is asked for its name every ten
/// seconds, and what another one made is forgotten. What is kept is told while embedding is down.
/// </summary>
/// <param name="inner">The embedding service.</param>
/// <param name="shared">The caching service, or null to do without.</param>
/// <param name="mostBytes">What this process may keep; 0 keeps none.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Says when the caching service does not answer.</param>
internal sealed partial class CachedEmbedding(IEmbedding inner, ICaching? shared, long mostBytes, TimeProvider time, ILogger<CachedEmbedding> log) : IEmbedding
{
    private const int MostEntries = 1_000_000;
    private const int EntryOverhead = 300;

    /// <summary>How long another process's computation is waited for: longer than a healthy model takes, short beside a search's time.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan WaitSlack = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan ModelFresh = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SharedLifetime = TimeSpan.FromHours(1);

    private static readonly Counter<long> Lookups = new Meter("Rag").CreateCounter<long>(
        "rag.cache.lookups", "{lookup}", "Lookups by cache (answers, embeddings), level (local: this process; shared: the caching service) and result (hit, miss, waited, unavailable)");

    private readonly Lock _lock = new();
    private readonly RecentMap<(EmbeddingModel? Model, string Text), EmbedReply> _kept = new(MostEntries, mostBytes);
    private readonly Dictionary<(EmbeddingModel? Model, string Text), Task<EmbedReply>> _flights = [];
    private EmbeddingModel? _model;
    private long _modelAsked;
    private int _asking;

    public ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken) => inner.DescribeAsync(cancellationToken);

    public ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken)
    {
        if (request.Purpose != EmbedPurpose.Query || request.Texts.Count != 1 || mostBytes == 0)
            return inner.EmbedAsync(request, cancellationToken);
        var asked = (request.Model, request.Texts[0]);
        if (request.Model is null)
            CheckModel();
        Task<EmbedReply>? flight;
        lock (_lock)
        {
            if (_kept.TryGet(asked, out var kept))
            {
                Count("local", "hit");
                return new(kept);
            }

            _flights.TryGetValue(asked, out flight);
        }

        Count("local", flight is null ? "miss" : "waited");
        flight ??= Take(asked, request);
        return flight.IsCompletedSuccessfully ? new(flight.Result) : new(flight.WaitAsync(cancellationToken));
    }

    private Task<EmbedReply> Take((EmbeddingModel? Model, string Text) asked, EmbedRequest request)
    {
        // Filed before it starts: it may end at once.
        var done = new TaskCompletionSource<EmbedReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
            if (!_flights.TryAdd(asked, done.Task))
                return _flights[asked];
        _ = RunAsync(asked, request, done);
        return done.Task;
    }

    private async Task RunAsync((EmbeddingModel? Model, string Text) asked, EmbedRequest request, TaskCompletionSource<EmbedReply> done)
    {
        try
        {
            // For all who wait: not within the time of the first, nor stopped when it goes. The seam bounds it.
            CallScope.Enter(time, null, CallScope.CurrentPriority);
            var reply = shared is null ? await inner.EmbedAsync(request, CancellationToken.None).ConfigureAwait(false)
                : await ShareAsync(shared, asked.Text, request).ConfigureAwait(false);
            lock (_lock)
            {
                if (asked.Model is null)
                    KeepModelLocked(reply.Model);
                _kept.Set(asked, reply, EntryOverhead + 2L * asked.Text.Length + 4L * reply.Vectors[0].Length);
                _flights.Remove(asked);
            }

            done.TrySetResult(reply);
        }
        catch (Exception error)
        {
            lock (_lock)
                _flights.Remove(asked);
            done.TrySetException(error);
            _ = done.Task.Exception; // seen: when every caller has gone nobody else looks at it
        }
    }

    private async ValueTask<EmbedReply> ShareAsync(ICaching cache, string text, EmbedRequest request)
    {
        if ((request.Model ?? Volatile.Read(ref _model)) is not { } model)
        {
            model = await inner.DescribeAsync(CancellationToken.None).ConfigureAwait(false);
            lock (_lock)
                KeepModelLocked(model);
        }

        var lookup = new CacheLookup(CacheEntry.NoTenant, KeyOf(model, text), Guid.NewGuid(), TimeSpan.Zero);
        CacheReply found;
        try
        {
            found = await cache.GetOrLeadAsync(lookup, CancellationToken.None).ConfigureAwait(false);
            if (found.State == CacheState.Busy)
                found = await FollowAsync(cache, lookup, found).ConfigureAwait(false);
        }
        catch (RagException error)
        {
            Count("shared", "unavailable");
            CacheFailed(error.Message);
            return await inner.EmbedAsync(request, CancellationToken.None).ConfigureAwait(false);
        }

        if (found.State == CacheState.Hit && found.Value.Length == model.Dimensions * sizeof(float))
        {
            Count("shared", "hit");
            if (found.Refresh)
                Quietly(cache.AbandonAsync(new CacheLease(lookup.Tenant, lookup.Key, lookup.Lease), CancellationToken.None)); // it never grows old
            return new EmbedReply(model, [MemoryMarshal.Cast<byte, float>(found.Value.Span).ToArray()], 0);
        }

        Count("shared", found.State == CacheState.Busy ? "busy" : "miss");
        var kept = false;
        try
        {
            var reply = await inner.EmbedAsync(request, CancellationToken.None).ConfigureAwait(false);
            if (reply.Model == model)
            {
                kept = true;
                var bytes = MemoryMarshal.AsBytes(reply.Vectors[0].AsSpan()).ToArray();
                Quietly(cache.KeepAsync(new CacheEntry(lookup.Tenant, lookup.Key, found.Generation, SharedLifetime, bytes), CancellationToken.None));
            }

            return reply;
        }
        finally
        {
            if (!kept && found.State == CacheState.Lead)
                Quietly(cache.AbandonAsync(new CacheLease(lookup.Tenant, lookup.Key, lookup.Lease), CancellationToken.None));
        }
    }

    // Another process computes it: its vector, the task of computing it should that one fail, or, when it takes too long, as before.
    private async ValueTask<CacheReply> FollowAsync(ICaching cache, CacheLookup lookup, CacheReply busy)
    {
        using var late = new CancellationTokenSource(LongestWait + WaitSlack, time);
        try
        {
            return await cache.GetOrLeadAsync(lookup with { Wait = LongestWait }, late.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is RagException or OperationCanceledException)
        {
            // Should it have been the task that was lost on its way, nobody may wait for us.
            Quietly(cache.AbandonAsync(new CacheLease(lookup.Tenant, lookup.Key, lookup.Lease), CancellationToken.None));
            return busy;
        }
    }

    // Behind the question's back.
    private async void Quietly(ValueTask telling)
    {
        try
        {
            await telling.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            CacheFailed(error.Message);
        }
    }

    private static string KeyOf(EmbeddingModel model, string text) =>
        $"embedding:{model.Id}:{model.Version}:{model.Dimensions}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    private void CheckModel()
    {
        if (Volatile.Read(ref _model) is null || time.GetElapsedTime(Volatile.Read(ref _modelAsked)) < ModelFresh || Interlocked.Exchange(ref _asking, 1) == 1)
            return;
        _ = AskModelAsync();
    }

    private async Task AskModelAsync()
    {
        try
        {
            CallScope.Enter(time, null, Priority.Interactive);
            var model = await inner.DescribeAsync(CancellationToken.None).ConfigureAwait(false);
            lock (_lock)
                KeepModelLocked(model);
        }
        catch (Exception)
        {
            Volatile.Write(ref _modelAsked, time.GetTimestamp()); // down: what is kept is all there is
        }
        finally
        {
            Volatile.Write(ref _asking, 0);
        }
    }

    private void KeepModelLocked(EmbeddingModel model)
    {
        if (_model is not null && _model != model)
            _kept.Clear();
        Volatile.Write(ref _modelAsked, time.GetTimestamp());
        Volatile.Write(ref _model, model);
    }

    private static void Count(string level, string result) => Lookups.Add(
        1, new KeyValuePair<string, object?>("cache", "embeddings"), new KeyValuePair<string, object?>("level", level), new KeyValuePair<string, object?>("result", result));

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cache of embeddings did not answer ({Reason})")]
    private partial void CacheFailed(string reason);
}
