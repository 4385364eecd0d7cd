using Microsoft.Extensions.Logging;
using Rag.Errors;
using Rag.Ingestion;
using StackExchange.Redis;

namespace Rag.Engines.Redis;

/// <summary>
/// One consumer of the stream's group, under a name of its own in each run. It fetches what nobody has, and now and then what another has had for too long. An
/// acknowledged entry is deleted, so the stream holds what waits and nothing else. It reads when a publication says so, and every half second, since one may be lost.
/// </summary>
internal sealed partial class StreamReceiver : IJobReceiver, IDisposable
{
    private const string Service = "queue";
    private const string NoGroup = "NOGROUP";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    private readonly RedisConnection _redis;
    private readonly StreamKeys _keys;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RedisValue _name;
    private readonly Lazy<Task> _listening;
    private readonly Lock _gate = new();
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RedisValue _scanFrom = "0-0";
    private long _scanned;
    private volatile bool _gone;

    /// <summary>Connects with the first call.</summary>
    public StreamReceiver(RedisConnection redis, StreamKeys keys, TimeProvider time, ILogger<StreamReceiver> logger)
    {
        (_redis, _keys, _time, _logger) = (redis, keys, time, logger);
        _name = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        _listening = new Lazy<Task>(() => redis.SubscribeAsync(keys.Grown, _ => Wake()));
        _scanned = time.GetTimestamp();
    }

    public async ValueTask<IReadOnlyList<ReceivedNotice>> ReceiveAsync(int max, TimeSpan wait, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        _ = _listening.Value; // until it listens, it looks by itself
        while (!_gone)
        {
            Task grown;
            lock (_gate)
            {
                if (_grown.Task.IsCompleted)
                    _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                grown = _grown.Task;
            }

            if (await ReadAsync(max, cancellationToken).ConfigureAwait(false) is { Count: > 0 } notices)
                return notices;
            var left = wait - _time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
                break;
            try
            {
                await grown.WaitAsync(left < Poll ? left : Poll, _time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Time for a look.
            }
        }

        return [];
    }

    public async ValueTask AcknowledgeAsync(IReadOnlyList<ReceivedNotice> notices, CancellationToken cancellationToken) =>
        await AcknowledgeAsync([.. notices.Select(notice => (RedisValue)notice.Place)], cancellationToken).ConfigureAwait(false);

    /// <summary>Fetches nothing more. What it has goes to others when it was here too long; the consumer's name goes with the stream.</summary>
    public void Dispose()
    {
        _gone = true;
        Wake();
    }

    private void Wake()
    {
        lock (_gate)
            _grown.TrySetResult();
    }

    private async Task<List<ReceivedNotice>> ReadAsync(int max, CancellationToken cancellationToken)
    {
        try
        {
            if (_time.GetElapsedTime(_scanned) > _keys.Options.Stuck / 2 && await TakeOverAsync(max, cancellationToken).ConfigureAwait(false) is { Count: > 0 } stuck)
                return stuck;
            var entries = await _redis.CallAsync(
                Service, database => database.StreamReadGroupAsync(_keys.Jobs, StreamKeys.Group, _name, StreamPosition.NewMessages, max), cancellationToken).ConfigureAwait(false);
            return await NoticesAsync(entries, cancellationToken).ConfigureAwait(false);
        }
        catch (RagException error) when (error.InnerException is RedisServerException server && server.Message.StartsWith(NoGroup, StringComparison.Ordinal))
        {
            // The first of all, or Redis has lost everything.
            await CreateGroupAsync(cancellationToken).ConfigureAwait(false);
            return [];
        }
    }

    // A part of what others have, each time: what is to be looked at is bounded.
    private async Task<List<ReceivedNotice>> TakeOverAsync(int max, CancellationToken cancellationToken)
    {
        var claimed = await _redis.CallAsync(
            Service, database => database.StreamAutoClaimAsync(_keys.Jobs, StreamKeys.Group, _name, (long)_keys.Options.Stuck.TotalMilliseconds, _scanFrom, max), cancellationToken).ConfigureAwait(false);
        _scanFrom = claimed.NextStartId;
        if (_scanFrom == "0-0")
            _scanned = _time.GetTimestamp();
        return await NoticesAsync(claimed.ClaimedEntries, cancellationToken).ConfigureAwait(false);
    }

    private async Task CreateGroupAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _redis.CallAsync(
                Service, database => database.StreamCreateConsumerGroupAsync(_keys.Jobs, StreamKeys.Group, StreamPosition.Beginning, createStream: true), cancellationToken).ConfigureAwait(false);
        }
        catch (RagException error) when (error.InnerException is RedisServerException server && server.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            // Another was faster.
        }
    }

    private async Task<List<ReceivedNotice>> NoticesAsync(StreamEntry[] entries, CancellationToken cancellationToken)
    {
        var notices = new List<ReceivedNotice>(entries.Length);
        List<RedisValue>? unreadable = null;
        foreach (var entry in entries)
            if ((byte[]?)entry["n"] is { } bytes && JobNotice.Read(bytes) is { } notice)
                notices.Add(new ReceivedNotice(notice, entry.Id));
            else
                (unreadable ??= []).Add(entry.Id);
        if (unreadable is not null)
        {
            LogUnreadable(unreadable.Count);
            await AcknowledgeAsync([.. unreadable], cancellationToken).ConfigureAwait(false);
        }

        return notices;
    }

    private async ValueTask AcknowledgeAsync(RedisValue[] entries, CancellationToken cancellationToken)
    {
        if (entries.Length > 0)
            await _redis.CallAsync(Service, database => database.ScriptEvaluateAsync(Forget, [_keys.Jobs], [StreamKeys.Group, .. entries]), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>KEYS the stream. ARGV the group, then entries. Those that the group doesn't know (any more) are deleted all the same: they are done with. A stream that is lost has nothing to forget.</summary>
    private const string Forget = """
        for i = 2, #ARGV do
          redis.pcall('XACK', KEYS[1], ARGV[1], ARGV[i])
          redis.call('XDEL', KEYS[1], ARGV[i])
        end
        return 1
        """;

    [LoggerMessage(Level = LogLevel.Error, Message = "{Entries} entries of the queue's stream are no notices of work and are passed over; something else writes to it")]
    private partial void LogUnreadable(int entries);
}
