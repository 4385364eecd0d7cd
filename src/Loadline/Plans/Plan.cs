namespace Loadline.Plans;

/// <summary>One validated, immutable plan: what load, on what, judged how. Made by the plan reader only; every default is filled in.</summary>
public sealed record Plan
{
    /// <summary>Lower-case words joined by hyphens; the run folder carries it.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence: what the plan is for.</summary>
    public required string Purpose { get; init; }

    /// <summary>Which of the plan's runs this is; <see cref="PlanVariant.None"/> for a plan without variants.</summary>
    public PlanVariant Variant { get; init; } = PlanVariant.None;

    /// <summary>What its run is called: the plan's name and, of one with variants, their values behind it.</summary>
    public string RunName => Variant.Choices.Count == 0 ? Name : $"{Name}-{Variant.Suffix}";

    /// <summary>Which target: the name of an <see cref="OwnTarget"/>, a URL, the name of a profile in <c>plans/targets</c>, or a profile's path.</summary>
    public required string Target { get; init; }

    /// <summary>
    /// Who loads the target, how hard and how long. Of a plan with several scenarios their sum: all users, the run's phases (<see cref="RunPhases"/>), every
    /// operation, the longest time-out.
    /// </summary>
    public required Load Load { get; init; }

    /// <summary>The loads of the plan; the one called <see cref="Scenario.Default"/> where the plan names none.</summary>
    public IReadOnlyList<Scenario> Scenarios { get => field ?? [new Scenario { Load = Load }]; init; }

    /// <summary>The planned disturbances, in the order in which they begin.</summary>
    public IReadOnlyList<PlanFault> Faults { get; init; } = [];

    /// <summary>The named stretches of the run: one for each scenario, one for each fault, and the hold phase before and after the faults of each name.</summary>
    public IReadOnlyList<PlanSpan> Spans => PlanSpan.Of(Scenarios, Faults);

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

    /// <summary>Whether a smaller time scale was asked for than the plan has sense with (<c>min-time-scale</c>), which it has then.</summary>
    public bool IsTimeScaleRaised { get; init; }

    /// <summary>Every single value as written, before the time scale, defaults included, by the key's path (<c>load.users</c> → <c>50</c>).</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Paths of keys that the file left to their defaults.</summary>
    public IReadOnlyList<string> Defaulted { get; init; } = [];
}

/// <summary>
/// A load: closed (a population of users, each of whom sends, waits for the answer, thinks, and sends again) or, with <see cref="Arrivals"/>, open (requests
/// come when they come, whatever became of those before them).
/// </summary>
public sealed record Load
{
    /// <summary>How many users at the height of the test; of an open load the most that are served at once. 1–100,000.</summary>
    public required int Users { get; init; }

    /// <summary>When requests come; null for a closed load.</summary>
    public Arrivals? Arrivals { get; init; }

    /// <summary>The number of users over time, from 0; empty where the three phases say it. Closed loads only.</summary>
    public IReadOnlyList<Ramp> Stages { get; init; } = [];

    /// <summary>How many arrivals may wait for one of <see cref="Users"/>; one more is dropped and counted. Open loads only.</summary>
    public int WaitingAtMost { get; init; } = 10_000;

    /// <summary>Seconds between the beginnings of a user's requests, in place of <see cref="Think"/>; null where the user thinks. Closed loads only.</summary>
    public Distribution? Pace { get; init; }

    /// <summary>How many times as often a user sends as its think time or pace alone would have it.</summary>
    public double Intensity { get; init; } = 1;

    /// <summary>Requests of a session; null is one. A session has one history; of an open load each arrival is one.</summary>
    public Distribution? Turns { get; init; }

    /// <summary>What a user does whose request failed; null where it gives up at once.</summary>
    public RetryPolicy? Retry { get; init; }

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

    /// <summary>The share of requests whose traces the target is asked to keep, 0–1.</summary>
    public double Traced { get; init; } = 0.01;

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
/// <param name="Line">Its line in the plan, or in the file of objectives that it was taken from, from 1; 0 when the command line added it.</param>
public sealed record Objective(string Text, int Line);
