using Loadline.Plans.Quantities;

namespace Loadline.Plans.Keys;

/// <summary>Every key of a plan, once: the reader, the JSON schema, docs/plans.md, the explanation and the errors read this table.</summary>
internal static class PlanKeys
{
    private const double Minute = 60, Hour = 3600, Day = 86400;

    /// <summary>Stands for the name of any scenario in paths of the table.</summary>
    public const string AnyName = "NAME";

    private const string Scenarios = "scenarios.";

    private const string FaultPlaces = "a process's name, or pid:, unit:, container: or pod: with what follows";

    private const string ProcessPlaces = "of a target that Loadline starts by name (`embedding` is every process of that service, `llm`, `rag`), of others by the name that the profile gives a part under `parts`, or `pid:1234`, `port:8001` (who listens there), `unit:rag.service` (systemctl), `container:rag` (docker) or `pod:rag-0` (kubectl).";

    /// <summary>A weight in the mix.</summary>
    public static ValueKind Weight { get; } = new NumberKind(0.0001, 1_000_000, "40");

    /// <summary>In the order in which a plan is written and explained.</summary>
    public static IReadOnlyList<PlanKey> All { get; } =
    [
        Value("name", new NameKind(), null, "What the plan is called; the run folder carries it."),
        Value("purpose", new LineKind("a sentence", 300, "Baseline performance under normal load"), null, "One sentence: what the plan is for."),
        new("variants", KeyShape.Choices, new VariantKind(), null, "Makes several runs of the plan, one after another: names with the values that are written in place of `${name}` anywhere in the plan. Several names make every combination. `--variant name=value` chooses.", Optional: true),
        Value("target", new LineKind($"{string.Join(", ", OwnTarget.All.Select(own => $"'{own.Name}'"))}, a URL, a profile's name or a profile's path", 1000, "embedded"), "embedded",
            $"The system under test: {string.Join(" or ", OwnTarget.All.Select(own => $"`{own.Name}`"))} (Loadline starts the RAG system it ships with, {string.Join(", or ", OwnTarget.All.Select(own => own.About))}), a URL that speaks the same API, the name of a profile in plans/targets, or a profile's path."),
        Value("seed", new WholeNumberKind("", 0, ulong.MaxValue, "1"), "1", "The seed of everything random: the same seed gives the same users, documents, questions and think times."),

        Optional("min-time-scale", KeyShape.Value, new NumberKind(0, 1, "0.5"), "The least factor that `--time-scale` multiplies durations by; a smaller one is raised to it. For plans that say nothing when they are shorter: limits that count by the minute."),

        Value("baseline", new LineKind("a run's folder, its summary.json or 'none'", 1000, "runs/last-release"), Plan.NoBaseline, "An earlier run, for objectives such as `query.p95 < 1.2x baseline`; relative to the working directory."),

        Section("load", "Who loads the target, how hard and how long."),
        Value("load.users", new WholeNumberKind("users", 1, 100_000, "1000"), "50", "Users at the height of the test. Each sends a request, waits for its answer, thinks, and sends the next."),
        Optional("load.stages", KeyShape.Lines, new StageKind(), "The number of users over time, from 0, in place of `users` and `phases`; with rates it is an open load, in place of `rate`. A first stage that rises is the up phase, a last one that goes to 0 the down phase, and all between is judged."),
        Optional("load.rate", KeyShape.Value, new RateKind("120/s"), "Makes the load open: so many sessions begin, whatever the target does. The up phase rises to it from 0, the down phase falls from it to 0."),
        Value("load.arrivals", new WordKind<ArrivalLaw>("poisson"), "poisson", "How the arrivals of an open load lie about its rate: `poisson` as independent people come, `constant` evenly."),
        Optional("load.spike", KeyShape.Section, null, "Another rate for a while, within the hold phase of a load with `rate`."),
        Value("load.spike.at", new DurationKind(0, 7 * Day, "1m"), null, "When it begins, since the load's start."),
        Value("load.spike.for", new DurationKind(0.001, 7 * Day, "10s"), null, "How long it lasts."),
        Value("load.spike.to", new RateKind("1000/s"), null, "The rate while it lasts."),
        Optional("load.burst", KeyShape.Section, null, "Makes the load open: a number of sessions in a time, in groups that begin at once, evenly spaced. It is the whole load: there are no other phases."),
        Value("load.burst.requests", new WholeNumberKind("requests", 1, 10_000_000, "1000"), null, "How many in all."),
        Value("load.burst.within", new DurationKind(0.001, 7 * Day, "30s"), null, "The time in which they come. `--time-scale` leaves it as it is: it is a rate."),
        Value("load.burst.at-once", new WholeNumberKind("requests", 1, 10_000_000, "100"), "1", "The least that come in the same moment."),
        Optional("load.replay", KeyShape.Section, null, "Makes the load open: sessions begin at the times of a recorded trace. It is the whole load: there are no other phases."),
        Value("load.replay.file", new LineKind("a path", 1000, "trace.jsonl"), null, "A file with a JSON object a line, each with a `timestamp` in seconds or as a date and time. A relative path counts from the plan's folder."),
        Value("load.replay.speed", new NumberKind(0.001, 1_000_000, "10"), "1", "How many times as fast as it was recorded."),
        Value("load.replay.from", new DurationKind(0, 3650 * Day, "2h"), "0s", "Where in the trace to begin, in its own time."),
        Optional("load.replay.for", KeyShape.Value, new DurationKind(0.001, 3650 * Day, "10m"), "How much of the trace to replay, in its own time. Without it all of the rest."),
        Value("load.users-at-most", new WholeNumberKind("users", 1, 100_000, "2000"), "1000", "The most users that an open load has at once. An arrival that finds all of them busy waits for one, and its response time counts from when it was due."),
        Value("load.waiting-at-most", new WholeNumberKind("arrivals", 0, 10_000_000, "10000"), "10000", "The most arrivals that wait for a user. One more is dropped and counted, and the objective `sent >= 99.9%`, which every open load has unless the plan says otherwise, tells of it."),
        Section("load.phases", "The three phases of the load. Objectives judge the hold phase."),
        Value("load.phases.up", new DurationKind(0, Day, "2m"), "5s", "Users start evenly spread over this time."),
        Optional("load.phases.settle", KeyShape.Value, new DurationKind(0.001, Day, "2m"), "After `up`, all users are active for this time before the hold phase begins: part of the up phase, and not judged. For targets that treat newcomers otherwise, such as a limit that lets a rested user send a minute's requests at once."),
        Value("load.phases.hold", new DurationKind(1, 7 * Day, "26m"), "1m", "All users are active for this time."),
        Value("load.phases.down", new DurationKind(0, Day, "2m"), "5s", "Users leave evenly spread over this time, each after the exchange it has in hand."),
        Value("load.think", new DistributionKind(Quantity.Time, 0, Hour, "0.5s..1.5s"), "1s..2s", "How long a user waits between an answer and the next request."),
        Optional("load.pace", KeyShape.Value, new DistributionKind(Quantity.Time, 0.001, Hour, "1.5s"), "In place of `think`: the beginnings of a user's requests lie this far apart, the first at a random moment of that time. Who is kept waiting longer sends the next as soon as the answer is there."),
        Optional("load.intensity", KeyShape.Value, new NumberKind(0.01, 100, "2"), "How many times as often a user sends: 2 halves the time from request to request, though never below the response time. Without it 1."),
        Optional("load.turns", KeyShape.Value, new DistributionKind(Quantity.Count, 1, 1000, "1..4"), "Requests of a session; without it each request is one of its own. A session has one history of questions and answers, which a profile sends with `{{history}}` or `{{messages}}`. In an open load each arrival is a session, with think time between its turns."),
        Optional("load.retry", KeyShape.Section, null, "What a user does whose request was refused by a limit (429), failed (but for other 4xx) or timed out: tries again. Each try is an exchange; what the user felt is in the metrics `felt` and `attempts`."),
        Value("load.retry.attempts", new WholeNumberKind("tries", 1, 20, "3"), "3", "How often in all, the first try included."),
        Value("load.retry.backoff", new BackoffKind("200ms..5s"), "200ms..5s", "The wait before the second try, and the longest: each is twice the one before."),
        Value("load.retry.jitter", new WordKind<Jitter>("full"), "full", "How much of a wait is left to chance: `full` all of it, `half`, or `none`."),
        Value("load.retry.retry-after", new DurationKind(0, Hour, "30s"), "30s", "A `Retry-After` takes the place of the backoff, up to this; 0s ignores it."),
        new("load.mix", KeyShape.Weights, Weight, "query 40, upload 25, search 20, status 15", "How often users do what: a weight for each operation. Weights need not add up to 100."),
        Value("load.timeout", new DurationKind(0.01, Hour, "30s"), "30s", "An exchange that has not ended by then is ended and counted as timed out."),
        Value("load.stream", new ShareKind("100%"), "100%", "The share of queries that ask for a stream of tokens."),
        Value("load.documents-per-user", new WholeNumberKind("documents", 1, 10_000, "5"), "5", "Documents that a user keeps: past them an upload replaces the user's oldest with its next version."),
        Value("load.watch", new ShareKind("10%"), "10%", "The share of uploads that are watched, by polling, until they are searchable."),
        Value("load.traced", new ShareKind("1%"), "1%", "The share of requests whose traces the target is asked to keep. Every request carries a W3C `traceparent`, these with its sampled flag: docs/traces.md."),

        Optional("load.tags", KeyShape.Tags, new LineKind("a word or two", 100, "read"), "Words by which exchanges can be told apart, by their names."),
        Optional("scenarios", KeyShape.Named, null, "Several loads in one plan, in place of `load`, each under a name. A scenario has all the keys of `load`, and those below. They run beside each other unless told otherwise."),
        Optional($"scenarios.{AnyName}.start", KeyShape.Value, new DurationKind(0, 7 * Day, "30s"), "When it begins: since the run's start or, with `after`, since the other's end."),
        Optional($"scenarios.{AnyName}.after", KeyShape.Value, new WordNameKind("the name of another scenario", "readers"), "The scenario after whose end it begins."),

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

        Optional("faults", KeyShape.Named, null, "Planned disturbances, each under a name. Objectives may be judged `during NAME`, `before NAME` and `after NAME`. Each has one of the keys `kill`, `stop`, `freeze`, `toxic`, `inject`, `cpu`, `memory`, `fill` and `command`."),
        Value($"faults.{AnyName}.at", new DistributionKind(Quantity.Time, 0, 7 * Day, "5m"), null, "When it begins, since the load's start. A distribution is drawn once, from the seed. `--time-scale` multiplies it."),
        Value($"faults.{AnyName}.for", new DistributionKind(Quantity.Time, 0, Day, "3m"), null, "How long it lasts: it ends by itself. 0s of `kill` and `stop` is once; otherwise what comes back is killed again until the fault ends. `--time-scale` multiplies it."),
        Value($"faults.{AnyName}.times", new WholeNumberKind("times", 1, 50, "5"), "1", "How often it comes."),
        Optional($"faults.{AnyName}.every", KeyShape.Value, new DistributionKind(Quantity.Time, 0.1, Day, "exponential(mean 1m)"), "From the end of one to the beginning of the next, where it comes several times; drawn each time."),
        Optional($"faults.{AnyName}.kill", KeyShape.Value, new LineKind(FaultPlaces, 200, "embedding"), "Kills processes (SIGKILL): " + ProcessPlaces),
        Optional($"faults.{AnyName}.stop", KeyShape.Value, new LineKind(FaultPlaces, 200, "embedding"), "Asks processes to end (SIGTERM); places as with `kill`."),
        Optional($"faults.{AnyName}.freeze", KeyShape.Value, new LineKind(FaultPlaces, 200, "llm"), "Freezes processes (SIGSTOP) and lets them go on in the end (SIGCONT); a container is paused. Places as with `kill`."),
        Optional($"faults.{AnyName}.toxic", KeyShape.Value, new LineKind("a toxic of docs/proxy.md", 40, "latency"), "Disturbs a connection, with the toxics of Toxiproxy and more (docs/proxy.md); `on` says which."),
        Value($"faults.{AnyName}.on", new LineKind("'target', 'llm', or the address of a proxy in an API like Toxiproxy's", 1000, "llm"), "target", "Which connections a toxic disturbs: those from Loadline to the `target`; those from a target that Loadline starts to its `llm`; or those of a proxy that runs already, written `http://HOST:8474/proxies/NAME` (Toxiproxy, or `loadline proxy`)."),
        Value($"faults.{AnyName}.stream", new WordKind<FaultStream>("downstream"), "downstream", "Which direction a toxic disturbs: what comes back (`downstream`) or what is sent (`upstream`)."),
        Value($"faults.{AnyName}.share", new ShareKind("100%"), "100%", "The share of connections (`toxic`) or calls (`inject`) that meet it."),
        Optional($"faults.{AnyName}.inject", KeyShape.Value, new LineKind("a service of Loadline's own RAG system", 40, "embedding"), "Injects a fault at a service's own door, with the RAG system's `/admin/faults`; `with` has its `kind` and other fields (docs/resilience.md). At most 15m."),
        Optional($"faults.{AnyName}.with", KeyShape.Tags, new FieldKind("100"), "What a toxic or an injected fault takes, by name: `{ latency: 100, jitter: 20 }`, `{ kind: hang }`."),
        Optional($"faults.{AnyName}.cpu", KeyShape.Value, new WholeNumberKind("cores", 1, 256, "2"), "Burns so many cores of the machine that Loadline runs on."),
        Optional($"faults.{AnyName}.memory", KeyShape.Value, new SizeKind("512MiB"), "Takes so much memory of the machine that Loadline runs on."),
        Optional($"faults.{AnyName}.fill", KeyShape.Value, new LineKind("a folder", 1000, "/mnt/small"), "Fills the disk that the folder is on, until nothing fits any more; refused where more than 16 GiB are free. Give the target a small volume of its own."),
        Optional($"faults.{AnyName}.command", KeyShape.Value, new LineKind("a command", 1000, "docker network disconnect rag redis"), "Runs a command of yours (by `sh -c`), and `undo` in the end."),
        Optional($"faults.{AnyName}.undo", KeyShape.Value, new LineKind("a command", 1000, "docker network connect rag redis"), "What undoes `command`; it runs also when Loadline was killed. `true` where there is nothing to undo."),

        new("objectives", KeyShape.Lines, new ObjectiveKind(), null,
            "What must hold in the hold phase, one line each: metric, comparison, limit with its unit. Metrics: docs/metrics.md. With `should` in front a miss gives WARN in place of FAIL. In place of a line `{ from: FILE }` takes the objectives of a file, all or some."),
    ];

