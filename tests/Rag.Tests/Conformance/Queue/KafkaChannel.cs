using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Engines.Kafka;
using Rag.Ingestion;

namespace Rag.Tests.Conformance.Queue;

/// <summary>A topic of its own on some brokers.</summary>
internal sealed class KafkaChannel : QueueChannel
{
    private readonly KafkaOptions _options;
    private readonly KafkaAnnouncer _announcer;

    public KafkaChannel(string servers, IReadOnlyDictionary<string, string> client, TimeSpan? session = null)
    {
        var name = $"jobs-{Guid.NewGuid():N}";
        _options = new KafkaOptions { BootstrapServers = servers, Topic = name, Group = name, Client = client, Timeout = TimeSpan.FromSeconds(3), Session = session ?? TimeSpan.FromSeconds(3), Stuck = TimeSpan.FromSeconds(3) };
        _announcer = new KafkaAnnouncer(_options, TimeProvider.System);
    }

    public override IJobAnnouncer Announcer => _announcer;

    public override IJobReceiver NewReceiver() => NewReceiver(null);

    /// <summary>One more ingestion process with a fixed name in the group.</summary>
    public KafkaReceiver NewReceiver(string? member) => new(_options with { Member = member }, TimeProvider.System, NullLogger<KafkaReceiver>.Instance);

    public override async Task PutGarbageAsync()
    {
        using var producer = new ProducerBuilder<string, string>(_options.Producer()).Build();
        foreach (var text in (string[])["", "no notice", "{\"tenant\":null}", "[]"])
            await producer.ProduceAsync(_options.Topic, new Message<string, string> { Key = "k", Value = text });
        await producer.ProduceAsync(_options.Topic, new Message<string, string> { Key = null!, Value = null! });
    }

    public override Task<IReadOnlyList<DeadLetter>> LettersAsync(int count) => Task.Run(() =>
    {
        var config = _options.Observer();
        config.GroupId = Guid.NewGuid().ToString("N");
        using var consumer = new ConsumerBuilder<byte[], byte[]>(config).Build();
        consumer.Subscribe(_options.DeadTopic);
        var letters = new List<DeadLetter>();
        using var limit = new CancellationTokenSource(QueueHouse.Limit);
        while (letters.Count < count && !limit.IsCancellationRequested)
            try
            {
                if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is { } record)
                {
                    var letter = DeadLetter.Read(record.Message.Value)!;
                    Xunit.Assert.Equal(letter.Notice.Key, Encoding.UTF8.GetString(record.Message.Key));
                    letters.Add(letter);
                }
            }
            catch (ConsumeException)
            {
                // The topic comes with the first letter.
            }

        consumer.Close();
        return (IReadOnlyList<DeadLetter>)letters;
    });

    public override ValueTask DisposeAsync()
    {
        _announcer.Dispose();
        return ValueTask.CompletedTask;
    }
}
