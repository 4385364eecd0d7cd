using System.Threading.Channels;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Rag.Ingestion;

namespace Rag.Engines.Kafka;

/// <summary>
/// A member of the consumer group. One thread polls, as the client wants it: it keeps the membership, hands records over, and stops fetching while too many are
/// not acknowledged. Offsets follow acknowledgements (<see cref="PartitionProgress"/>), so a death repeats records and skips none.
/// </summary>
internal sealed partial class KafkaReceiver : IJobReceiver, IDisposable
{
    /// <summary>Records in hand; the others stay with the brokers.</summary>
    private const int MostOutstanding = 1_000;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly KafkaOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Attendance _attendance;
    private readonly Channel<ReceivedNotice> _received = Channel.CreateUnbounded<ReceivedNotice>(); // bounded by what is outstanding
    private readonly Lock _gate = new();
    private readonly Dictionary<TopicPartition, PartitionProgress> _progress = [];
    private readonly CancellationTokenSource _stopping = new();
    private Thread? _thread;
    private IConsumer<byte[], byte[]>? _consumer;
    private bool _paused;
    private bool _away; // out of the group, since nobody fetched
    private int _changes;

    /// <summary>Joins the group with the first call.</summary>
    public KafkaReceiver(KafkaOptions options, TimeProvider time, ILogger<KafkaReceiver> logger) =>
        (_options, _time, _logger, _attendance) = (options, time, logger, new Attendance(options.Stuck, time));

    /// <summary>The partitions that are this process's now.</summary>
    internal IReadOnlyList<int> Partitions
    {
        get
        {
            try
            {
                return [.. _consumer?.Assignment.Select(partition => partition.Partition.Value) ?? []];
            }
            catch (ObjectDisposedException)
            {
                return [];
            }
        }
    }

    /// <summary>How often partitions came or went.</summary>
    internal int Changes => Volatile.Read(ref _changes);

