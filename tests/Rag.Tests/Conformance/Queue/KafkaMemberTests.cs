using Rag.Engines.Kafka;
using Rag.Ingestion;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Conformance.Queue;

/// <summary>What a fixed name in the group (<c>kafka:member</c>) is for, on the mock cluster: Kafka knows it from 2.3 on.</summary>
public sealed class KafkaMemberTests
{
    [Fact]
    public async Task A_restart_under_a_fixed_name_moves_no_partition_and_gets_its_own_back()
    {
        using var cluster = new MockCluster();
        await using var channel = await OpenAsync(cluster, TimeSpan.FromSeconds(8)); // the time to come back in
        using var stays = channel.NewReceiver("stays");
        var (had, others) = await TogetherAsync(channel, stays, "restarts");
        using var again = channel.NewReceiver("restarts");
        await FetchAsync(again);
        await QueueHouse.Until(() => Task.FromResult(again.Partitions.Count > 0), "the restarted process has partitions");
        Assert.Equal(had, again.Partitions.Order());
        Assert.Equal(others.Partitions, stays.Partitions.Order());
        Assert.Equal(others.Changes, stays.Changes);
    }

    [Fact]
    public async Task Without_a_name_its_partitions_go_to_the_others_at_once()
    {
        using var cluster = new MockCluster();
        await using var channel = await OpenAsync(cluster, TimeSpan.FromSeconds(3));
        using var stays = channel.NewReceiver(null);
        var (had, others) = await TogetherAsync(channel, stays, null);
        await QueueHouse.Until(() => Task.FromResult(stays.Partitions.Count == had.Count + others.Partitions.Count), "the one that stays has all partitions");
        Assert.True(stays.Changes > others.Changes);
    }

    // The mock cluster lets a rebalance last as long as a session, less a second.
    private static async Task<KafkaChannel> OpenAsync(MockCluster cluster, TimeSpan session)
    {
        var channel = new KafkaChannel(cluster.Servers, new Dictionary<string, string>(), session: session);
        await channel.Announcer.AnnounceAsync([new JobNotice("t", "a", 1, 1, IngestionKind.Index, DateTimeOffset.UnixEpoch)], default);
        return channel;
    }

    /// <summary>Lets a second process join, and end well, once the two share the partitions.</summary>
    /// <returns>What the second had, and how things stood with the first then.</returns>
    private static async Task<(IReadOnlyList<int> Had, (IReadOnlyList<int> Partitions, int Changes) Others)> TogetherAsync(KafkaChannel channel, KafkaReceiver stays, string? name)
    {
        using var leaves = channel.NewReceiver(name);
        await FetchAsync(stays);
        await QueueHouse.Until(() => Task.FromResult(stays.Partitions.Count > 1), "the first has all partitions");
        var all = stays.Partitions.Count;
        await FetchAsync(leaves);
        await QueueHouse.Until(
            async () =>
            {
                await FetchAsync(stays); // whoever does not ask takes no part in a rebalance
                await FetchAsync(leaves);
                return leaves.Partitions.Count > 0 && stays.Partitions.Count > 0 && leaves.Partitions.Count + stays.Partitions.Count == all;
            }, "both have partitions");
        return ([.. leaves.Partitions.Order()], ([.. stays.Partitions.Order()], stays.Changes));
    }

    // The first fetch is what makes it join.
    private static async Task FetchAsync(KafkaReceiver receiver) => await receiver.AcknowledgeAsync(await receiver.ReceiveAsync(10, TimeSpan.FromMilliseconds(1), default), default);
}
