namespace Rag.Identity;

/// <summary>Where users and hashed keys are kept. Writes are durable when they return; several processes may use one store at a time.</summary>
public interface IKeyStore
{
    /// <summary>Who holds the key with this hash, or null when it is unknown or revoked.</summary>
    ValueTask<Caller?> FindAsync(KeyHash hash, CancellationToken cancellationToken);

    /// <summary>Adds keys, all or none. A user that exists gets a further key; its tenant and limit become those given.</summary>
    ValueTask AddAsync(IReadOnlyList<NewKey> keys, CancellationToken cancellationToken);

    /// <summary>All keys, ordered by user and time.</summary>
    ValueTask<IReadOnlyList<KeyListing>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Revokes a key by its <see cref="KeyListing.Id"/>, or all keys of a user by its name.</summary>
    /// <returns>How many were revoked.</returns>
    ValueTask<int> RevokeAsync(string keyIdOrUser, CancellationToken cancellationToken);
}

/// <summary>A key to add.</summary>
/// <param name="Caller">Who holds it.</param>
/// <param name="Hash">Its hash; adding a hash that is there already gives that key to this user.</param>
public sealed record NewKey(Caller Caller, KeyHash Hash);

/// <summary>A key as an operator sees it; the clear text is nowhere.</summary>
/// <param name="Id">The first 12 hexadecimal digits of its hash.</param>
/// <param name="User">Who holds it.</param>
/// <param name="Tenant">The user's tenant.</param>
/// <param name="RequestsPerMinute">The user's limit.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
/// <param name="RevokedAt">When it was revoked, or null while it is valid.</param>
/// <param name="RequestsPerDay">The user's quota of requests a day; 0 for none.</param>
/// <param name="TokensPerDay">The user's quota of tokens a day; 0 for none.</param>
public sealed record KeyListing(
    string Id, string User, string Tenant, int RequestsPerMinute, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt, int RequestsPerDay = 0, int TokensPerDay = 0);
