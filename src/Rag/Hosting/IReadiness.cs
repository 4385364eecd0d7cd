namespace Rag.Hosting;

/// <summary>
/// A service that is not of use as soon as it has started, because it loads in the background. Register any number; the gateway's <c>/health/ready</c>
/// answers 503 while one of them waits. A service that loads in its <c>StartAsync</c> needs none: the gateway listens after all have started.
/// </summary>
public interface IReadiness
{
    /// <summary>The service's name.</summary>
    string Service { get; }

    /// <summary>What it waits for, in words; null when it is ready. Cheap: probes ask often.</summary>
    string? Waiting { get; }
}

/// <summary>A service that this process hosts; the host registers one for each module.</summary>
/// <param name="Name">The module's name.</param>
public sealed record HostedService(string Name)
{
    /// <summary>What it waits for, in words; null when it is ready.</summary>
    /// <param name="readiness">All that tell.</param>
    public string? WaitsFor(IEnumerable<IReadiness> readiness)
    {
        var reasons = readiness.Where(r => r.Service == Name).Select(r => r.Waiting).OfType<string>().ToList();
        return reasons.Count == 0 ? null : string.Join("; ", reasons);
    }
}
