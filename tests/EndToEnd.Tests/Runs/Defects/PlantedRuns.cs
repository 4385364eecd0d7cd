using System.Globalization;
using System.Text.Json;

namespace EndToEnd.Tests.Runs.Defects;

/// <summary>The runs of <see cref="PlantedDefectTests"/>: three at a time, since each takes a fifth of a core and half a minute. All begin with the first that is asked for.</summary>
public sealed class PlantedRuns
{
    private const int AtOnce = 3, Attempts = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly SemaphoreSlim _places = new(AtOnce);
    private readonly Lazy<IReadOnlyDictionary<Defect, Task<PlantedRun>>> _first;

    public PlantedRuns() => _first = new(() => Enum.GetValues<Defect>().ToDictionary(defect => defect, RunAsync));

    /// <summary>The run with a defect. Where other work takes the processor away, figures of time are not the target's: then it is made again.</summary>
    /// <param name="defect">What is wrong with the target.</param>
    /// <param name="isExpected">Whether a run is as it should be: then it counts whatever the load generator says.</param>
    internal async Task<PlantedRun> OfAsync(Defect defect, Func<PlantedRun, bool> isExpected)
    {
        var run = await _first.Value[defect];
        for (var attempt = 1; attempt < Attempts && run.BlamesGenerator && !isExpected(run); attempt++)
            run = await RunAsync(defect);
        return run;
    }

    private async Task<PlantedRun> RunAsync(Defect defect)
    {
        await _places.WaitAsync();
        try
        {
            using var folder = new TemporaryFolder();
            await using var rag = await DefectiveRag.StartAsync(defect, folder["outage"], TimeProvider.System);
            await File.WriteAllTextAsync(folder["target.yaml"], rag.Profile);
            await File.WriteAllTextAsync(folder["plan.yaml"], Plan(defect, folder));
            using var loadline = new LoadlineProcess("run", folder["plan.yaml"], "--out", folder["run"]);
            await loadline.ExitAsync(Patience);
            return PlantedRun.Read(folder["run"], loadline.Output);
        }
        finally
        {
            _places.Release();
        }
    }

    // 1000 users ÷ 1.4 s think ≈ 700 requests/s. Recovery asks for five good seconds in the end: what must be slow
    // for long, to bring the mean below 500 or to take more than 10 s, has a run that is 7 s longer, and so has what hangs for more than 5 s.
    private static string Plan(Defect defect, TemporaryFolder folder)
    {
        var (hold, at, length) = defect switch
        {
            Defect.HeldUp or Defect.SlowUploads => (19, 11.2, 2.5),
            Defect.NoBreaker => (19, 3.5, 6.5),
            _ => (12, 3.5, 2.5),
        };
        return string.Create(CultureInfo.InvariantCulture, $$"""
            name: planted
            purpose: All twelve objectives in a few seconds
            target: {{folder["target.yaml"]}}
            scenarios:
              ordinary:
                users: {{(defect == Defect.FewUsers ? 900 : 1000)}}
                phases: { up: 1s, hold: {{hold}}s, down: 500ms }
                think: 1.2s..1.6s
                mix: { query: 20, upload: 5, status: 75 }
                watch: 100%
              burst:
                start: 1.2s
                burst: { requests: 1000, within: 1500ms, at-once: 100 }
                users-at-most: 1000
                mix: { query: 1 }
            data: { documents: 0, words: "20" }
            faults:
              outage: { at: {{at}}s, for: {{length}}s, command: "touch {{folder["outage"]}}", undo: "rm -f {{folder["outage"]}}" }
            objectives:
              - { from: rag }
            """);
    }
}

/// <summary>What a run said.</summary>
/// <param name="Lines">PASS, WARN, FAIL or INVALID of each objective, by its text.</param>
/// <param name="Verdict">Of the whole.</param>
/// <param name="Output">What Loadline printed.</param>
internal sealed record PlantedRun(IReadOnlyDictionary<string, string> Lines, string Verdict, string Output)
{
    /// <summary>Whether the run can't be judged for the load generator's sake.</summary>
    public bool BlamesGenerator => Verdict == "INVALID" && Output.Contains("the load generator", StringComparison.Ordinal);

    /// <summary>Whether the objectives came out like this, all of them and no other.</summary>
    public bool HasLines(IReadOnlyDictionary<string, string> expected) => expected.OrderBy(line => line.Key).SequenceEqual(Lines.OrderBy(line => line.Key));

    /// <summary>Reads a run's summary; without one, a run without a line.</summary>
    public static PlantedRun Read(string folder, string output)
    {
        var file = Path.Combine(folder, "summary.json");
        if (!File.Exists(file))
            return new(new Dictionary<string, string>(), "none", output);
        using var summary = JsonDocument.Parse(File.ReadAllText(file));
        var lines = summary.RootElement.GetProperty("objectives").EnumerateArray().ToDictionary(line => line.GetProperty("text").GetString()!, line => line.GetProperty("result").GetString()!);
        return new(lines, summary.RootElement.GetProperty("verdict").GetString()!, output);
    }
}
