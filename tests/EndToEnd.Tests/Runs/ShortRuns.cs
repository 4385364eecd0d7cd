using System.Text.Json;
using EndToEnd.Tests.Runs;
using Xunit;

[assembly: AssemblyFixture(typeof(ShortRuns))]

namespace EndToEnd.Tests.Runs;

/// <summary>
/// A short run of the shipped smoke plan in each shape of our RAG system, for all tests that look at what a run leaves behind and change nothing of it. Each begins when it is first asked for. Whether
/// other work lets its figures count is another test's matter.
/// </summary>
public sealed class ShortRuns : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<Task<ShortRun>> _embedded, _services;

    public ShortRuns() => (_embedded, _services) = (new(() => RunAsync("embedded")), new(() => RunAsync("services")));

    /// <summary>All services in one process.</summary>
    internal Task<ShortRun> EmbeddedAsync() => _embedded.Value;

    /// <summary>Each service in a process of its own.</summary>
    internal Task<ShortRun> ServicesAsync() => _services.Value;

    public void Dispose() => _folder.Dispose();

    private async Task<ShortRun> RunAsync(string target)
    {
        var folder = Path.Combine(_folder[target], "run");
        using var loadline = new LoadlineProcess("run", "smoke", "--target", target, "--time-scale", "0.2", "--users", "20", "--out", folder);
        Assert.True(await loadline.ExitAsync(Patience) is 0 or 98 or 99, loadline.Output);
        return new ShortRun(folder, loadline.Id, loadline.Output);
    }
}

/// <summary>A run that is over.</summary>
/// <param name="Folder">Its run folder.</param>
/// <param name="Id">The process that made it.</param>
/// <param name="Output">What that printed.</param>
internal sealed record ShortRun(string Folder, int Id, string Output)
{
    /// <summary>The path of its report.</summary>
    public string Report => Path.Combine(Folder, "report.html");

    /// <summary>Its <c>summary.json</c>.</summary>
    public JsonElement Summary => JsonElement.Parse(File.ReadAllText(Path.Combine(Folder, "summary.json")));
}
