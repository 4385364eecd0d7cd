using Loadline.Plans.Quantities;

namespace Loadline.Plans.Keys;

/// <summary>Every key of a plan, once: the reader, the JSON schema, docs/plans.md, the explanation and the errors read this table.</summary>
internal static class PlanKeys
{
    private const double Minute = 60, Hour = 3600, Day = 86400;

    /// <summary>A weight in the mix.</summary>
    public static ValueKind Weight { get; } = new NumberKind(0.0001, 1_000_000, "40");

    /// <summary>In the order in which a plan is written and explained.</summary>
    public static IReadOnlyList<PlanKey> All { get; } =
    [
        Value("name", new NameKind(), null, "What the plan is called; the run folder carries it."),
        Value("purpose", new LineKind("a sentence", 300, "Baseline performance under normal load"), null, "One sentence: what the plan is for."),
        Value("target", new LineKind($"{string.Join(", ", OwnTarget.All.Select(own => $"'{own.Name}'"))}, a URL, a profile's name or a profile's path", 1000, "embedded"), "embedded",
            $"The system under test: {string.Join(" or ", OwnTarget.All.Select(own => $"`{own.Name}`"))} (Loadline starts the RAG system it ships with, {string.Join(", or ", OwnTarget.All.Select(own => own.About))}), a URL that speaks the same API, the name of a profile in plans/targets, or a profile's path."),
        Value("seed", new WholeNumberKind("", 0, ulong.MaxValue, "1"), "1", "The seed of everything random: the same seed gives the same users, documents, questions and think times."),

        Value("baseline", new LineKind("a run's folder, its summary.json or 'none'", 1000, "runs/last-release"), Plan.NoBaseline, "An earlier run, for objectives such as `query.p95 < 1.2x baseline`; relative to the working directory."),

        Section("load", "Who loads the target, how hard and how long."),
        Value("load.users", new WholeNumberKind("users", 1, 100_000, "1000"), "50", "Users at the height of the test. Each sends a request, waits for its answer, thinks, and sends the next."),
        Section("load.phases", "The three phases of the load. Objectives judge the hold phase."),
        Value("load.phases.up", new DurationKind(0, Day, "2m"), "5s", "Users start evenly spread over this time."),
        Value("load.phases.hold", new DurationKind(1, 7 * Day, "26m"), "1m", "All users are active for this time."),
        Value("load.phases.down", new DurationKind(0, Day, "2m"), "5s", "Users leave evenly spread over this time, each after the exchange it has in hand."),
        Value("load.think", new DistributionKind(Quantity.Time, 0, Hour, "0.5s..1.5s"), "1s..2s", "How long a user waits between an answer and the next request."),
        new("load.mix", KeyShape.Weights, Weight, "query 40, upload 25, search 20, status 15", "How often users do what: a weight for each operation. Weights need not add up to 100."),
        Value("load.timeout", new DurationKind(0.01, Hour, "30s"), "30s", "An exchange that has not ended by then is ended and counted as timed out."),
        Value("load.stream", new ShareKind("100%"), "100%", "The share of queries that ask for a stream of tokens."),
        Value("load.documents-per-user", new WholeNumberKind("documents", 1, 10_000, "5"), "5", "Documents that a user keeps: past them an upload replaces the user's oldest with its next version."),
        Value("load.watch", new ShareKind("10%"), "10%", "The share of uploads that are watched, by polling, until they are searchable."),

        Section("data", "What users upload and ask."),
        Value("data.documents", new WholeNumberKind("documents", 0, 1_000_000, "5000"), "1000", "Documents that the target is given before the load starts."),
        Value("data.words", new DistributionKind(Quantity.Count, 1, 100_000, "180..260"), "lognormal(median 120, p99 400)", "Words in a document."),
        Value("data.topics", new WholeNumberKind("topics", 1, 10_000, "50"), "50", "Topics that documents and questions are drawn from."),
        Value("data.popularity", new NumberKind(0, 3, "0.8"), "0.8", "The Zipf exponent of how often a document is asked about: 0 is all alike, 0.8 is what traces of real RAG systems show."),
        Value("data.top-k", new WholeNumberKind("results", 1, 50, "5"), "5", "The top_k of queries and searches."),

        Section("llm", "The simulated LLM that a target which Loadline starts generates with. Without this section it answers with its built-in extractive answerer, which takes no time to speak of."),
        Value("llm.first-token", new DistributionKind(Quantity.Time, 0, 10 * Minute, "lognormal(median 250ms, p99 900ms)"), "lognormal(median 250ms, p99 900ms)", "From a request's admission to its first token."),
        Value("llm.per-token", new DistributionKind(Quantity.Time, 0, Minute, "16ms"), "lognormal(median 16ms, p99 40ms)", "Between two tokens of an answer."),
        Value("llm.output-tokens", new DistributionKind(Quantity.Count, 1, 100_000, "180..260"), "lognormal(median 32, p99 96)", "Tokens in an answer."),
        Value("llm.slots", new WholeNumberKind("answers", 1, 100_000, "512"), "512", "Answers generated at once; more requests wait in the queue."),
        Value("llm.queue", new WholeNumberKind("requests", 0, 100_000, "512"), "512", "Requests that may wait for a slot; one more gets 429 with Retry-After."),
        Value("llm.load-factor", new NumberKind(0, 100, "0.3"), "0.3", "How much longer a token takes with all slots busy: time × (1 + factor × busy ÷ slots)."),
        Value("llm.failures", new ShareKind("0%"), "0%", "The share of requests that fail with 500."),

        new("objectives", KeyShape.Lines, new LineKind("an objective, such as query.p95 < 3s", 200, "query.p95 < 3s"), null,
            "What must hold in the hold phase, one line each: metric, comparison, limit with its unit. Metrics: docs/metrics.md. With `should` in front a miss gives WARN in place of FAIL."),
    ];

    /// <summary>By path.</summary>
    public static IReadOnlyDictionary<string, PlanKey> ByPath { get; } = All.ToDictionary(key => key.Path);

    /// <summary>The keys of a section, in order; the root is the empty path.</summary>
    public static IEnumerable<PlanKey> Of(string section) => All.Where(key => key.Section == section);

    private static PlanKey Value(string path, ValueKind kind, string? standard, string description) => new(path, KeyShape.Value, kind, standard, description);

    private static PlanKey Section(string path, string description) => new(path, KeyShape.Section, null, null, description);
}
