using System.Globalization;
using Rag.Bench.Resilience;

namespace Rag.Bench.Alerts.Faults;

/// <summary>Parts that work, too slowly.</summary>
internal static class Slowness
{
    // An answer takes 6 s to its first token, 0.7 of its whole time, and 17 tokens a second from there on.
    private static readonly string[] SlowLlm = ["slots=300", "queue=2000", "first-token=6s", "per-token=60ms", "output-tokens=40", "load-factor=0", "failures=0%"];

    public static Episode Llm { get; } = new(
        "the LLM gives its first token after 6 s and then 17 a second; a load test of it goes on",
        [new("LlmBottleneck"), new("LoadlineObjectiveMissed"), .. AlertName.Budget("query-latency"), .. AlertName.Budget("generation-speed")],
        async (stage, stop) =>
        {
            await stage.Target.ReplaceLlmAsync(SlowLlm, stop);
            var slow = new Undo(() => new ValueTask(stage.Target.ReplaceLlmAsync(Stage.HealthyLlm, CancellationToken.None)));
            return Undo.All(slow, LoadTest.Start(stage));
        });

    public static Episode SearchAndUploads { get; } = new(
        "searches start 1.5 s late, uploads 12 s (injected at the doors of search and documents)", [.. AlertName.Budget("search-latency"), .. AlertName.Budget("upload-latency")],
        async (stage, stop) => Undo.All(
            await stage.InjectAsync(new { service = "search", call = "Search", kind = "latency", @for = "5m", latency_ms = 1_500 }, stop),
            await stage.InjectAsync(new { service = "documents", call = "Put", kind = "latency", @for = "5m", latency_ms = 12_000 }, stop)));

    public static Episode Processors { get; } = new("four threads a core that only compute (loadline burn)", [new("ResourceContention")], (stage, _) =>
    {
        var cores = (4 * Environment.ProcessorCount).ToString(CultureInfo.InvariantCulture);
        IAsyncDisposable burning = BenchProcess.Launch("Loadline.Cli", ["burn", "--cores", cores, "--seconds", "180", "--parent", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        return Task.FromResult(burning);
    });
}
