using Confluent.Kafka;
using Rag.Errors;
using Rag.Ingestion;

namespace Rag.Engines.Kafka;

/// <summary>
/// How far the group is behind: per partition, the records past the stored offset, and when the first of them was written. Asked from outside of the group, so
/// it costs no rebalance and tells the truth also when no member lives. One question at a time.
/// </summary>
internal sealed class KafkaLag(KafkaOptions options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private IConsumer<byte[], byte[]>? _observer;

    public async ValueTask<JobChannelState> DescribeAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // The client's calls block, each at most for the time-out.
            return await Task.Run(Describe, cancellationToken).ConfigureAwait(false);
        }
        catch (KafkaException error)
        {
            throw KafkaFailures.Of(error);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose()
    {
        _observer?.Dispose();
        _one.Dispose();
    }

    private JobChannelState Describe()
    {
        var observer = _observer ??= new ConsumerBuilder<byte[], byte[]>(options.Observer()).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();
        using var admin = new DependentAdminClientBuilder(observer.Handle).Build();
        var partitions = admin.GetMetadata(options.Topic, options.Timeout).Topics.SelectMany(topic => topic.Partitions)
            .Select(partition => new TopicPartition(options.Topic, partition.PartitionId)).ToList();
        long messages = 0;
        var behind = new List<TopicPartitionOffset>();
        foreach (var stored in observer.Committed(partitions, options.Timeout))
        {
            var ends = observer.QueryWatermarkOffsets(stored.TopicPartition, options.Timeout);
            var from = Math.Max(stored.Offset.IsSpecial ? 0 : stored.Offset.Value, ends.Low.Value);
            if (ends.High.Value <= from)
                continue;
            messages += ends.High.Value - from;
            behind.Add(new TopicPartitionOffset(stored.TopicPartition, from));
        }

        return new JobChannelState(messages, behind.Count == 0 ? TimeSpan.Zero : Oldest(observer, behind));
    }

    // The first record of each partition that is behind. Brokers before 0.10 keep no times; there the document's own is the nearest.
    private TimeSpan Oldest(IConsumer<byte[], byte[]> observer, List<TopicPartitionOffset> behind)
    {
        observer.Assign(behind);
        try
        {
            var now = time.GetUtcNow();
            var oldest = now;
            var started = time.GetTimestamp();
            while (behind.Count > 0 && time.GetElapsedTime(started) < options.Timeout)
            {
                if (observer.Consume(TimeSpan.FromMilliseconds(50)) is not { } record)
                    continue;
                if (behind.RemoveAll(partition => partition.TopicPartition == record.TopicPartition) == 0)
                    continue; // one of a partition that has told its first
                var written = record.Message.Timestamp.Type != TimestampType.NotAvailable ? new DateTimeOffset(record.Message.Timestamp.UtcDateTime)
                    : JobNotice.Read(record.Message.Value)?.QueuedAt ?? now;
                if (written < oldest)
                    oldest = written;
            }

            return behind.Count == 0 ? now - oldest
                : throw new RagException(RagError.DeadlineExceeded, $"queue: Kafka did not show the oldest records within {options.Timeout.TotalMilliseconds:0} ms", options.Timeout);
        }
        finally
        {
            observer.Unassign();
        }
    }
}
