using System.Globalization;

namespace EndToEnd.Tests.Runs;

/// <summary>A run of one user against a simulated LLM, with one fault, <c>planted</c>, soon after its start.</summary>
internal static class PlantedFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Starts it.</summary>
    /// <param name="llm">Its target, <c>loadline llm</c>.</param>
    /// <param name="folder">For the plan and the run.</param>
    /// <param name="fault">What it does, as in a plan.</param>
    /// <param name="lasts">For how long.</param>
    /// <param name="path">Where commands are looked for first; null for nowhere else.</param>
    public static async Task<LoadlineProcess> RunAsync(LoadlineProcess llm, TemporaryFolder folder, string fault, string lasts, string? path = null)
    {
        await llm.SaysAsync("listening on ", Patience);
        var address = llm.Output[(llm.Output.IndexOf("listening on ", StringComparison.Ordinal) + "listening on ".Length)..].Split('\n')[0].Trim();
        await File.WriteAllTextAsync(folder["plan.yaml"], string.Create(CultureInfo.InvariantCulture, $$"""
            name: planted
            purpose: Something is disturbed
            load:
              users: 1
              phases: { up: 0s, hold: 2m, down: 0s }
              mix: { query: 1 }
            data: { documents: 0 }
            faults:
              planted: { at: 0.2s, for: {{lasts}}, {{fault}} }
            objectives:
              - errors < 100%
            """));
        var environment = new Dictionary<string, string> { ["OPENAI_API_KEY"] = "none" };
        if (path is not null)
            environment["PATH"] = $"{path}:{Environment.GetEnvironmentVariable("PATH")}";
        return new LoadlineProcess(environment, "run", folder["plan.yaml"], "--target", "openai-chat@" + address, "--out", folder["run"]);
    }
}
