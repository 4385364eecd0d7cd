using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace EndToEnd.Tests.Runs;

/// <summary>
/// Every metric that the load-testing plan lists is one of Loadline's, is defined in docs/metrics.md, and comes out of a real run against the RAG system that ships with it, in both of its shapes. What the
/// machine or the configuration must have for it (a GPU, a PostgreSQL) is told from what is missing.
/// </summary>
[Collection(nameof(Undisturbed))]
public partial class InsideTests(ShortRuns runs)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // What the plan asks for; where it is found in a run; what must be there for it (nothing: every run has it).
    private static readonly (string AskedFor, string[] Metrics, string? Needs)[] Plan =
    [
        ("Application: response time P50, P95, P99", ["query.p50", "query.p95", "query.p99"], null),
        ("Application: throughput", ["rps"], null),
        ("Application: error rate", ["errors"], null),
        ("Application: availability", ["availability"], null),
        ("Application: queue depth", ["queue.depth", "queue.depth.max{queue:ingestion}", "queue.lag"], null),
        ("Business: query success rate", ["query.success"], null),
        ("Business: document processing time", ["searchable.p95"], null),
        ("Business: generation quality (token generation speed)", ["generation.speed"], null),
        ("Business: cache hit rate (Redis and local)", ["cache.hit", "cache.hit{cache:embeddings,level:local}", "cache.hit{cache:answers,level:shared}"], null),
        ("Infrastructure: CPU per service", ["cpu", "cpu{service:…}"], null),
        ("Infrastructure: memory per service", ["memory", "memory{service:…}", "files.open{service:…}"], null),
        ("Infrastructure: GPU of model services", ["gpu.use", "gpu.memory"], "a GPU"),
        ("Infrastructure: active database connections", ["db.connections", "db.connections.idle", "db.connections.pending"], "PostgreSQL"),
        ("Infrastructure: network I/O", ["network.in", "network.out"], null),
        ("Embedding: embeddings/s, model load time", ["embedding.rate", "embedding.time.p95", "model.load{model:embedding}"], null),
        ("Generation: tokens/s, inference time", ["generation.tokens", "generation.time.p95", "generation.first_token.p95"], null),
        ("Vector store: search latency, index size", ["vectors.search.p95", "vectors.size", "vectors.memory"], null),
        ("Gateway: routing time, auth overhead", ["gateway.routing.p95", "gateway.auth.p95"], null),
    ];

    private static readonly string[] Services = ["gateway", "identity", "documents", "ingestion", "embedding", "vectors", "keywords", "search", "reranking", "query", "generation", "caching"];

    [Fact]
    public async Task A_run_against_one_process_has_every_metric_of_the_plan() => await HasEveryMetricAsync(await runs.EmbeddedAsync(), ["rag"]);

    [Fact]
    public async Task A_run_against_services_has_every_metric_of_the_plan() => await HasEveryMetricAsync(await runs.ServicesAsync(), Services);

    [Fact]
    public async Task A_run_against_services_sees_each_process()
    {
        var run = await runs.ServicesAsync();
        Assert.Equal("services", run.Summary.GetProperty("plan").GetProperty("target").GetString());
        var processes = run.Summary.GetProperty("environment").GetProperty("processes").EnumerateArray().Select(process => process.GetProperty("name").GetString()!).ToList();
        Assert.Equal([], Services.Concat(["loadline", "llm", "rag up"]).Except(processes));
        var query = run.Summary.GetProperty("operations").EnumerateArray().Single(operation => operation.GetProperty("name").GetString() == "query");
        Assert.True(query.GetProperty("outcomes").GetProperty("ok").GetInt64() > 0, run.Output);
        Assert.Empty(Directory.EnumerateDirectories(Path.GetTempPath(), $"loadline-data-{run.Id}-*"));
    }

    [Fact]
    public async Task Every_metric_of_the_plan_is_defined_on_its_page()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Binaries.Root, "docs", "metrics.md"));
        var defined = Row().Matches(page).Select(row => row.Groups[1].Value.TrimStart('.')).ToHashSet();
        var named = Plan.SelectMany(asked => asked.Metrics).Select(name => Braces().Replace(name, "").Replace("query.", "", StringComparison.Ordinal)).Select(name => Percentile().Replace(name, ".p95"));
        Assert.Equal([], named.Select(name => name is "p50" or "p99" ? "p95" : name).Where(name => !defined.Contains(name) && !defined.Contains(name + ".p95") && !defined.Contains(name.Replace(".max", "", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task An_objective_on_the_inside_is_judged_and_one_that_nothing_tells_is_a_mistake()
    {
        using var folder = new TemporaryFolder();
        var plan = folder["plan.yaml"];
        static string Text(string target, string objectives) => $$"""
            name: inside
            purpose: Objectives on what the target tells of itself
            {{target}}
            load:
              users: 5
              phases: { up: 1s, hold: 10s, down: 1s }
              mix: { query: 1 }
            data: { documents: 20 }
            objectives: [{{objectives}}]
            """;
        await File.WriteAllTextAsync(plan, Text("target: embedded", "queue.depth.max < 1000, cpu.max < 0.000001, db.connections.max < 100"));
        using (var run = new LoadlineProcess("run", plan, "--out", folder["run"]))
            Assert.True(await run.ExitAsync(Patience) == 98, run.Output);
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder["run"], "summary.json")));
        Assert.Equal(["PASS", "FAIL", "INVALID"], summary.RootElement.GetProperty("objectives").EnumerateArray().Select(objective => objective.GetProperty("result").GetString()!));

        await File.WriteAllTextAsync(plan, Text("target: fastapi", "queue.depth.max < 1000"));
        using var check = new LoadlineProcess("check", plan);
        Assert.Equal(104, await check.ExitAsync(Patience));
        Assert.Contains("asks for 'queue.depth', which nothing tells of this target; write 'probes:' in its profile", check.Output, StringComparison.Ordinal);
    }

    private static async Task HasEveryMetricAsync(ShortRun run, string[] services)
    {
        var measured = run.Summary.GetProperty("metrics").EnumerateObject().ToDictionary(metric => metric.Name, metric => metric.Value.GetProperty("value").GetDouble());
        var wanted = Plan.Where(asked => asked.Needs is null).SelectMany(asked => asked.Metrics).SelectMany(name => name.Contains('…') ? services.Select(service => name.Replace("…", service)) : [name]);
        Assert.Equal([], wanted.Except(measured.Keys));
        Assert.Equal([], Plan.Where(asked => asked.Needs is not null).SelectMany(asked => asked.Metrics).Intersect(measured.Keys));

        // Not only there: each says what such a run must do.
        foreach (var name in new[] { "cpu", "memory", "files.open", "network.in", "embedding.rate", "generation.tokens", "generation.time.p95", "vectors.search.p95", "vectors.size", "vectors.memory", "gateway.routing.p95", "gateway.auth.p95", "model.load" })
            Assert.True(measured[name] > 0, $"{name} is {measured[name]}");
        Assert.InRange(measured["cache.hit"], 0, 100);
        Assert.DoesNotContain("looks at the target from inside failed", run.Output, StringComparison.Ordinal);
        Assert.Contains("The target from inside", await File.ReadAllTextAsync(run.Report), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\| `([^`]+)`", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\{.*\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"\.p\d+$")]
    private static partial Regex Percentile();
}
