namespace Rag.Tests.Conformance.Queue;

/// <summary>The documents' own outbox.</summary>
public sealed class OutboxQueueTests : QueueConformance
{
    internal override Task<QueueChannel?> OpenChannelAsync() => Task.FromResult<QueueChannel?>(null);
}
