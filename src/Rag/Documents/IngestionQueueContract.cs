using Rag.Filters;
using Rag.Ingestion;
using Rag.Seams;

namespace Rag.Documents;

/// <summary><see cref="IIngestionQueue"/> through the seam. The outbox is the queue, so the documents service offers it.</summary>
internal static class IngestionQueueContract
{
    // A claim waits for work; the cap leaves time for its reply.
    private static readonly TimeSpan ClaimCap = IngestionClaim.UsualWait + TimeSpan.FromSeconds(10);

    private static readonly UnaryCall<IIngestionQueue, IngestionClaim, IReadOnlyList<IngestionJob>> Claim =
        new("Claim", static (s, r, stop) => s.ClaimAsync(r, stop), new CallPolicy { Cap = ClaimCap, BatchCap = ClaimCap, Exempt = true });

    private static readonly UnaryCall<IIngestionQueue, IReadOnlyList<IngestionResult>, Nothing> Complete =
        new("Complete", static async (s, r, stop) => { await s.CompleteAsync(r, stop).ConfigureAwait(false); return default; }, CallPolicy.IdempotentWrite);

    private static readonly IReadOnlyDictionary<string, MetadataValue> NoMetadata = new Dictionary<string, MetadataValue>();

    public static Contract<IIngestionQueue> Instance { get; } = new("documents", seam => new Proxy(seam), Claim, Complete);

    private sealed class Proxy(Seam<IIngestionQueue> seam) : IIngestionQueue
    {
        public ValueTask<IReadOnlyList<IngestionJob>> ClaimAsync(IngestionClaim claim, CancellationToken cancellationToken) => seam.CallAsync(Claim, claim, cancellationToken);

        public async ValueTask CompleteAsync(IReadOnlyList<IngestionResult> results, CancellationToken cancellationToken) =>
            await seam.CallAsync(Complete, [.. results.Select(WithoutContent)], cancellationToken).ConfigureAwait(false);

        // The queue has the document: it is not sent back to where it came from.
        private static IngestionResult WithoutContent(IngestionResult result) =>
            result with { Job = result.Job with { Content = default, Metadata = NoMetadata } };
    }
}
