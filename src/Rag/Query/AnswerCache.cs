using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Rag.Caching;
using Rag.Errors;
using Rag.Seams;

namespace Rag.Query;

/// <summary>Computes an answer.</summary>
/// <param name="degraded">What is missing already.</param>
/// <param name="cancellationToken">Stops it.</param>
internal delegate IAsyncEnumerable<AnswerEvent> ComputeAnswer(IReadOnlyList<string> degraded, CancellationToken cancellationToken);

/// <summary>
/// Tells an answer again, or sees to it that it is computed once: within this process all who ask the same share one stream, and across processes the others wait
/// for the leader's whole answer, up to a bound. Without the cache answers are computed, still once per process and question, and say so.
/// <code>
/// asker ─▶ cache ─┬ hit ───────────────────────────▶ told again
///                 ├ lead ─▶ flight: compute ─▶ keep
///                 ├ busy ─▶ flight: wait ─┬ hit ───▶ told again
///                 │                       └ lead, or waited long enough ─▶ compute ─▶ keep
///                 └ down ─▶ flight: compute, degraded
/// </code>
/// A flight belongs to one generation of the tenant's documents: who asks after a change never joins one from before.
/// </summary>
internal sealed partial class AnswerCache
{
    /// <summary>What an answer says that was computed because the cache did not answer.</summary>
    public const string Unavailable = "caching_unavailable";

    // One poll of a wait, and how much later than that its reply may be: a frozen cache costs an asker their sum at most.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SliceSlack = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan RefreshTime = TimeSpan.FromSeconds(60);
    private static readonly string[] Nothing = [];

    private const int MostRefreshes = 16;

    private readonly ICaching _cache;
    private readonly AlikeAnswers? _alike;
    private readonly QueryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly RepeatedWarning _warning;
    private readonly SharedLookups _lookups;
    private readonly ConcurrentDictionary<(string Key, long? Generation), AnswerFlight> _flights = new();
    private readonly SemaphoreSlim _refreshes = new(MostRefreshes);

    /// <param name="cache">The caching service.</param>
    /// <param name="alike">Answers to the same questions in other words; null to do without.</param>
    /// <param name="options">How long answers are kept and waited for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Says when the caching service does not answer.</param>
    public AnswerCache(ICaching cache, AlikeAnswers? alike, QueryOptions options, TimeProvider time, ILogger<AnswerCache> log)
    {
        (_cache, _alike, _options, _time, _log) = (cache, alike, options, time, log);
        _warning = new RepeatedWarning(time);
        _lookups = new SharedLookups(cache, time, lease => _ = AbandonAsync(lease));
    }

    /// <summary>Answers under way in this process.</summary>
    public int Flights => _flights.Count;

    /// <summary>Who reads them.</summary>
    public int Readers() => _flights.Values.Sum(flight => flight.Answer.Readers);

    /// <summary>An answer, from wherever.</summary>
    public async IAsyncEnumerable<AnswerEvent> AnswerAsync(
        AnswerRequest request, string model, ComputeAnswer compute, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var asked = new Asked(request, model, AnswerKey.Of(request, model), compute);
        var (reply, lease) = await LookAsync(asked, cancellationToken).ConfigureAwait(false);
        if (reply is { State: CacheState.Hit } && CachedAnswer.FromBytes(reply.Value.Span) is { } kept)
        {
            AnswerLookups.Count("shared", "hit");
            if (reply.Refresh)
                _ = RefreshAsync(asked, reply.Generation, lease);
            foreach (var step in Retell(kept, started))
                yield return step;
            yield break;
        }

        AnswerLookups.Count("shared", reply switch { null => "unavailable", { Stale: true } => "stale", { State: CacheState.Busy } => "busy", _ => "miss" });
        var flight = Join(asked, reply?.Generation, reply is { State: CacheState.Lead } or { Refresh: true } ? lease : null);
        await foreach (var step in flight.Answer.ReadAsync(cancellationToken).ConfigureAwait(false))
            yield return step;
    }

