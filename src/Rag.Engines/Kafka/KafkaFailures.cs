using Confluent.Kafka;
using Rag.Errors;

namespace Rag.Engines.Kafka;

/// <summary>What Kafka's failures are to those who call.</summary>
internal static class KafkaFailures
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>The failure as a service tells it. The client's own words name brokers and reasons, never a message's content.</summary>
    public static RagException Of(KafkaException error) => new(
        error.Error.Code is ErrorCode.Local_QueueFull ? RagError.Overloaded
            : error.Error.Code is ErrorCode.Local_MsgTimedOut or ErrorCode.Local_TimedOut or ErrorCode.RequestTimedOut ? RagError.DeadlineExceeded
            : RagError.Unavailable,
        $"queue: Kafka: {error.Error.Reason}", Soon, error);
}
