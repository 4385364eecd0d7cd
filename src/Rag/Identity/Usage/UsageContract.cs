using Rag.Seams;

namespace Rag.Identity.Usage;

/// <summary><see cref="IUsage"/> through the seam.</summary>
internal static class UsageContract
{
    // Past breaker and bulkhead: a store that takes no counts must not keep anybody from being let in. The gateway itself sends a batch again.
    private static readonly UnaryCall<IUsage, UsageBatch, IReadOnlyList<DayTotal>> Add =
        new("Add", static (s, r, stop) => s.AddAsync(r, stop), new CallPolicy { Cap = TimeSpan.FromSeconds(10), BatchCap = TimeSpan.FromSeconds(10), Exempt = true });

    private static readonly UnaryCall<IUsage, UsageQuestion, UsagePage> Read =
        new("Read", static (s, r, stop) => s.ReadAsync(r, stop), CallPolicy.Read with { Cap = TimeSpan.FromSeconds(5) });

    public static Contract<IUsage> Instance { get; } = new("identity", seam => new Proxy(seam), Add, Read);

    private sealed class Proxy(Seam<IUsage> seam) : IUsage
    {
        public ValueTask<IReadOnlyList<DayTotal>> AddAsync(UsageBatch batch, CancellationToken cancellationToken) => seam.CallAsync(Add, batch, cancellationToken);

        public ValueTask<UsagePage> ReadAsync(UsageQuestion question, CancellationToken cancellationToken) => seam.CallAsync(Read, question, cancellationToken);
    }
}