    public async ValueTask<IReadOnlyList<ReceivedNotice>> ReceiveAsync(int max, TimeSpan wait, CancellationToken cancellationToken)
    {
        _attendance.Enter();
        try
        {
            Start();
            return await FetchAsync(max, wait, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _attendance.Leave();
        }
    }

    public ValueTask AcknowledgeAsync(IReadOnlyList<ReceivedNotice> notices, CancellationToken cancellationToken)
    {
        lock (_gate)
            foreach (var notice in notices)
                Done((Place)notice.Place);
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        _stopping.Cancel();
        if (_thread is { } thread && !thread.Join(StopLimit))
            LogSlowStop(StopLimit);
        _received.Writer.TryComplete();
    }

    private async Task<IReadOnlyList<ReceivedNotice>> FetchAsync(int max, TimeSpan wait, CancellationToken cancellationToken)
    {
        var notices = new List<ReceivedNotice>();
        while (true)
        {
            while (notices.Count < max && _received.Reader.TryRead(out var notice))
                notices.Add(notice);
            if (notices.Count > 0 || wait <= TimeSpan.Zero)
                return notices;
            try
            {
                await _received.Reader.WaitToReadAsync(cancellationToken).AsTask().WaitAsync(wait, _time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return notices;
            }
        }
    }

    private void Start()
    {
        lock (_gate)
        {
            if (_thread is not null || _stopping.IsCancellationRequested)
                return;
            _thread = new Thread(Run) { IsBackground = true, Name = "kafka receiver" };
            _thread.Start();
        }
    }

    private void Run()
    {
        using var consumer = _consumer = new ConsumerBuilder<byte[], byte[]>(_options.Consumer())
            .SetLogHandler(static (_, _) => { })
            .SetErrorHandler((_, error) => LogTrouble(error.Code, error.Reason))
            .SetPartitionsAssignedHandler((_, partitions) => Gained(partitions.Count))
            .SetPartitionsRevokedHandler((_, partitions) => Forget(partitions))
            .SetPartitionsLostHandler((_, partitions) => Forget(partitions))
            .Build();
        consumer.Subscribe(_options.Topic);
        while (!_stopping.IsCancellationRequested)
            try
            {
                if (!Attends(consumer))
                    continue;
                Throttle(consumer);
                if (consumer.Consume(Poll) is { } record)
                    Take(record);
            }
            catch (ConsumeException error)
            {
                // The client goes on by itself; a topic that isn't there yet appears with the first announcement.
                LogTrouble(error.Error.Code, error.Error.Reason);
                _stopping.Token.WaitHandle.WaitOne(Poll);
            }
            catch (KafkaException error)
            {
                LogTrouble(error.Error.Code, error.Error.Reason);
                _stopping.Token.WaitHandle.WaitOne(Poll);
            }

        try
        {
            consumer.Close(); // stores what is done with, and leaves the group at once
        }
        catch (KafkaException error)
        {
            LogTrouble(error.Error.Code, error.Error.Reason);
        }
    }

    /// <summary>
    /// Leaves the group while nobody fetches what lies here: a worker that hangs would keep its partitions' work from the others, since this thread lives on.
    /// Comes back with the next who fetches.
    /// </summary>
    private bool Attends(IConsumer<byte[], byte[]> consumer)
    {
        var missing = _attendance.IsMissing(_received.Reader.Count > 0);
        if (missing && !_away)
        {
            LogStuck(_options.Stuck);
            consumer.Unsubscribe();
            while (_received.Reader.TryRead(out _))
            {
                // Others have them now.
            }

            lock (_gate)
                _progress.Clear();
            _paused = false;
        }
        else if (!missing && _away)
            consumer.Subscribe(_options.Topic);
        _away = missing;
        if (_away)
            _stopping.Token.WaitHandle.WaitOne(Poll);
        return !_away;
    }

    private void Take(ConsumeResult<byte[], byte[]> record)
    {
        PartitionProgress progress;
        lock (_gate)
        {
            if (!_progress.TryGetValue(record.TopicPartition, out progress!))
                _progress.Add(record.TopicPartition, progress = new PartitionProgress());
            progress.Received(record.Offset);
        }

        var place = new Place(record.TopicPartition, record.Offset, progress);
        if (JobNotice.Read(record.Message.Value) is { } notice)
        {
            _received.Writer.TryWrite(new ReceivedNotice(notice, place));
            return;
        }

        LogUnreadable(record.TopicPartition.Partition.Value, record.Offset.Value);
        lock (_gate)
            Done(place);
    }

    private void Done(Place place)
    {
        // A partition that went to another, or came back since, counts for itself from where its offset was stored.
        if (!_progress.TryGetValue(place.Partition, out var progress) || progress != place.Progress || progress.Done(place.Offset) is not { } next)
            return;
        try
        {
            _consumer!.StoreOffset(new TopicPartitionOffset(place.Partition, next));
        }
        catch (Exception error) when (error is KafkaException or ObjectDisposedException)
        {
            // Taken from us a moment ago: its next owner is told of these once more.
        }
    }

    private void Gained(int partitions)
    {
        if (partitions == 0)
            return; // the group was arranged anew, and nothing of it is ours
        Interlocked.Increment(ref _changes);
        LogPartitions(partitions);
    }

    // On the polling thread; the client commits what was stored before it lets the partitions go.
    private void Forget(List<TopicPartitionOffset> partitions)
    {
        if (partitions.Count > 0)
            Interlocked.Increment(ref _changes);
        lock (_gate)
            foreach (var partition in partitions)
                _progress.Remove(partition.TopicPartition);
    }

    private void Throttle(IConsumer<byte[], byte[]> consumer)
    {
        int outstanding;
        lock (_gate)
            outstanding = _progress.Values.Sum(progress => progress.Outstanding);
        if (!_paused && outstanding >= MostOutstanding)
        {
            consumer.Pause(consumer.Assignment);
            _paused = true;
        }
        else if (_paused && outstanding <= MostOutstanding / 2)
        {
            consumer.Resume(consumer.Assignment);
            _paused = false;
        }
    }

    /// <summary>Where a notice stands: valid as long as the partition's progress is the same.</summary>
    private sealed record Place(TopicPartition Partition, long Offset, PartitionProgress Progress);

    [LoggerMessage(Level = LogLevel.Information, Message = "Kafka gave this process {Partitions} more partitions of work")]
    private partial void LogPartitions(int partitions);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Kafka: {Code}: {Reason}")]
    private partial void LogTrouble(ErrorCode code, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Notices of work lay here for {Stuck} and ingestion did not fetch them: Kafka may give them to others")]
    private partial void LogStuck(TimeSpan stuck);

    [LoggerMessage(Level = LogLevel.Error, Message = "The record {Partition}/{Offset} of the queue's topic is no notice of work and is passed over; something else writes to this topic")]
    private partial void LogUnreadable(int partition, long offset);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Kafka's client did not stop within {Limit}")]
    private partial void LogSlowStop(TimeSpan limit);
}
