using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Rag.Identity;

/// <summary>The configuration section <c>identity</c>.</summary>
internal sealed record IdentityOptions
{
    /// <summary>The greatest limit that a user may have.</summary>
    public const int MaxRequestsPerMinute = 1_000_000;

    /// <summary>Requests per minute of a user without a limit of its own, <c>identity:requests_per_minute</c>; default 100.</summary>
    public int RequestsPerMinute { get; init; } = 100;

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

    public static IdentityOptions Read(IConfiguration configuration)
    {
        const string Path = "identity:requests_per_minute";
        var devKey = configuration["identity:dev_key"] is { Length: > 0 } key ? key : null;
        if (devKey is { Length: < KeyIdentity.ShortestKey or > KeyIdentity.LongestKey })
            throw new InvalidOperationException(
                $"identity:dev_key: {devKey.Length} characters are not permitted; expected {KeyIdentity.ShortestKey}–{KeyIdentity.LongestKey}");
        if (configuration[Path] is not { } text)
            return new IdentityOptions { DevKey = devKey };
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxRequestsPerMinute
            ? new IdentityOptions { RequestsPerMinute = limit, DevKey = devKey, DevRequestsPerMinute = limit }
            : throw new InvalidOperationException($"{Path}: '{text}' is not permitted; expected a whole number from 1 to {MaxRequestsPerMinute}");
    }
}
