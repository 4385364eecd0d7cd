namespace Loadline.Plans;

/// <summary>One validated, immutable plan: what load, on what, judged how. Made by the plan reader only; every default is filled in.</summary>
public sealed record Plan
{
    /// <summary>Lower-case words joined by hyphens; the run folder carries it.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence: what the plan is for.</summary>
    public required string Purpose { get; init; }

    /// <summary>Which target: the name of an <see cref="OwnTarget"/>, a URL, the name of a profile in <c>plans/targets</c>, or a profile's path.</summary>
    public required string Target { get; init; }

    /// <summary>Who loads the target, how hard and how long.</summary>
    public required Load Load { get; init; }

    /// <summary>What users upload and ask.</summary>
    public required PlanData Data { get; init; }

    /// <summary>The simulated LLM that a target which Loadline starts generates with; null for its built-in extractive answerer.</summary>
    public required LlmModel? Llm { get; init; }

    /// <summary>What must hold, in the order of the file.</summary>
    public required IReadOnlyList<Objective> Objectives { get; init; }

    /// <summary>What a plan writes that compares itself with no earlier run.</summary>
    public const string NoBaseline = "none";

    /// <summary>The folder or the <c>summary.json</c> of an earlier run, for objectives against <c>baseline</c>; null for none. Relative to the working directory.</summary>
    public string? Baseline { get; init; }

    /// <summary>The seed of everything random: the same seed gives the same schedule and data.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The file's text, as read.</summary>
    public required string Source { get; init; }

    /// <summary>What the phases' durations were multiplied by; 1 when the plan runs as written. The durations here are the multiplied ones.</summary>
    public double TimeScale { get; init; } = 1;

    /// <summary>Every single value as written, before the time scale, defaults included, by the key's path (<c>load.users</c> → <c>50</c>).</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Paths of keys that the file left to their defaults.</summary>
    public IReadOnlyList<string> Defaulted { get; init; } = [];
}

/// <summary>A closed population: each user sends, waits for the answer, thinks, and sends again.</summary>
public sealed record Load
{
    /// <summary>How many users at the height of the test; 1–100,000.</summary>
    public required int Users { get; init; }

    /// <summary>Users start evenly spread over this time.</summary>
    public required TimeSpan Up { get; init; }

    /// <summary>All users are active for this time; objectives judge this phase.</summary>
    public required TimeSpan Hold { get; init; }

    /// <summary>Users leave evenly spread over this time, each after its exchange in hand.</summary>
    public required TimeSpan Down { get; init; }

    /// <summary>Seconds between an answer and the user's next request.</summary>
    public required Distribution Think { get; init; }

    /// <summary>Weights of operations, by name; any positive numbers.</summary>
    public required IReadOnlyDictionary<string, double> Mix { get; init; }

    /// <summary>An exchange that has not ended by then is ended, and counted as timed out.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The share of queries that ask for a stream, 0–1.</summary>
    public required double Stream { get; init; }

    /// <summary>How many documents each user keeps: past them an upload replaces the user's oldest with its next version.</summary>
    public required int DocumentsPerUser { get; init; }

    /// <summary>The share of uploads that are watched until they are searchable, 0–1.</summary>
    public required double Watch { get; init; }

    /// <summary>up + hold + down.</summary>
    public TimeSpan Duration => Up + Hold + Down;
}

/// <summary>What users upload and ask.</summary>
public sealed record PlanData
{
    /// <summary>Documents that the target is given before the load starts; 0–1,000,000.</summary>
    public required int Documents { get; init; }

    /// <summary>Words in a document.</summary>
    public required Distribution Words { get; init; }

    /// <summary>How many topics documents and questions are drawn from; 1–10,000.</summary>
    public required int Topics { get; init; }

    /// <summary>The Zipf exponent of how often a document is asked about; 0 is uniform. RAGPulse measured 0.80.</summary>
    public required double Popularity { get; init; }

    /// <summary>The <c>top_k</c> of queries and searches, 1–50.</summary>
    public required int TopK { get; init; }
}

/// <summary>The timing of a simulated LLM.</summary>
public sealed record LlmModel
{
    /// <summary>Seconds from a request's admission to its first token.</summary>
    public required Distribution FirstToken { get; init; }

    /// <summary>Seconds between tokens of one answer.</summary>
    public required Distribution PerToken { get; init; }

    /// <summary>Tokens in an answer.</summary>
    public required Distribution OutputTokens { get; init; }

    /// <summary>Answers generated at once; more wait in the queue.</summary>
    public required int Slots { get; init; }

    /// <summary>Requests that may wait for a slot; past them 429 with <c>Retry-After</c>.</summary>
    public required int Queue { get; init; }

    /// <summary>How much longer a token takes with all slots busy: time × (1 + factor × busy/slots). 0 is no effect.</summary>
    public required double LoadFactor { get; init; }

    /// <summary>The share of requests that fail with 500, 0–1.</summary>
    public required double Failures { get; init; }
}

/// <summary>One objective as written: it is parsed against the metric catalogue by <c>Verdicts</c>.</summary>
/// <param name="Text">As written, such as <c>query.p95 &lt; 3s</c>.</param>
/// <param name="Line">Its line in the plan, from 1; 0 when the command line added it.</param>
public sealed record Objective(string Text, int Line);
