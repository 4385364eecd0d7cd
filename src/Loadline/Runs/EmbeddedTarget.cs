using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Loadline.Plans;

namespace Loadline.Runs;

/// <summary>
/// The RAG system that ships with Loadline, started as processes of its own on free loopback ports with a temporary data folder: <c>rag serve</c> and, where the
/// plan has one, the simulated LLM. Disposing stops both and removes the folder.
/// </summary>
public sealed partial class EmbeddedTarget : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly List<ChildProcess> _processes;

    private EmbeddedTarget(string folder, List<ChildProcess> processes, Uri address, string adminKey)
    {
        _folder = folder;
        _processes = processes;
        Address = address;
        AdminKey = adminKey;
    }

    /// <summary>Where the RAG system listens.</summary>
    public Uri Address { get; }

    /// <summary>The key that may create users; made for this run, known to nobody else.</summary>
    public string AdminKey { get; }

    /// <summary>The processes, for probes.</summary>
    public IReadOnlyList<ChildProcess> Processes => _processes;

    /// <summary>Completes with the first process that ends before it is asked to.</summary>
    public async Task<ChildProcess> FirstExitAsync()
    {
        var exited = await Task.WhenAny(_processes.Select(p => p.Exited)).ConfigureAwait(false);
        return _processes.First(p => p.Exited == exited);
    }

    /// <summary>Starts the system and waits until it is ready.</summary>
    /// <param name="plan">Whose LLM timing to simulate.</param>
    /// <param name="cancellationToken">Stops the start; what had started is stopped again.</param>
    /// <exception cref="TargetException">A process ended or didn't get ready; the message has its last lines.</exception>
    public static async Task<EmbeddedTarget> StartAsync(Plan plan, CancellationToken cancellationToken)
    {
        var rag = Path.Combine(AppContext.BaseDirectory, "rag", "Rag.Host.dll");
        if (!File.Exists(rag))
            throw new TargetException($"the embedded RAG system is not beside loadline: {rag} doesn't exist; build the solution, or name another target with --target");

        AbandonedFolders.Sweep();
        var folder = AbandonedFolders.Create();
        var processes = new List<ChildProcess>();
        try
        {
            var parent = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            var arguments = new List<string>
            {
                "serve", "--urls", "http://127.0.0.1:0", "--data", folder, "--parent", parent,
            };
            if (plan.Llm is not null)
            {
                var llm = ChildProcess.StartAssembly(
                    "llm", Path.Combine(AppContext.BaseDirectory, "Loadline.Cli.dll"),
                    ["llm", "--port", "0", "--parent", parent, "--seed", plan.Seed.ToString(CultureInfo.InvariantCulture), .. Timing(plan)]);
                processes.Add(llm);
                arguments.AddRange(["--llm", (await ListeningAsync(llm, cancellationToken).ConfigureAwait(false)).ToString()]);
            }

            var adminKey = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
            var serve = ChildProcess.StartAssembly(
                "rag", rag, arguments, new Dictionary<string, string?> { ["RAG_ADMIN_KEY"] = adminKey });
            processes.Add(serve);
            return new EmbeddedTarget(folder, processes, await ListeningAsync(serve, cancellationToken).ConfigureAwait(false), adminKey);
        }
        catch
        {
            await StopAsync(processes, folder).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops the processes and removes the data folder.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(_processes, _folder).ConfigureAwait(false);

    // The plan's own words, so that both processes read the same timing by the same rules.
    private static IEnumerable<string> Timing(Plan plan) =>
        plan.Settings.Where(s => s.Key.StartsWith("llm.", StringComparison.Ordinal)).SelectMany(s => new[] { "--set", $"{s.Key}={s.Value}" });

    [GeneratedRegex(@"listening on (http://\S+)")]
    private static partial Regex Listening();

    private static async Task<Uri> ListeningAsync(ChildProcess process, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(StartPatience);
        while (true)
        {
            foreach (var line in process.LastLines)
                if (Listening().Match(line) is { Success: true } match)
                    return new Uri(match.Groups[1].Value);
            if (process.Exited.IsCompleted)
                throw new TargetException($"'{process.Name}' ended with exit code {process.ExitCode} before it was ready; its last lines:\n{Lines(process)}");
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TargetException($"'{process.Name}' was not ready after {StartPatience.TotalSeconds:0} s; its last lines:\n{Lines(process)}");
            }
        }
    }

    private static string Lines(ChildProcess process) =>
        process.LastLines.Count == 0 ? "  (none)" : string.Join('\n', process.LastLines.TakeLast(15).Select(line => "  " + line));

    private static async Task StopAsync(List<ChildProcess> processes, string folder)
    {
        // The RAG system first: it would otherwise see its LLM vanish under answers in hand.
        foreach (var process in Enumerable.Reverse(processes))
            await process.DisposeAsync().ConfigureAwait(false);
        AbandonedFolders.Delete(folder);
    }
}
