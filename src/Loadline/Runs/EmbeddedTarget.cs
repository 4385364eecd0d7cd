using System.Globalization;
using System.Security.Cryptography;
using Loadline.Plans;
using Loadline.Probes;
using Loadline.Processes;

namespace Loadline.Runs;

/// <summary>
/// The RAG system that ships with Loadline, started as processes of its own on free loopback ports with a temporary data folder: <c>rag serve</c> or
/// <c>rag up</c> and, where the plan has one, the simulated LLM. Disposing stops all and removes the folder. The RAG system yields the processor to the load generator and
/// to the simulated LLM: both keep their time on a machine that the system uses up.
/// </summary>
public sealed class EmbeddedTarget : IAsyncDisposable
{
    private const string Llm = "llm";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly List<ChildProcess> _processes;
    private readonly SupervisedProcesses? _services;

    private readonly Uri? _status;

    private EmbeddedTarget(string folder, List<ChildProcess> processes, SupervisedProcesses? services, Uri? status, Uri address, string adminKey)
    {
        _status = status;
        _folder = folder;
        _processes = processes;
        _services = services;
        Address = address;
        AdminKey = adminKey;
    }

    /// <summary>Where the RAG system listens.</summary>
    public Uri Address { get; }

    /// <summary>The key that may create users; made for this run, known to nobody else.</summary>
    public string AdminKey { get; }

    /// <summary>Its processes at this moment, for probes; those that <c>rag up</c> restarts have another id then.</summary>
    public IReadOnlyList<WatchedProcess> Processes => [.. _processes.Select(p => new WatchedProcess(p.Name, p.Id) { Service = p.Name == Llm ? null : p.Name }), .. _services?.Now() ?? []];

    /// <summary>The list of its processes' metrics, for Prometheus; null when it is one process.</summary>
    public Uri? Targets => _status is null ? null : new Uri(_status, "/targets");

    /// <summary>Completes with the first process of Loadline's own that ends before it is asked to.</summary>
    public async Task<ChildProcess> FirstExitAsync()
    {
        var exited = await Task.WhenAny(_processes.Select(p => p.Exited)).ConfigureAwait(false);
        return _processes.First(p => p.Exited == exited);
    }

    /// <summary>Starts the system and waits until it is ready.</summary>
    /// <param name="shape">In which shape.</param>
    /// <param name="plan">Whose LLM timing to simulate.</param>
    /// <param name="logs">The folder for a log of each process, <c>rag.log</c> and <c>llm.log</c>.</param>
    /// <param name="llmThrough">By which address the system reaches its LLM: a proxy's, or the LLM's own.</param>
    /// <param name="environment">What its processes are told through their environment.</param>
    /// <param name="cancellationToken">Stops the start; what had started is stopped again.</param>
    /// <exception cref="TargetException">A process ended or didn't get ready; the message has its last lines.</exception>
    public static async Task<EmbeddedTarget> StartAsync(OwnTarget shape, Plan plan, string logs, Func<Uri, Uri> llmThrough, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        var rag = Path.Combine(OwnCommand.Home, "rag", "Rag.Host.dll");
        if (!File.Exists(rag))
            throw new TargetException($"the {shape.Name} RAG system is not there: {rag} doesn't exist; set {OwnCommand.HomeVariable} to the folder that holds the built loadline command, or name another target");

        AbandonedFolders.Sweep();
        var folder = AbandonedFolders.Create();
        var processes = new List<ChildProcess>();
        SupervisedProcesses? services = null;
        try
        {
            var parent = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            var arguments = new List<string>
            {
                shape.Command, "--urls", "http://127.0.0.1:0", "--data", folder, "--parent", parent,
            };
            if (plan.Llm is not null)
            {
                var llm = ChildProcess.StartAssembly(
                    Llm, OwnCommand.Assembly,
                    ["llm", "--port", "0", "--parent", parent, "--seed", plan.Seed.ToString(CultureInfo.InvariantCulture), .. Timing(plan)],
                    log: Path.Combine(logs, "llm.log"));
                processes.Add(llm);
                arguments.AddRange(["--llm", llmThrough(await ListeningAsync(llm, cancellationToken).ConfigureAwait(false)).ToString()]);
            }

            var adminKey = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
            var main = ChildProcess.StartAssembly(
                shape == OwnTarget.Services ? "rag up" : "rag", rag, arguments, new Dictionary<string, string?>(environment) { ["RAG_ADMIN_KEY"] = adminKey },
                Path.Combine(logs, "rag.log"), yields: true);
            processes.Add(main);
            Uri? status = null;
            if (shape == OwnTarget.Services)
                services = new SupervisedProcesses(status = await Announcements.WaitAsync(main, Announcements.Status(), StartPatience, cancellationToken).ConfigureAwait(false));
            var address = await ListeningAsync(main, cancellationToken).ConfigureAwait(false);
            if (services is not null)
                await services.RefreshAsync(cancellationToken).ConfigureAwait(false);
            return new EmbeddedTarget(folder, processes, services, status, address, adminKey);
        }
        catch
        {
            services?.Dispose();
            await StopAsync(processes, folder).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops the processes and removes the data folder.</summary>
    public async ValueTask DisposeAsync()
    {
        _services?.Dispose();
        await StopAsync(_processes, _folder).ConfigureAwait(false);
    }

    // The plan's own words, so that both processes read the same timing by the same rules.
    private static IEnumerable<string> Timing(Plan plan) =>
        plan.Settings.Where(s => s.Key.StartsWith("llm.", StringComparison.Ordinal)).SelectMany(s => new[] { "--set", $"{s.Key}={s.Value}" });

    private static Task<Uri> ListeningAsync(ChildProcess process, CancellationToken cancellationToken) =>
        Announcements.WaitAsync(process, Announcements.Listening(), StartPatience, cancellationToken);

    private static async Task StopAsync(List<ChildProcess> processes, string folder)
    {
        // The RAG system first: it would otherwise see its LLM vanish under answers in hand.
        foreach (var process in Enumerable.Reverse(processes))
            await process.DisposeAsync().ConfigureAwait(false);
        AbandonedFolders.Delete(folder);
    }
}
