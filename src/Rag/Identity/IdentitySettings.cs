using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Identity;

/// <summary>What the configuration says of identity: the section <c>identity</c>.</summary>
internal static class IdentitySettings
{
    private static readonly Setting<int> RequestsPerMinute = Setting.Whole("identity:requests_per_minute", 100, 1, IdentityOptions.MaxRequestsPerMinute, "Requests per minute of a user without a limit of its own");
    private static readonly Setting<int> RequestsPerDay = Setting.Whole("identity:requests_per_day", 0, 0, IdentityOptions.MaxPerDay, "Requests per day (UTC) of a user that is made without a quota of its own; 0 for none");
    private static readonly Setting<int> TokensPerDay = Setting.Whole("identity:tokens_per_day", 0, 0, IdentityOptions.MaxPerDay, "Tokens per day (UTC), of prompts, answers and embedded texts, of a user that is made without a quota of its own; 0 for none");
    private static readonly Setting<int> UsageDays = Setting.Whole("identity:usage_days", 400, 1, 4000, "How many days usage is kept, today included");
    private static readonly Setting<string?> DevKey = Setting.Hidden("identity:dev_key", "A key that is valid while the process runs and is stored nowhere: user dev, tenant default", KeyIdentity.ShortestKey);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [RequestsPerMinute, RequestsPerDay, TokensPerDay, UsageDays, DevKey];

    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static IdentityOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var limit = reader.Read(RequestsPerMinute);
        var (requests, tokens, days) = (reader.Read(RequestsPerDay), reader.Read(TokensPerDay), reader.Read(UsageDays));
        var devKey = reader.Read(DevKey);
        if (devKey is { Length: > KeyIdentity.LongestKey })
            reader.Refuse($"{DevKey.Path}: {devKey.Length} characters are not permitted; expected {KeyIdentity.ShortestKey} to {KeyIdentity.LongestKey}");
        reader.ThrowIfWrong();
        // The developer's key has no limit to speak of, unless one was asked for.
        return new IdentityOptions
        {
            RequestsPerMinute = limit,
            RequestsPerDay = requests,
            TokensPerDay = tokens,
            UsageDays = days,
            DevKey = devKey,
            DevRequestsPerMinute = configuration[RequestsPerMinute.Path] is { Length: > 0 } ? limit : IdentityOptions.MaxRequestsPerMinute,
        };
    }
}
