using Microsoft.Extensions.Logging;
using Rag.Caching;
using Rag.Seams;

namespace Rag.Documents;

/// <summary>
/// Tells the caching service whose documents have changed. While it answers, <see cref="ChangedAsync"/> returns when it knows, so whoever is told "searchable"
/// afterwards never gets an answer from before. While it does not, nobody is kept waiting, and it is told as soon as it is back, until the values it might
/// hold have ended by themselves. A start of this service tells it that everything may have changed, since what was pending died with the one before.
/// </summary>
internal sealed partial class CacheInvalidation : IDisposable
{
    private const int MostTenants = 10_000;

    /// <summary>The longest that a change waits for the caching service.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private readonly ICaching _caching;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Number, long GiveUpAt)> _pending = new(StringComparer.Ordinal);
    private readonly List<(long Number, TaskCompletionSource Told)> _waiting = [];
    private long _number;
    private bool _delivering;
    private bool _failing;

    public CacheInvalidation(ICaching caching, TimeProvider time, ILogger<CacheInvalidation> log)
    {
        (_caching, _time, _log) = (caching, time, log);
        lock (_lock)
        {
            AddLocked(CacheEntry.EveryTenant);
            _delivering = true;
        }

        _ = DeliverAsync();
    }

    /// <summary>Tenants of which the caching service has not been told yet.</summary>
    public int Pending
    {
        get
        {
            lock (_lock)
                return _pending.Count;
        }
    }

    /// <summary>The tenants' indexes have changed. Never fails, and never takes longer than <see cref="Patience"/>.</summary>
    public async ValueTask ChangedAsync(IReadOnlyCollection<string> tenants, CancellationToken cancellationToken)
    {
        if (tenants.Count == 0)
            return;
        TaskCompletionSource? told = null;
        var first = false;
        lock (_lock)
        {
            _number++;
            foreach (var tenant in tenants)
                AddLocked(tenant);
            if (!_failing)
                _waiting.Add((_number, told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
            if (!_delivering)
                first = _delivering = true;
        }

        if (first)
            _ = DeliverAsync();
        if (told is null || told.Task.IsCompleted)
            return;
        try
        {
            await told.Task.WaitAsync(Patience, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Late(Patience.TotalMilliseconds);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private void AddLocked(string tenant)
    {
        if (_pending.Count >= MostTenants && !_pending.ContainsKey(tenant))
        {
            _pending.Clear();
            tenant = CacheEntry.EveryTenant;
        }

        _pending[tenant] = (_number, _time.GetTimestamp() + (long)(CacheEntry.LongestLifetime.TotalSeconds * _time.TimestampFrequency));
    }

    private async Task DeliverAsync()
    {
        // Everyone's errand, so not within the time of whoever happened to be first.
        CallScope.Enter(_time, null, Priority.Batch);
        var stop = _stop.Token;
        var delay = FirstDelay;
        while (!stop.IsCancellationRequested)
        {
            string[] tenants;
            long upTo;
            lock (_lock)
            {
                if (_pending.Count == 0)
                {
                    _delivering = false;
                    return;
                }

                (tenants, upTo) = ([.. _pending.Keys], _number);
            }

            if (await TryTellAsync(tenants, stop).ConfigureAwait(false))
            {
                Told(upTo);
                delay = FirstDelay;
                continue;
            }

            NotTold();
            try
            {
                await Task.Delay(delay, _time, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        }
    }

    private async ValueTask<bool> TryTellAsync(string[] tenants, CancellationToken stop)
    {
        try
        {
            await _caching.InvalidateAsync(tenants, stop).ConfigureAwait(false);
            return true;
        }
        catch (Exception error)
        {
            if (!_failing && !stop.IsCancellationRequested)
                Failing(error.Message);
            return false;
        }
    }

    private void Told(long upTo)
    {
        lock (_lock)
        {
            foreach (var (tenant, (number, _)) in _pending)
                if (number <= upTo)
                    _pending.Remove(tenant);
            if (_failing)
                Back();
            _failing = false;
            ReleaseLocked(upTo);
        }
    }

    private void NotTold()
    {
        lock (_lock)
        {
            _failing = true;
            var now = _time.GetTimestamp();
            foreach (var (tenant, (_, giveUpAt)) in _pending)
                if (giveUpAt <= now)
                    _pending.Remove(tenant);
            ReleaseLocked(long.MaxValue); // waiting longer is of no use
        }
    }

    private void ReleaseLocked(long upTo)
    {
        foreach (var (number, told) in _waiting)
            if (number <= upTo)
                told.TrySetResult();
        _waiting.RemoveAll(w => w.Number <= upTo);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Caching did not hear of changed documents within {Milliseconds} ms; answers from before may be told until it does")]
    private partial void Late(double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Caching can't be told of changed documents ({Reason}); trying until it can")]
    private partial void Failing(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Caching knows of all changed documents again")]
    private partial void Back();
}
