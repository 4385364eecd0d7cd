namespace Rag.Identity;

/// <summary>Users, tenants, API keys and quotas. Keys are stored hashed; the clear text is returned once, when issued.</summary>
public interface IIdentity
{
    /// <summary>Finds who holds a key.</summary>
    /// <param name="apiKey">The clear-text key, as it came in the request.</param>
    /// <param name="cancellationToken">Stops the look-up.</param>
    /// <returns>The caller, or null when the key is unknown or revoked.</returns>
    ValueTask<Caller?> AuthenticateAsync(string apiKey, CancellationToken cancellationToken);

    /// <summary>Makes one key for each request, all or none. A user that exists gets a further key; its tenant and limit are updated.</summary>
    ValueTask<IReadOnlyList<IssuedKey>> IssueKeysAsync(IReadOnlyList<KeyRequest> requests, CancellationToken cancellationToken);
}

/// <summary>Who is calling.</summary>
/// <param name="User">The user's name, unique in the system.</param>
/// <param name="Tenant">Whose documents the user sees; tenants never see each other.</param>
/// <param name="RequestsPerMinute">The user's rate limit.</param>
/// <param name="RequestsPerDay">The user's quota of requests a day (UTC); 0 for none.</param>
/// <param name="TokensPerDay">The user's quota of tokens a day (UTC), as <see cref="Usage.UsageAmounts.Tokens"/>; 0 for none.</param>
public sealed record Caller(string User, string Tenant, int RequestsPerMinute, int RequestsPerDay = 0, int TokensPerDay = 0);

/// <summary>Asks for an API key.</summary>
/// <param name="User">1–128 characters: letters, digits, <c>. _ - @</c>.</param>
/// <param name="Tenant">Same rule; null means <c>default</c>.</param>
/// <param name="RequestsPerMinute">Null means the system's default.</param>
/// <param name="Key">A key to register as given (16–256 printable ASCII characters); null has one made.</param>
/// <param name="RequestsPerDay">0 means no quota, null the system's default.</param>
/// <param name="TokensPerDay">0 means no quota, null the system's default.</param>
public sealed record KeyRequest(string User, string? Tenant = null, int? RequestsPerMinute = null, string? Key = null, int? RequestsPerDay = null, int? TokensPerDay = null);

/// <summary>A key that was made. The clear text can't be had again.</summary>
public sealed record IssuedKey(string User, string Tenant, int RequestsPerMinute, string Key, int RequestsPerDay = 0, int TokensPerDay = 0);
