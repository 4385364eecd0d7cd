using Rag.Bench.Resilience;

namespace Rag.Bench.Alerts.Faults;

/// <summary>A <c>loadline run</c> of twenty users against the stage that pushes what it measures; its one objective is the time of answers.</summary>
internal sealed class LoadTest : IAsyncDisposable
{
    private const string Plan =
        """
        name: alerts
        purpose: Answers are complete in time
        target: embedded
        load:
          users: 20
          phases: { up: 1s, hold: 3m, down: 1s }
          think: 0.2s..0.5s
          mix: { query: 100 }
          timeout: 20s
          stream: 100%
        data: { documents: 1000, words: "lognormal(median 120, p99 400)", topics: 20, popularity: 0, top-k: 3 } # few questions come twice: no cache answers them
        llm: { first-token: 100ms, per-token: 5ms, output-tokens: 20, slots: 64, queue: 64, load-factor: 0, failures: 0% }
        objectives:
          - query.p95 < 3s
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("rag-alerts-run-").FullName;
    private readonly BenchProcess _run;

    private LoadTest(Stage stage)
    {
        var plan = Path.Combine(_folder, "alerts.yaml");
        File.WriteAllText(plan, Plan);
        _run = BenchProcess.Launch(
            "Loadline.Cli", ["run", plan, "--target", stage.Target.Rag.Address.ToString(), "--out", Path.Combine(_folder, "run"), "--prometheus-remote-write", stage.Prometheus.RemoteWrite.ToString()],
            [("LOADLINE_ADMIN_KEY", stage.Target.AdminKey)]);
    }

    public static IAsyncDisposable Start(Stage stage) => new LoadTest(stage);

    /// <summary>Interrupts it, as Ctrl-C does.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_run.HasEnded)
            Console.Error.WriteLine($"the load test had ended before it was to:\n{_run.LastLines}");
        await _run.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