    private async ValueTask<(CacheReply? Reply, Guid Lease)> LookAsync(Asked asked, CancellationToken cancellationToken)
    {
        try
        {
            var (reply, lease) = await _lookups.LookAsync(asked.Request.Tenant, asked.Key, cancellationToken).ConfigureAwait(false);
            return (reply, lease);
        }
        catch (RagException error) when (!cancellationToken.IsCancellationRequested)
        {
            Warn(error.Message);
            return default;
        }
    }

    private AnswerFlight Join(Asked asked, long? generation, Guid? lease)
    {
        var name = (asked.Key, generation);
        while (true)
        {
            var made = false;
            if (!_flights.TryGetValue(name, out var flight))
            {
                var mine = new AnswerFlight(
                    (self, token) => MakeAsync(asked, generation, self, token),
                    (self, left) =>
                    {
                        _flights.TryRemove(new KeyValuePair<(string, long?), AnswerFlight>(name, self));
                        if (left is { } unused)
                            _ = AbandonAsync(asked.Given(unused));
                    });
                // Before it is seen: a leader must never be taken for one who waits.
                if (lease is { } first)
                    mine.TryOffer(first);
                flight = _flights.GetOrAdd(name, mine);
                made = ReferenceEquals(flight, mine);
            }

            if ((made || lease is not { } offered || flight.TryOffer(offered)) && flight.Answer.TryJoin())
            {
                AnswerLookups.Count("local", made ? "miss" : "hit");
                return flight;
            }

            // It ended in between; if it went before it was filed, its own removal missed it.
            _flights.TryRemove(new KeyValuePair<(string, long?), AnswerFlight>(name, flight));
        }
    }

    private async IAsyncEnumerable<AnswerEvent> MakeAsync(
        Asked asked, long? generation, AnswerFlight flight, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var degraded = generation is null ? [Unavailable] : Nothing;
        if (generation is not null && !flight.Offered.IsCompleted)
        {
            var (followed, reached) = await FollowAsync(asked, flight, cancellationToken).ConfigureAwait(false);
            if (followed is not null)
            {
                foreach (var step in Retell(followed, started))
                    yield return step;
                yield break;
            }

            degraded = reached ? Nothing : [Unavailable];
        }

        var question = generation is { } scope && _alike is not null
            ? await _alike.ReadAsync(asked.Request, asked.Model, scope, cancellationToken).ConfigureAwait(false) : null;
        if (question is not null && _alike!.Find(question) is { } same)
        {
            foreach (var step in Retell(same, started))
                yield return step;
            yield break;
        }

        var text = new StringBuilder();
        var citations = new AnswerCitations([]);
        await foreach (var step in asked.Compute(degraded, cancellationToken).ConfigureAwait(false))
        {
            if (step is AnswerCitations cited)
                citations = cited;
            else if (step is AnswerText piece)
                text.Append(piece.Text);
            // An answer with a part missing is better than none, but not one to tell again.
            else if (step is AnswerEnd { Degraded.Count: 0 } end && generation is { } number && text.Length > 0)
            {
                var answer = new CachedAnswer(citations.Citations, text.ToString(), end);
                _ = KeepAsync(asked, number, answer.ToBytes());
                flight.Settle();
                if (question is not null)
                    _alike!.Keep(question, answer);
            }

            yield return step;
        }
    }

