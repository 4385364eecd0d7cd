using Rag.Seams;

namespace Rag.Identity;

/// <summary><see cref="IIdentity"/> through the seam.</summary>
internal static class IdentityContract
{
    // The gateway knows lately seen keys without it, and waits less for those; whoever has a new one can't be let in without an answer.
    private static readonly UnaryCall<IIdentity, string, Caller?> Authenticate =
        new("Authenticate", static (s, r, stop) => s.AuthenticateAsync(r, stop), CallPolicy.Read with { Cap = TimeSpan.FromSeconds(1) });

    private static readonly UnaryCall<IIdentity, IReadOnlyList<KeyRequest>, IReadOnlyList<IssuedKey>> IssueKeys =
        new("IssueKeys", static (s, r, stop) => s.IssueKeysAsync(r, stop), CallPolicy.Write);

    public static Contract<IIdentity> Instance { get; } = new("identity", seam => new Proxy(seam), Authenticate, IssueKeys)
    {
        Rehearse = static async (service, stop) => await service.AuthenticateAsync("a-key-that-nobody-was-given", stop).ConfigureAwait(false),
    };

    private sealed class Proxy(Seam<IIdentity> seam) : IIdentity
    {
        public ValueTask<Caller?> AuthenticateAsync(string apiKey, CancellationToken cancellationToken) => seam.CallAsync(Authenticate, apiKey, cancellationToken);

        public ValueTask<IReadOnlyList<IssuedKey>> IssueKeysAsync(IReadOnlyList<KeyRequest> requests, CancellationToken cancellationToken) =>
            seam.CallAsync(IssueKeys, requests, cancellationToken);
    }
}
