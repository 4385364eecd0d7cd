namespace Rag.Host.Supervising;

/// <summary>
/// What the processes are told through their environment: all settings of the command line, because some are secrets and a command line is open to every user
/// of the machine, and how their runtime is to behave with a dozen processes on one machine.
/// </summary>
internal static class ProcessEnvironment
{
    // Of the supervisor or of one process alone: those go by argument.
    private static readonly string[] NotPassedOn = ["urls", "http2_urls", "data", "status_url", "parent"];

    // Twelve processes learn what is hot twelve times over: without profiles the first 2400 requests took 23 s of CPU in place of 38, and the 600 after them 3.1
    // in place of 3.3 (both sides at once on the same two cores). What else was tried didn't pay: no concurrent GC (resident memory ±0), a generation 0 of 4 MiB
    // (−3 %), GCConserveMemory (±0), no precompiled code (10.4 s of CPU to start in place of 3.5).
    private static readonly Dictionary<string, string> Runtime = new() { ["DOTNET_TieredPGO"] = "0" };

    /// <param name="arguments">Settings of the command line.</param>
    public static IReadOnlyDictionary<string, string> Of(IReadOnlyDictionary<string, string?> arguments)
    {
        // Where the user has set the runtime's own variable, that one holds.
        var environment = Runtime.Where(knob => Environment.GetEnvironmentVariable(knob.Key) is null).ToDictionary();
        environment["RAG_HTTP2_URLS"] = ""; // the gateway's, which it gets by argument
        foreach (var (key, value) in arguments)
            if (value is not null && !NotPassedOn.Contains(key) && !key.StartsWith("replicas:", StringComparison.Ordinal))
                environment["RAG_" + key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant()] = value;
        return environment;
    }
}