    // Another computes it: its answer, or null to compute it here; and whether the cache could be reached.
    private async ValueTask<(CachedAnswer? Answer, bool Reached)> FollowAsync(Asked asked, AnswerFlight flight, CancellationToken cancellationToken)
    {
        var lease = Guid.NewGuid();
        var started = _time.GetTimestamp();
        while (!flight.Offered.IsCompleted && _options.CacheWait - _time.GetElapsedTime(started) is { } left && left > TimeSpan.Zero)
        {
            var wait = left < Slice ? left : Slice;
            using var late = new CancellationTokenSource(wait + SliceSlack, _time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            var asking = _time.GetTimestamp();
            try
            {
                var waiting = _cache.GetOrLeadAsync(asked.Lookup(lease, wait), stop.Token).AsTask().WaitAsync(stop.Token);
                if (await Task.WhenAny(waiting, flight.Offered).ConfigureAwait(false) != waiting)
                    await stop.CancelAsync().ConfigureAwait(false);
                var reply = await waiting.ConfigureAwait(false);
                if (reply.State == CacheState.Lead)
                    flight.TryOffer(lease);
                // At once: there is no room to wait.
                if (reply.State == CacheState.Busy && _time.GetElapsedTime(asking) < wait / 2)
                    break;
                if (reply.State != CacheState.Hit)
                    continue;
                if (CachedAnswer.FromBytes(reply.Value.Span) is not { } answer)
                    break;
                if (reply.Refresh)
                    _ = AbandonAsync(asked.Given(lease)); // of a moment ago: too soon to compute it anew
                AnswerLookups.Count("shared", "waited");
                return (answer, true);
            }
            catch (Exception error) when (error is RagException or OperationCanceledException)
            {
                // Lost: should it have been the lease that came, nobody may wait for us.
                _ = AbandonAsync(asked.Given(lease));
                cancellationToken.ThrowIfCancellationRequested();
                if (flight.Offered.IsCompleted)
                    break;
                Warn(error.Message);
                AnswerLookups.Count("shared", "unavailable");
                return (null, false);
            }
        }

        return (null, true);
    }

    private IEnumerable<AnswerEvent> Retell(CachedAnswer kept, long started)
    {
        yield return new AnswerCitations(kept.Citations ?? []);
        yield return new AnswerText(kept.Text);
        var end = kept.End with { Timings = new AnswerTimings(default, default, default, _time.GetElapsedTime(started), Cached: true), Degraded = [] };
        QueryMetrics.Answered(end);
        yield return end;
    }

    // Nobody waits for it; its readers have the value that is about to end.
    private async Task RefreshAsync(Asked asked, long generation, Guid lease)
    {
        if (!_refreshes.Wait(0, CancellationToken.None))
        {
            await AbandonAsync(asked.Given(lease)).ConfigureAwait(false);
            return;
        }

        try
        {
            CallScope.Enter(_time, RefreshTime, Priority.Batch);
            using var stop = new CancellationTokenSource(RefreshTime, _time);
            await Task.Yield(); // the asker is not to wait for its first steps
            await foreach (var _ in Join(asked, generation, lease).Answer.ReadAsync(stop.Token).ConfigureAwait(false))
            {
            }
        }
        catch (Exception error)
        {
            RefreshFailed(error.Message);
        }
        finally
        {
            _refreshes.Release();
        }
    }

    // Behind the answer's back: nobody waits for it, and nobody's being gone stops it. The seam bounds its time.
    private async Task KeepAsync(Asked asked, long generation, ReadOnlyMemory<byte> value)
    {
        try
        {
            CallScope.Enter(_time, null, Priority.Interactive);
            await _cache.KeepAsync(new CacheEntry(asked.Request.Tenant, asked.Key, generation, _options.CacheLifetime, value), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Warn(error.Message);
        }
    }

    private async Task AbandonAsync(CacheLease lease)
    {
        try
        {
            CallScope.Enter(_time, null, Priority.Interactive);
            await Task.Yield(); // called under locks
            await _cache.AbandonAsync(lease, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Warn(error.Message); // the lease ends by itself
        }
    }

    private void Warn(string reason)
    {
        if (_warning.IsDue(out var times))
            CacheFailed(reason, times);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cache did not answer ({Reason}; {Times} times)")]
    private partial void CacheFailed(string reason, long times);

    [LoggerMessage(Level = LogLevel.Warning, Message = "An answer could not be computed anew before its end of life ({Reason})")]
    private partial void RefreshFailed(string reason);

    private sealed record Asked(AnswerRequest Request, string Model, string Key, ComputeAnswer Compute)
    {
        public CacheLease Given(Guid lease) => new(Request.Tenant, Key, lease);

        public CacheLookup Lookup(Guid lease, TimeSpan wait) => new(Request.Tenant, Key, lease, wait);
    }
}
