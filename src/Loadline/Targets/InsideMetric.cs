namespace Loadline.Targets;

/// <summary>What a metric of the inside is, and so how it is summed up over time.</summary>
public enum InsideKind
{
    /// <summary>A level that is looked at now and then.</summary>
    Level,

    /// <summary>How fast something goes on: what was counted ÷ the time it took.</summary>
    Rate,

    /// <summary>A share in percent: what was counted, of how many.</summary>
    Share,

    /// <summary>A distribution of seconds, in buckets.</summary>
    Times,
}

/// <summary>How levels of several parts are taken together where an objective doesn't name one.</summary>
public enum Together
{
    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>The greatest of them.</summary>
    Greatest,

    /// <summary>Their mean.</summary>
    Mean,
}

/// <summary>One metric that only the target or its machine can tell: what it means, wherever it comes from. docs/metrics.md has them as a table.</summary>
/// <param name="Name">As objectives write it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Unit">Its unit's symbol.</param>
/// <param name="MoreIsBetter">Whether a greater value is better.</param>
/// <param name="Together">How levels of several parts are taken together.</param>
/// <param name="Labels">What tells its parts apart, for braces: <c>cpu{service:embedding}</c>.</param>
/// <param name="Includes">What it includes, and where it comes from.</param>
public sealed record InsideMetric(string Name, InsideKind Kind, string Unit, bool MoreIsBetter, Together Together, IReadOnlyList<string> Labels, string Includes)
{
    /// <summary>All of them, once: profiles, objectives, docs/metrics.md and errors read this list.</summary>
    public static IReadOnlyList<InsideMetric> All { get; } =
    [
        new("queue.depth", InsideKind.Level, "messages", false, Together.Sum, ["queue"], "Messages that wait in the target's queues or are in hand. Of `rag`: documents not yet indexed."),
        new("queue.lag", InsideKind.Level, "s", false, Together.Greatest, ["queue"], "How long the oldest message of a queue that nobody works on has waited. Several queues: the worst."),
        new("cache.hit", InsideKind.Share, "%", true, Together.Sum, ["cache", "level"], "Lookups of caches that found a value, of all lookups. Of `rag`: `cache` is answers or embeddings; `level` is local (memory of the process), alike (the same question in other words) or shared (the caching service, on Redis where that is configured). What a level does not have is looked up in the next, and counts in both."),
        new("cpu", InsideKind.Level, "cores", false, Together.Sum, ["service"], "Processor time that was used, in cores: user and kernel time of all threads, replicas of a service together. Of targets that Loadline starts from the operating system; otherwise as the profile maps it."),
        new("memory", InsideKind.Level, "B", false, Together.Sum, ["service"], "Resident memory (RSS), replicas of a service together: pages that processes share count in each."),
        new("files.open", InsideKind.Level, "files", false, Together.Sum, ["service"], "Open file descriptors: files, sockets, pipes."),
        new("group.cpu", InsideKind.Rate, "cores", false, Together.Sum, ["group"], "Processor time of a control group (version 2: a container, a systemd unit), all its processes together. `group` is the service whose processes alone are in it; `shared` is the group that Loadline is in itself, the load included; of another that several services share, its last name. Of processes that Loadline starts, where Linux tells it."),
        new("group.throttled", InsideKind.Share, "%", false, Together.Sum, ["group"], "Periods in which a control group's processor quota was used up and its threads had to wait, of all periods in which it ran. Nothing is told without a quota."),
        new("group.throttled.time", InsideKind.Rate, "cores", false, Together.Sum, ["group"], "How long threads of a control group waited for its quota, per second: 0.5 is half a second of one processor, or a quarter each of two."),
        new("group.memory", InsideKind.Level, "B", false, Together.Sum, ["group"], "Memory that is charged to a control group: besides what processes have, the cache of files that they read and wrote. What Linux counts against its limit."),
        new("group.memory.use", InsideKind.Level, "%", false, Together.Greatest, ["group"], "That memory, of the group's limit; several groups: the fullest. Nothing is told without a limit."),
        new("group.tasks", InsideKind.Level, "tasks", false, Together.Sum, ["group"], "Processes and threads in a control group: what a limit of pids counts."),
        new("network.in", InsideKind.Rate, "B/s", false, Together.Sum, ["network"], "Bytes that network interfaces received, per second, headers included. Linux counts them by network namespace and not by process: a container has its own, and `network` is its service; processes without one share the machine's (`network:machine`), loopback and the load itself included."),
        new("network.out", InsideKind.Rate, "B/s", false, Together.Sum, ["network"], "Bytes that network interfaces sent, per second: as `network.in`. On loopback a byte that is sent is received, too."),
        new("gpu.use", InsideKind.Level, "%", false, Together.Mean, ["gpu"], "Share of the time in which a GPU had a kernel running, as its driver tells it; several: their mean. From nvidia-smi on Loadline's machine, or from the DCGM exporter."),
        new("gpu.memory", InsideKind.Level, "B", false, Together.Sum, ["gpu"], "Memory of GPUs that is in use, of all processes there."),
        new("db.connections", InsideKind.Level, "connections", false, Together.Sum, ["service"], "Database connections that are in use."),
        new("db.connections.idle", InsideKind.Level, "connections", true, Together.Sum, ["service"], "Database connections that are open and not in use."),
        new("db.connections.pending", InsideKind.Level, "calls", false, Together.Sum, ["service"], "Calls that wait for a database connection."),
        new("embedding.rate", InsideKind.Rate, "1/s", true, Together.Sum, ["service"], "Texts that were embedded, per second. An embedding from a cache is none."),
        new("embedding.time", InsideKind.Times, "s", false, Together.Sum, ["service"], "Time to embed the texts of one request, inside the service."),
        new("model.load", InsideKind.Level, "s", false, Together.Greatest, ["model"], "Time to load a model, mean of all loads since its process started: models are loaded before the load begins. Several models: the slowest."),
        new("generation.tokens", InsideKind.Rate, "tok/s", true, Together.Sum, ["model"], "Tokens that models produced, of all answers together, per second. `generation.speed` is of one answer, as its reader sees it."),
        new("generation.time", InsideKind.Times, "s", false, Together.Sum, ["model"], "Inference time: from asking a model to the last token of its answer, failures included."),
        new("generation.first_token", InsideKind.Times, "s", false, Together.Sum, ["model"], "From asking a model to its first token, without retrieval and the way to the user."),
        new("vectors.search", InsideKind.Times, "s", false, Together.Sum, ["service"], "One search in the vector index, inside the service; with an engine on a server the way there and back is in it."),
        new("vectors.size", InsideKind.Level, "chunks", false, Together.Greatest, ["service"], "Size of the vector index: chunks that searches see. Processes that share an index each tell of all of it: the greatest."),
        new("vectors.memory", InsideKind.Level, "B", false, Together.Greatest, ["service"], "Size of the vector index in bytes: vectors and graph."),
        new("gateway.routing", InsideKind.Times, "s", false, Together.Sum, ["service"], "What the gateway itself takes before the service behind it is called: admission, limit and quota; authentication is apart."),
        new("gateway.auth", InsideKind.Times, "s", false, Together.Sum, ["service"], "Authentication overhead of a request: from its head to the caller being known, a call to identity included where the key isn't remembered."),
    ];

    /// <summary>What Loadline reads of processes that it starts itself, without any mapping.</summary>
    public static IReadOnlyList<string> OfProcesses { get; } = ["cpu", "memory", "files.open", "group.cpu", "group.throttled", "group.throttled.time", "group.memory", "group.memory.use", "group.tasks", "network.in", "network.out"];

    /// <summary>The one of a name; null for none.</summary>
    public static InsideMetric? Find(string name) => All.FirstOrDefault(metric => metric.Name == name);

    /// <summary>A metric and the part it is of, as recordings write it: <c>cpu{service:embedding}</c>.</summary>
    /// <param name="name">The metric's name.</param>
    /// <param name="labels">What it is of; empty for the whole.</param>
    public static string Key(string name, IEnumerable<KeyValuePair<string, string>> labels)
    {
        var sorted = string.Join(',', labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}:{Clean(label.Value)}"));
        return sorted.Length == 0 ? name : $"{name}{{{sorted}}}";
    }

    // What separates can't be in a value.
    private static string Clean(string value) => value.AsSpan().IndexOfAny("{},:") < 0 ? value : string.Concat(value.Select(c => c is '{' or '}' or ',' or ':' ? '_' : c));
}
