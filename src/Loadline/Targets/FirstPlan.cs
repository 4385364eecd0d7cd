using System.Globalization;
using System.Text;

namespace Loadline.Targets;

/// <summary>The plan that <c>loadline init</c> writes: small, with only what the profile can do.</summary>
public static class FirstPlan
{
    private static readonly (string Operation, int Weight)[] Usual = [("query", 60), ("search", 20), ("upload", 10), ("status", 10)];

    /// <summary>A plan's text for a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="target">What the plan says as its target.</param>
    public static string For(TargetProfile profile, string target)
    {
        var mix = Usual.Where(entry => profile.Operations.ContainsKey(entry.Operation)).ToList();
        if (mix.Count == 0 || mix is [("status", _)])
            mix = [.. profile.Operations.Keys.Select(name => (name, 1))];
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Ten users for a minute: is everything there, and how fast is it when nobody waits? 'loadline check' says what it does; docs/plans.md has every key.
            name: first
            purpose: A first look at {profile.Name} under a little load
            target: "{target.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}"

            load:
              users: 10
              phases: {"{"} up: 5s, hold: 50s, down: 5s {"}"}
              think: 1s..3s
              mix: {"{"} {string.Join(", ", mix.Select(entry => $"{entry.Operation}: {entry.Weight}"))} {"}"}
              timeout: 60s

            data:
              documents: {(profile.Upload is null ? 0 : 50)}                          # given to the target before the load{(profile.Upload is null ? "; the profile has no upload" : "")}

            objectives:
              - errors < 1%

            """);
        var main = mix[0].Operation;
        text.Append(CultureInfo.InvariantCulture, $"  - {main}.p95 < 10s\n");
        if (profile.Operations.TryGetValue("query", out var query))
        {
            if (query.Stream is not null)
                text.Append("  - query.ttft.p95 < 5s\n");
            if (query.Answer.KnowsCitations && profile.Upload is not null)
                text.Append("  - should query.correct > 50%\n");
        }
        return text.ToString();
    }
}
