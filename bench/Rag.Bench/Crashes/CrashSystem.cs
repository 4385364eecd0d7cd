using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Rag.Bench.Resilience;
using Rag.Host.Serving;
using Rag.Host.Supervising;
using Supervised = Rag.Host.Supervising.Fleet;

namespace Rag.Bench.Crashes;

/// <summary>
/// A RAG system that is made to be killed: supervised as by <c>rag up</c>, but with few processes and quick restarts. What isn't killed shares one process (<c>front</c>).
/// Its configuration file is read at each start of a process, so failpoints that are written to it hold from a process's next start on.
/// </summary>
internal sealed partial class CrashSystem : IAsyncDisposable
{
    private static readonly string[] Victims = ["documents", "vectors", "keywords", "ingestion"];
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private const int SigKill = 9; // Linux

    /// <summary>How long a failpoint that pauses makes a worker stand still: longer than its lease, which is 2 s.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(3.2);

    private readonly string _data = Directory.CreateTempSubdirectory("rag-crashes-").FullName;
    private readonly SocketFolder _sockets = SocketFolder.Create();
    private readonly Supervisor _supervisor = new();
    private readonly HttpHealthProbe _probe = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Supervised _fleet;
    private readonly Task _running;
    private readonly HttpClient _metrics = new() { Timeout = TimeSpan.FromSeconds(5) };

    private CrashSystem(string planted, bool together, IReadOnlyList<string> settings)
    {
        Output = new CrashOutput();
        var environment = new Dictionary<string, string>
        {
            ["DOTNET_TieredPGO"] = "0",
            ["RAG_HTTP2_URLS"] = "",
            ["RAG_CONFIG"] = Configuration,
            ["RAG_IDENTITY__DEV_KEY"] = Key,
        };
        foreach (var setting in settings)
        {
            var parts = setting.Split('=', 2);
            environment["RAG_" + parts[0].Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant()] = parts.ElementAtOrDefault(1) ?? throw new ArgumentException($"--set: '{setting}' is not permitted; expected KEY=VALUE");
        }

        Disarm();
        var plans = Plans(planted, together).ToList();
        var log = new LogLines(Output, plans.Select(plan => plan.Name), inColor: false);
        _fleet = new Supervised(
            plans, new ProcessLauncher(environment, log, typeof(CrashSystem).Assembly.Location), _probe, new SupervisionRules { LongestRestartWait = TimeSpan.FromSeconds(0.4) }, TimeProvider.System, log,
            _supervisor.Wake);
        _running = Task.Run(() => _supervisor.RunAsync(_fleet, () => { }, _stop.Token));
    }

    /// <summary>What its processes write.</summary>
    public CrashOutput Output { get; }

