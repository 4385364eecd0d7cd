using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>Gets the users' API keys from where the profile says.</summary>
public static class UserKeys
{
    /// <summary>The name of a user.</summary>
    public static string NameOf(int user) => $"u{user}";

    /// <summary>A key for each user; shared in turn when there are fewer keys than users; empty when the target wants none.</summary>
    /// <param name="profile">The target's profile.</param>
    /// <param name="wire">The wire to the target.</param>
    /// <param name="users">How many users.</param>
    /// <param name="adminKey">The key that may make keys; needed where the target makes them.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="stop">Stops asking.</param>
    /// <exception cref="TargetSetupException">There are no keys to be had.</exception>
    public static async Task<IReadOnlyList<string>> ObtainAsync(
        TargetProfile profile, IWire wire, int users, string? adminKey, Func<string, string?> environment, CancellationToken stop)
    {
        switch (profile.Keys)
        {
            case KeySource.Environment(var variable):
                return Split(environment(variable), $"environment variable {variable}", $"set {variable} to one or more keys, separated by commas");
            case KeySource.File(var path):
                if (!File.Exists(path))
                    throw new TargetSetupException($"keys: the file '{path}' is not there; write a key a line into it");
                return Split(await File.ReadAllTextAsync(path, stop).ConfigureAwait(false), $"file '{path}'", "write a key a line into it");
            case KeySource.Issued issued:
                return await IssueAsync(profile, issued, wire, users, adminKey, stop).ConfigureAwait(false);
            default:
                return [];
        }
    }

    /// <summary>The auth header's value for a key; null when the target wants none.</summary>
    public static string? Authorization(TargetProfile profile, string? key) =>
        key is null ? null : profile.Auth?.Value.Fill(new TemplateValues { Key = key });

    private static string[] Split(string? text, string where, string remedy)
    {
        var keys = (text ?? "").Split([',', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return keys.Length > 0 ? keys : throw new TargetSetupException($"keys: {where} holds no key; {remedy}");
    }

    private static async Task<IReadOnlyList<string>> IssueAsync(
        TargetProfile profile, KeySource.Issued issued, IWire wire, int users, string? adminKey, CancellationToken stop)
    {
        var keys = new List<string>(users);
        while (keys.Count < users)
        {
            var count = Math.Min(issued.Batch, users - keys.Count);
            var each = Enumerable.Range(keys.Count, count).Select(user => issued.Each.Fill(new TemplateValues { User = NameOf(user) }));
            var request = new WireRequest
            {
                Operation = issued.Request,
                Values = new TemplateValues { Users = string.Join(",", each) },
                Authorization = Authorization(profile, adminKey),
            };
            var exchange = new Exchange { Operation = issued.Request.Name };
            var reply = await wire.SendAsync(request, exchange, stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            if (exchange.Outcome is not (Outcome.Ok or Outcome.Degraded))
            {
                throw new TargetSetupException(
                    $"keys: {issued.Request.Request.Method} {issued.Request.Request.Path.Source} for {count} users ended with {exchange.Reason}"
                    + $"{(exchange.ResponseText is { } text ? $": {text}" : "")}; {(adminKey is null ? "set the target's admin key in LOADLINE_ADMIN_KEY" : "check that the target runs and that LOADLINE_ADMIN_KEY is its admin key")}");
            }
            if (reply.Texts.Count != count)
            {
                throw new TargetSetupException(
                    $"keys: {issued.Request.Request.Path.Source} answered with {reply.Texts.Count} keys at {issued.KeyPath} for {count} users; correct keys.path in profile '{profile.Name}'");
            }
            keys.AddRange(reply.Texts);
        }
        return keys;
    }
}
