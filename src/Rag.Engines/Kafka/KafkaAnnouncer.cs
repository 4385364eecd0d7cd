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
    private readonly Lazy<IProducer<byte[], byte[]>> _producer;
    private readonly KafkaLag _lag;

    /// <summary>Connects with the first call.</summary>
    public KafkaAnnouncer(KafkaOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _producer = new Lazy<IProducer<byte[], byte[]>>(() => new ProducerBuilder<byte[], byte[]>(options.Producer()).SetLogHandler(static (_, _) => { }).Build());
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
        if (_producer.IsValueCreated)
            _producer.Value.Dispose();
    }

    private async ValueTask ProduceAsync(string topic, List<(string Key, byte[] Value)> records, CancellationToken cancellationToken)
    {
        var at = new Timestamp(_time.GetUtcNow());
        try
        {
            var sent = records.ConvertAll(record => _producer.Value.ProduceAsync(
                topic, new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(record.Key), Value = record.Value, Timestamp = at }, cancellationToken));
            // A second more than the client's own limit: it keeps it, unless it is stuck itself.
            await Task.WhenAll(sent).WaitAsync(_options.Timeout + TimeSpan.FromSeconds(1), cancellationToken).ConfigureAwait(false);
        }
        catch (KafkaException error)
        {
            throw KafkaFailures.Of(error);
        }
        catch (TimeoutException error)
        {
            throw new RagException(RagError.DeadlineExceeded, $"queue: Kafka took no record within {_options.Timeout.TotalMilliseconds:0} ms", TimeSpan.FromSeconds(1), error);
        }
    }
}