    public string Key { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    /// <summary>The public API.</summary>
    public Uri Address => new(_fleet.Report().First(process => process.Plan.Service == "gateway").Http!);

    private string Configuration => Path.Combine(_data, "rag.yaml");

    /// <param name="planted">The bug that its services have; <c>none</c> for none.</param>
    /// <param name="together">All in one process, which dies as a whole.</param>
    /// <param name="settings">Further settings, <c>KEY=VALUE</c>.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    public static async Task<CrashSystem> StartAsync(string planted, bool together, IReadOnlyList<string> settings, CancellationToken cancellationToken)
    {
        var system = new CrashSystem(planted, together, settings);
        try
        {
            if (!await system.ReadyAsync(StartLimit, [], cancellationToken))
                throw new InvalidOperationException($"the system was not ready within {StartLimit.TotalSeconds:0} s; its last lines:\n{system.Output.Last()}");
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Processes that may be killed now.</summary>
    public IReadOnlyList<(string Name, int Pid)> Killable() =>
        [.. _fleet.Report().Where(process => process is { Pid: not null, State: ProcessState.Ready or ProcessState.Starting } && process.Plan.Name != "front").Select(process => (process.Plan.Name, process.Pid!.Value))];

    /// <summary>The process that a failpoint is in, by its name's first word.</summary>
    public static string HostOf(string failpoint) => failpoint.Split('_')[0] switch
    {
        "queue" => "documents",
        "journal" => "vectors",
        var service => service,
    };

    /// <summary>kill -9.</summary>
    /// <returns>Whether there was such a process.</returns>
    public static bool Kill(int pid) => BenchProcess.Signal(pid, SigKill) == 0;

    /// <summary>From its next start on, a process meets these failpoints.</summary>
    public void Arm(IReadOnlyDictionary<string, string> failpoints, int seed)
    {
        var lines = failpoints.Select(point => $"  {point.Key}: \"{point.Value}\"").Prepend(string.Create(CultureInfo.InvariantCulture, $"failpoints:\n  seed: {seed}\n  pause_ms: {Pause.TotalMilliseconds:0}"));
        // In one step: a process that starts now reads the one or the other.
        var draft = Configuration + ".draft";
        // A lease that ends under a worker that stands still, with enough others to go on meanwhile; patience that no number of kills outlasts.
        File.WriteAllText(draft, $"""
            identity:
              requests_per_minute: 1000000
            documents:
              lease_seconds: 2
              max_attempts: 1000
              max_interruptions: 1000
              max_retry_delay_seconds: 1
            ingestion:
              batches: 16
              max_pause_seconds: 1
            {(failpoints.Count > 0 ? string.Join('\n', lines) : "")}

            """);
        File.Move(draft, Configuration, overwrite: true);
    }

    /// <summary>From its next start on, a process meets no failpoint.</summary>
    public void Disarm() => Arm(new Dictionary<string, string>(), 0);

    /// <summary>Waits until every process is ready; false when that takes too long.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <param name="killed">Processes that were killed, whose end the supervisor may not have noticed yet.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    public async Task<bool> ReadyAsync(TimeSpan limit, IReadOnlyList<(string Name, int Pid)> killed, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (!_fleet.IsReady || _fleet.Report().Any(process => killed.Any(victim => victim.Pid == process.Pid)))
        {
            if (_running.IsFaulted)
                await _running;
            if (Stopwatch.GetElapsedTime(since) > limit)
                return false;
            await Task.Delay(25, cancellationToken);
        }

        return true;
    }

    /// <summary>Jobs that ended well in the process that keeps the queue, since its start.</summary>
    public async Task<double> JobsDoneAsync(CancellationToken cancellationToken)
    {
        var queue = _fleet.Report().First(process => process.Plan.Name is "documents" or "system").Http!;
        return (await Resilience.Prometheus.ReadAsync(_metrics, new Uri(new Uri(queue), "/metrics"), cancellationToken))
            .Where(sample => sample.Name.StartsWith("rag_ingestion_documents", StringComparison.Ordinal) && sample.Labels.Contains("searchable", StringComparison.Ordinal)).Sum(sample => sample.Value);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _fleet.Kill();
        try
        {
            await _running;
        }
        catch (Host.CommandException)
        {
            // Told by whoever waited for it.
        }

        _probe.Dispose();
        _supervisor.Dispose();
        _metrics.Dispose();
        _sockets.Dispose();
        _stop.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private IEnumerable<ProcessPlan> Plans(string planted, bool together)
    {
        var listening = new Listening(["http://127.0.0.1:0"], []);
        string[] head = ["crash-host", planted, "serve", "--data", Path.Combine(_data, "rag"), "--parent", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)];
        if (together)
        {
            yield return new ProcessPlan("system", "gateway", 1, [], null, listening, [.. head, "--worker", "worker"]);
            yield break;
        }

        var front = Modules.All.Select(module => module.Name).Except(Victims).ToList();
        string[] peers = [.. Modules.All.SelectMany(module => new[] { "--peer", $"{module.Name}={_sockets.Address(Victims.Contains(module.Name) ? module.Name : "front")}" })];
        foreach (var victim in Victims)
            yield return new ProcessPlan(
                victim, victim, 1, [], _sockets.Address(victim), listening,
                [.. head, "--services", victim, "--grpc", _sockets.Address(victim), .. peers, .. victim == "ingestion" ? new[] { "--worker", "worker" } : []]);
        yield return new ProcessPlan("front", "gateway", 1, [], _sockets.Address("front"), listening, [.. head, "--services", string.Join(',', front), "--grpc", _sockets.Address("front"), .. peers]);
    }
}

/// <summary>What the processes write: counts failpoints, keeps the last lines.</summary>
internal sealed partial class CrashOutput : TextWriter
{
    private const int Kept = 60;

    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = new();
    private readonly Dictionary<string, int> _failpoints = [];

    public override System.Text.Encoding Encoding => System.Text.Encoding.UTF8;

    /// <summary>How often each failpoint killed or paused a process.</summary>
    public IReadOnlyDictionary<string, int> Failpoints
    {
        get
        {
            lock (_lock)
                return new Dictionary<string, int>(_failpoints);
        }
    }

    /// <summary>How often a failpoint killed.</summary>
    public int Kills => Failpoints.Where(point => point.Key.EndsWith("kills", StringComparison.Ordinal)).Sum(point => point.Value);

    /// <summary>The last lines.</summary>
    public string Last()
    {
        lock (_lock)
            return string.Join('\n', _lines);
    }

    public override void WriteLine(string? value)
    {
        if (value is null)
            return;
        lock (_lock)
        {
            if (Failpoint().Match(value) is { Success: true } met)
                _failpoints[met.Groups[1].Value] = _failpoints.GetValueOrDefault(met.Groups[1].Value) + 1;
            _lines.Enqueue(value);
            if (_lines.Count > Kept)
                _lines.Dequeue();
        }
    }

    [GeneratedRegex(@"failpoint (\w+ (?:kills|pauses)) \d+")]
    private static partial Regex Failpoint();
}
