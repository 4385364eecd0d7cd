using Rag.Engines.Kafka;
using Rag.Errors;
using Rag.Ingestion;
using Xunit;

namespace Rag.Tests.Engines.Kafka;

/// <summary>What becomes of announcing when the client says that it never will again.</summary>
public class KafkaAnnouncerTests
{
    private const short InitProducerId = 22;
    private const int ClusterAuthorizationFailed = 31; // for an idempotent producer, for good

    [Fact]
    public async Task A_producer_that_is_broken_for_good_is_replaced()
    {
        using var cluster = new MockCluster();
        var options = new KafkaOptions { BootstrapServers = cluster.Servers, Topic = "jobs", Group = "jobs", Timeout = TimeSpan.FromSeconds(10) };
        using var announcer = new KafkaAnnouncer(options, TimeProvider.System);
        JobNotice[] notices = [new("t", "a", 1, 1, IngestionKind.Index, DateTimeOffset.UnixEpoch)];
        cluster.FailNext(InitProducerId, ClusterAuthorizationFailed);
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => announcer.AnnounceAsync(notices, default).AsTask())).Error);
        for (var tries = 0; ; tries++)
            try
            {
                await announcer.AnnounceAsync(notices, default);
                return;
            }
            catch (RagException) when (tries < 5)
            {
                // The client tells of its state a moment after the record's.
            }
    }
}
