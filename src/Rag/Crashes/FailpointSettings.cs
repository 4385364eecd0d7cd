using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Crashes;

/// <summary>What the configuration says of failpoints: the section <c>failpoints</c>. For tests of crashes; nothing is armed by default.</summary>
public static class FailpointSettings
{
    private static readonly Setting<int> Seed = Setting.Whole("failpoints:seed", 1, 0, int.MaxValue, "Seeds the chance of failpoints with a probability");
    private static readonly Setting<TimeSpan> Pause = Setting.Milliseconds("failpoints:pause_ms", 5_000, 1, 600_000, "How long whoever meets a failpoint that pauses stands still");

    /// <summary>Each point's name in the configuration.</summary>
    public static IReadOnlyDictionary<string, Failpoint> Names { get; } =
        Enum.GetValues<Failpoint>().ToDictionary(point => JsonNamingPolicy.SnakeCaseLower.ConvertName(point.ToString()), StringComparer.OrdinalIgnoreCase);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Seed, Pause,
        Setting.Section("failpoints", $"NAME: {FailpointRule.Rule}", $"Ends or pauses the process at a commit boundary, for tests of crashes; names are {string.Join(", ", Names.Keys)}"),
    ];

    /// <summary>Arms this process's failpoints as the configuration says; where it says nothing, they stay as they are.</summary>
    /// <exception cref="InvalidOperationException">Names or values that are not permitted; the message names all of them.</exception>
    public static void Arm(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var (seed, pause) = (reader.Read(Seed), reader.Read(Pause));
        var rules = new Dictionary<Failpoint, FailpointRule>();
        foreach (var entry in configuration.GetSection("failpoints").GetChildren())
        {
            if (entry.Path.Equals(Seed.Path, StringComparison.OrdinalIgnoreCase) || entry.Path.Equals(Pause.Path, StringComparison.OrdinalIgnoreCase) || entry.Value is not { Length: > 0 } text)
                continue;
            if (!Names.TryGetValue(entry.Key, out var point))
                reader.Refuse($"failpoints:{entry.Key}: there is no such failpoint; expected one of {string.Join(", ", Names.Keys)}");
            else if (FailpointRule.Parse(text) is { } rule)
                rules[point] = rule;
            else
                reader.Refuse($"failpoints:{entry.Key}: '{text}' is not permitted; expected {FailpointRule.Rule}");
        }

        reader.ThrowIfWrong();
        if (rules.Count > 0)
            Failpoints.Arm(new ArmedFailpoints(rules, seed, pause));
    }
}
