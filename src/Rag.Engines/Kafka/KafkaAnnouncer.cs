using System.Text;
using Confluent.Kafka;
using Rag.Errors;
using Rag.Ingestion;

namespace Rag.Engines.Kafka;

/// <summary>Notices as records of a topic, keyed by document, so that those of one document keep their order; dead letters as records of another.</summary>
internal sealed class KafkaAnnouncer : IJobAnnouncer, IDisposable
{
    private readonly KafkaOptions _options;
    private readonly TimeProvider _time;
    private readonly KafkaLag _lag;
    private Lazy<Writer> _writer;

    /// <summary>Connects with the first call.</summary>
    public KafkaAnnouncer(KafkaOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _writer = New();
        _lag = new KafkaLag(options, time);
    }

    public ValueTask AnnounceAsync(IReadOnlyList<JobNotice> notices, CancellationToken cancellationToken) =>
        ProduceAsync(_options.Topic, [.. notices.Select(notice => (notice.Key, notice.ToBytes()))], cancellationToken);

    public ValueTask BuryAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken) =>
        ProduceAsync(_options.DeadTopic, [.. letters.Select(letter => (letter.Notice.Key, letter.ToBytes()))], cancellationToken);

    public ValueTask<JobChannelState> DescribeAsync(CancellationToken cancellationToken) => _lag.DescribeAsync(cancellationToken);

    public void Dispose()
    {
        _lag.Dispose();
        if (_writer.IsValueCreated)
            _writer.Value.Dispose();
    }

    private Lazy<Writer> New() => new(() => new Writer(_options));

    // What it was given and did not send is announced anew.
    private void Replace(Lazy<Writer> broken)
    {
        if (Interlocked.CompareExchange(ref _writer, New(), broken) == broken)
            _ = Task.Run(broken.Value.Dispose);
    }

    private async ValueTask ProduceAsync(string topic, List<(string Key, byte[] Value)> records, CancellationToken cancellationToken)
    {
        var writer = Volatile.Read(ref _writer);
        var at = new Timestamp(_time.GetUtcNow());
        try
        {
            var sent = records.ConvertAll(record => writer.Value.Producer.ProduceAsync(
                topic, new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(record.Key), Value = record.Value, Timestamp = at }, cancellationToken));
            // A second more than the client's own limit: it keeps it, unless it is stuck itself.
            await Task.WhenAll(sent).WaitAsync(_options.Timeout + TimeSpan.FromSeconds(1), cancellationToken).ConfigureAwait(false);
        }
        catch (KafkaException error)
        {
            if (writer.Value.IsBroken || error.Error.Code == ErrorCode.Local_Fatal)
                Replace(writer);
            throw KafkaFailures.Of(error);
        }
        catch (ObjectDisposedException error)
        {
            throw new RagException(RagError.Unavailable, "queue: Kafka's producer was replaced under way", TimeSpan.FromMilliseconds(100), error);
        }
        catch (TimeoutException error)
        {
            throw new RagException(RagError.DeadlineExceeded, $"queue: Kafka took no record within {_options.Timeout.TotalMilliseconds:0} ms", TimeSpan.FromSeconds(1), error);
        }
    }

    /// <summary>A producer. An idempotent one that can't keep its word (its sequence is lost, its epoch another's) takes nothing ever again, by the client's own rule.</summary>
    private sealed class Writer : IDisposable
    {
        private volatile bool _broken;

        internal Writer(KafkaOptions options) => Producer = new ProducerBuilder<byte[], byte[]>(options.Producer())
            .SetLogHandler(static (_, _) => { })
            .SetErrorHandler((_, error) => _broken |= error.IsFatal)
            .Build();

        internal IProducer<byte[], byte[]> Producer { get; }

        internal bool IsBroken => _broken;

        public void Dispose() => Producer.Dispose();
    }
}
