using System.Globalization;
using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Seams;

/// <summary>How every call between services is treated: configuration section <c>seams</c>, and <c>seams:SERVICE</c> for one of them.</summary>
public sealed class SeamOptions
{
    // Calls in flight from one process, by Little's law at a thousand calls a second and the service's usual time, four times over and more. Services that compute
    // get few, since more would only wait in the service itself, past everyone's sight; those that pass calls on get many; streams live for as long as an answer is read.
    private static readonly Dictionary<string, int> Concurrency = new()
    {
        ["gateway"] = 1_024,
        ["identity"] = 256,
        ["documents"] = 512,
        ["ingestion"] = 64,
        ["embedding"] = 64,
        ["vectors"] = 128,
        ["keywords"] = 128,
        ["search"] = 512,
        ["reranking"] = 64,
        ["query"] = 8_192,
        ["generation"] = 4_096,
        ["caching"] = 512,
    };

    private readonly Dictionary<string, DependencyOptions> _services;

    private SeamOptions(bool naive, Dictionary<string, DependencyOptions> services) => (Naive, _services) = (naive, services);

    /// <summary>Whether protections are off.</summary>
    internal static Setting<bool> NaiveSetting { get; } =
        Setting.Switch("seams:naive", false, "Switches off what protects services from each other; for comparison only");

    /// <summary>The values of the configuration.</summary>
    public static IReadOnlyList<Setting> Settings { get; } =
    [
        NaiveSetting,
        Setting.Section("seams", "keys of a dependency's options, or SERVICE: with them", "How calls between services are bounded, for all or one of them: docs/resilience.md"),
    ];

    /// <summary>Every default.</summary>
    public static SeamOptions Default { get; } = Read(new ConfigurationBuilder().Build());

    /// <summary>The services that have defaults of their own, which are the names that <c>seams:SERVICE</c> knows.</summary>
    public static IReadOnlyCollection<string> Services => Concurrency.Keys;

    /// <summary>
    /// Whether protections are off, <c>seams:naive</c>: no caps, no deadlines, no bulkhead, no breaker, three retries at every hop, and a caller's end isn't told.
    /// Default false. It is how many systems are, and here to be compared with.
    /// </summary>
    public bool Naive { get; }

    /// <summary>How a service is treated.</summary>
    public DependencyOptions Of(string service) => _services.GetValueOrDefault(service) ?? _services[""];

    /// <summary>Reads the options.</summary>
    /// <exception cref="InvalidOperationException">Some are wrong; the message names all of them.</exception>
    public static SeamOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection("seams");
        var problems = new List<string>();
        var naive = false;
        if (section["naive"] is { } text && !bool.TryParse(text, out naive))
            problems.Add($"seams:naive: '{text}' is not permitted; expected true or false");
        var all = new SeamSettings(section, problems).Read(new DependencyOptions(), [.. Services, "naive"]);
        var services = new Dictionary<string, DependencyOptions> { [""] = all };
        foreach (var (service, concurrency) in Concurrency)
        {
            var start = section["concurrency"] is null ? all with { Concurrency = concurrency } : all;
            services[service] = new SeamSettings(section.GetSection(service), problems).Read(start, []);
        }

        return problems.Count == 0 ? new SeamOptions(naive, services) : throw new InvalidOperationException(string.Join(Environment.NewLine, problems.Distinct()));
    }
}

/// <summary>Reads one section of settings over what holds without it, and notes what is wrong.</summary>
internal sealed class SeamSettings(IConfigurationSection section, List<string> problems)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase); // as configuration is: RAG_SEAMS__QUEUE_MS

    public DependencyOptions Read(DependencyOptions start, IReadOnlyList<string> besides)
    {
        var read = start with
        {
            Concurrency = Whole("concurrency", 1, 100_000, start.Concurrency),
            QueueTime = Time("queue_ms", 0, 10_000) ?? start.QueueTime,
            QueueLimit = Whole("queue_limit", 0, 100_000, start.QueueLimit),
            Cap = Time("cap_ms", 1, 600_000) ?? start.Cap,
            BreakerSampling = Time("breaker_sampling_ms", 1_000, 60_000) ?? start.BreakerSampling,
            BreakerRatio = Ratio("breaker_ratio", start.BreakerRatio),
            BreakerCalls = Whole("breaker_calls", 2, 1_000, start.BreakerCalls),
            BreakerPause = Time("breaker_pause_ms", 500, 60_000) ?? start.BreakerPause,
            BreakerLongestPause = Time("breaker_longest_pause_ms", 500, 300_000) ?? start.BreakerLongestPause,
            RetryPercent = Whole("retry_percent", 0, 100, start.RetryPercent),
            HedgePercent = Whole("hedge_percent", 0, 100, start.HedgePercent),
        };
        if (read.BreakerLongestPause < read.BreakerPause)
            problems.Add($"{section.Path}:breaker_longest_pause_ms: {read.BreakerLongestPause.TotalMilliseconds} is less than breaker_pause_ms, {read.BreakerPause.TotalMilliseconds}");
        foreach (var child in section.GetChildren())
            if (!_known.Contains(child.Key) && !besides.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                problems.Add($"{child.Path}: unknown; known are {string.Join(", ", _known.Concat(besides))}");
        return read;
    }

    private int Whole(string key, int min, int max, int otherwise)
    {
        if (!Find(key, out var text))
            return otherwise;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            return value;
        Wrong(key, text, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));
        return otherwise;
    }

    private TimeSpan? Time(string key, int min, int max)
    {
        if (!Find(key, out var text))
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            return TimeSpan.FromMilliseconds(value);
        Wrong(key, text, string.Create(CultureInfo.InvariantCulture, $"whole milliseconds from {min} to {max}"));
        return null;
    }

    private double Ratio(string key, double otherwise)
    {
        if (!Find(key, out var text))
            return otherwise;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= 1)
            return value;
        Wrong(key, text, "a number over 0, to 1");
        return otherwise;
    }

    private bool Find(string key, out string text)
    {
        _known.Add(key);
        text = section[key] ?? "";
        return section[key] is not null;
    }

    private void Wrong(string key, string text, string rule) => problems.Add($"{section.Path}:{key}: '{text}' is not permitted; expected {rule}");
}
