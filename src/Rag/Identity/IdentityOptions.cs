namespace Rag.Identity;

/// <summary>The configuration section <c>identity</c>.</summary>
internal sealed record IdentityOptions
{
    /// <summary>The greatest limit that a user may have.</summary>
    public const int MaxRequestsPerMinute = 1_000_000;

    /// <summary>Requests per minute of a user without a limit of its own, <c>identity:requests_per_minute</c>; default 100.</summary>
    public int RequestsPerMinute { get; init; } = 100;

    /// <summary>The greatest quota of a day.</summary>
    public const int MaxPerDay = 2_000_000_000;

    /// <summary>Requests per day of a user without a quota of its own, <c>identity:requests_per_day</c>; default 0: none.</summary>
    public int RequestsPerDay { get; init; }

    /// <summary>Tokens per day of a user without a quota of its own, <c>identity:tokens_per_day</c>; default 0: none.</summary>
    public int TokensPerDay { get; init; }

    /// <summary>How many days usage is kept, today included, <c>identity:usage_days</c>; default 400.</summary>
    public int UsageDays { get; init; } = 400;

    /// <summary>The most keys remembered; past them the oldest third is forgotten and looked up again.</summary>
    public int CachedKeys { get; init; } = 100_000;

    /// <summary>How long a found key is believed: a revocation by another process takes hold after at most this time.</summary>
    public TimeSpan CachedFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an unknown key is refused without looking again; short, so that a key added by another process soon works.</summary>
    public TimeSpan UnknownFor { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A key that is valid while this process runs and is stored nowhere, <c>identity:dev_key</c>; null for none.</summary>
    public string? DevKey { get; init; }

    /// <summary>The development key's limit: what <c>identity:requests_per_minute</c> says, or none to speak of.</summary>
    public int DevRequestsPerMinute { get; init; } = MaxRequestsPerMinute;
}