    private static readonly Dictionary<string, PlanKey> ByPath = All.ToDictionary(key => key.Path);

    /// <summary>The key of a path in a plan, or null: <c>scenarios.readers.users</c> is the key <c>load.users</c>.</summary>
    public static PlanKey? Find(string path) => ByPath.GetValueOrDefault(InTable(path));

    /// <summary>The keys of a section in a plan, in order; the root is the empty path.</summary>
    public static IEnumerable<PlanKey> Of(string section)
    {
        var inTable = InTable(section);
        var own = All.Where(key => key.Section == inTable);
        // A scenario has all that a load has.
        return inTable == Scenarios + AnyName ? All.Where(key => key.Section == "load" || key.Section == inTable) : own;
    }

    // A name of the plan's own is AnyName here; what a scenario does not have itself is the load's.
    private static string InTable(string path)
    {
        var first = path.IndexOf('.', StringComparison.Ordinal);
        if (first < 0 || ByPath.GetValueOrDefault(path[..first]) is not { Shape: KeyShape.Named })
            return path;
        var second = path.IndexOf('.', first + 1);
        var own = $"{path[..(first + 1)]}{AnyName}{(second < 0 ? "" : path[second..])}";
        return second < 0 || !path.StartsWith(Scenarios, StringComparison.Ordinal) || ByPath.ContainsKey(own) ? own : "load" + path[second..];
    }

    private static PlanKey Value(string path, ValueKind kind, string? standard, string description) => new(path, KeyShape.Value, kind, standard, description);

    private static PlanKey Section(string path, string description) => new(path, KeyShape.Section, null, null, description);

    private static PlanKey Optional(string path, KeyShape shape, ValueKind? kind, string description) => new(path, shape, kind, null, description, Optional: true);
}
