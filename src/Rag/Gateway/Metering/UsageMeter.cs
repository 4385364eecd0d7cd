using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rag.Errors;
using Rag.Identity;
using Rag.Identity.Usage;
using Rag.Seams;

namespace Rag.Gateway.Metering;

/// <summary>
/// Counts usage in memory and sends it to identity, every second or when many lines wait; nobody waits for it.
/// <code>
/// request ─▶ lines by day, tenant, user, key, operation ──(1 s, or 2,000 lines)──▶ batch, numbered ─▶ identity ─▶ acknowledged: the next one
///                 └ full: dropped and counted                                        └ failed: the same batch again
/// </code>
/// A batch is sent until it is acknowledged and counts once. A kill loses what was counted since the last batch, a second at most while identity answers; while it doesn't,
/// lines gather up to a bound. An orderly stop sends what is left. Safe for concurrent use.
/// </summary>
internal sealed partial class UsageMeter : BackgroundService
{
    internal const int MostLines = 20_000;
    private const int SendAt = 2_000;
    private const int BatchLines = 4_000;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastTry = TimeSpan.FromSeconds(2);

    private static readonly Meter Meter = new("Rag");
    private static readonly Counter<long> Sent = Meter.CreateCounter<long>("rag.usage.sent", "{line}", "Lines of usage that identity has acknowledged");
    private static readonly Counter<long> Dropped = Meter.CreateCounter<long>("rag.usage.dropped", "{request}", "Requests whose usage is not counted: too many lines wait, because identity does not take them");
    private static readonly Counter<long> Failures = Meter.CreateCounter<long>("rag.usage.failures", "{batch}", "Batches that identity did not take; each is sent again");
    private static readonly UpDownCounter<long> Waiting = Meter.CreateUpDownCounter<long>("rag.usage.waiting", "{line}", "Lines of usage that identity has not acknowledged");

    private readonly IUsage _usage;
    private readonly DailyQuotas _quotas;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly RepeatedWarning _warning;
    private readonly string _source = Guid.NewGuid().ToString("N");
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _many = new(0, 1);
    private readonly SemaphoreSlim _turn = new(1);
    private Dictionary<Line, UsageAmounts> _lines = [];
    private HashSet<string> _watched = new(StringComparer.Ordinal);
    private UsageBatch? _batch;
    private long _number;

    public UsageMeter(IUsage usage, DailyQuotas quotas, TimeProvider time, ILogger<UsageMeter> log)
    {
        (_usage, _quotas, _time, _log) = (usage, quotas, time, log);
        _warning = new RepeatedWarning(time);
    }

    /// <summary>Counts a request.</summary>
    /// <param name="caller">Whose.</param>
    /// <param name="key">With which key.</param>
    /// <param name="operation">What was asked for.</param>
    /// <param name="amounts">How much it took, the request itself included.</param>
    public void Add(Caller caller, string key, string operation, UsageAmounts amounts)
    {
        var day = _quotas.Today;
        var watched = DailyQuotas.Has(caller);
        if (watched)
            _quotas.Add(caller.User, day, amounts);
        bool many;
        lock (_lock)
        {
            var line = new Line(day, caller.Tenant, caller.User, key, operation);
            if (_lines.Count >= MostLines && !_lines.ContainsKey(line))
            {
                Dropped.Add(amounts.Requests);
                return;
            }

            ref var held = ref CollectionsMarshal.GetValueRefOrAddDefault(_lines, line, out var known);
            held = held.Plus(amounts);
            if (!known)
                Waiting.Add(1);
            if (watched)
                _watched.Add(caller.User);
            many = !known && _lines.Count == SendAt;
        }

        if (many && _many.CurrentCount == 0)
            try
            {
                _many.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another said so already.
            }
    }

    /// <summary>Sends what was counted until now, in as many batches as it takes.</summary>
    /// <returns>Whether all of it arrived; what did not is kept and sent again.</returns>
    public async ValueTask<bool> SendAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // What comes meanwhile is the next round's.
            for (var round = 0; round <= MostLines / BatchLines && (_batch ??= Take()) is { } batch; round++)
            {
                var totals = await _usage.AddAsync(batch, cancellationToken).ConfigureAwait(false);
                _quotas.Arrived(batch.Day, batch.Watched, totals);
                Sent.Add(batch.Entries.Count);
                Waiting.Add(-batch.Entries.Count);
                _batch = null;
            }

            return true;
        }
        catch (Exception error) when (error is RagException || !cancellationToken.IsCancellationRequested)
        {
            Failures.Add(1);
            if (_warning.IsDue(out var times))
                NotSent(error.Message, times);
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        using var last = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        last.CancelAfter(LastTry);
        try
        {
            CallScope.Enter(_time, LastTry, Priority.Batch);
            await SendAsync(last.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Identity has stopped before: the last second is lost, as in a kill.
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _many.Dispose();
        _turn.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        CallScope.Enter(_time, null, Priority.Batch);
        while (true)
        {
            using (var waiting = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken))
            {
                var many = _many.WaitAsync(waiting.Token);
                await Task.WhenAny(many, Task.Delay(Every, _time, waiting.Token)).ConfigureAwait(false);
                await waiting.CancelAsync().ConfigureAwait(false);
            }

            stoppingToken.ThrowIfCancellationRequested();
            if (!await SendAsync(stoppingToken).ConfigureAwait(false))
                await Task.Delay(Every, _time, stoppingToken).ConfigureAwait(false); // however many wait
        }
    }

    private UsageBatch? Take()
    {
        lock (_lock)
        {
            if (_lines.Count == 0)
                return null;
            List<KeyValuePair<Line, UsageAmounts>> taken;
            string[] watched;
            if (_lines.Count <= BatchLines)
            {
                (taken, watched) = ([.. _lines], [.. _watched]);
                (_lines, _watched) = ([], new HashSet<string>(StringComparer.Ordinal));
            }
            else
            {
                taken = [.. _lines.Take(BatchLines)];
                foreach (var (line, _) in taken)
                    _lines.Remove(line);
                // Whoever has lines in a later batch is watched there: its totals are whole only then.
                var later = _lines.Keys.Select(line => line.User).ToHashSet(StringComparer.Ordinal);
                watched = [.. _watched.Where(user => !later.Contains(user))];
                _watched.IntersectWith(later);
            }

            _quotas.Sending(watched);
            return new UsageBatch(_source, ++_number, [.. taken.Select(pair => new UsageEntry(pair.Key.Day, pair.Key.Tenant, pair.Key.User, pair.Key.Key, pair.Key.Operation, pair.Value))], _quotas.Today, watched);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Usage can't be sent to identity ({Reason}; {Times} times); it is kept within bounds and sent again")]
    private partial void NotSent(string reason, long times);

    private readonly record struct Line(int Day, string Tenant, string User, string Key, string Operation);
}
