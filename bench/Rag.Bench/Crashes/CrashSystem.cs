using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Rag.Bench.Engines;
using Rag.Bench.Resilience;
using Rag.Crashes;
using Rag.Host.Serving;
using Rag.Host.Supervising;
using Supervised = Rag.Host.Supervising.Fleet;

namespace Rag.Bench.Crashes;

/// <summary>
/// A RAG system that is made to be killed: supervised as by <c>rag up</c>, but with few processes and quick restarts. What isn't killed shares one process (<c>front</c>).
/// With engines, their servers are killed as well and started again on the data that they had.
/// Its configuration file is read at each start of a process, so failpoints that are written to it hold from a process's next start on.
/// </summary>
internal sealed partial class CrashSystem : IAsyncDisposable
{
    private static readonly string[] WithIndexes = ["documents", "vectors", "keywords", "ingestion"];
    private static readonly string[] WithoutIndexes = ["documents", "ingestion"]; // beside engines, whose servers die
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
    private readonly EngineStack? _stack;
    private readonly string[] _victims;
    private readonly Dictionary<string, Task> _restarts = [];

    private CrashSystem(string planted, bool together, IReadOnlyList<string> settings, EngineStack? stack)
    {
        (_stack, _victims) = (stack, stack is null ? WithIndexes : WithoutIndexes);
        HasBroker = stack?.Engines.Any(engine => engine.Name == "kafka") == true;
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
    /// <param name="engines">Engines that it uses and whose servers die as well.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    public static async Task<CrashSystem> StartAsync(string planted, bool together, IReadOnlyList<string> settings, IReadOnlyList<string> engines, CancellationToken cancellationToken)
    {
        var stack = engines.Count == 0 ? null : await EngineStack.StartAsync(engines, cancellationToken);
        var system = new CrashSystem(planted, together, settings, stack);
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

    /// <summary>Names and versions of its engines; null without any.</summary>
    public string? Engines => _stack?.Versions;

    /// <summary>Whether a broker carries notices of work.</summary>
    public bool HasBroker { get; }

    /// <summary>Whether engines' servers die as well, which takes longer to be over.</summary>
    public bool HasEngines => _stack is not null;

    /// <summary>Failpoints that a process which may be killed comes to.</summary>
    public IReadOnlyList<string> Failpoints => [.. FailpointSettings.Names.Keys.Where(name => _fleet.Report().Any(process => process.Plan.Name == "system" || process.Plan.Name == HostOf(name))
        && (HasBroker || name.Split('_')[0] is not ("relay" or "channel" or "letters")))];

    /// <summary>Processes and servers that may be killed now.</summary>
    public IReadOnlyList<(string Name, int Pid)> Killable() =>
    [
        .. _fleet.Report().Where(process => process is { Pid: not null, State: ProcessState.Ready or ProcessState.Starting } && process.Plan.Name != "front").Select(process => (process.Plan.Name, process.Pid!.Value)),
        .. (_stack?.Engines ?? []).Where(engine => !_restarts.TryGetValue(engine.Name, out var restart) || restart.IsCompletedSuccessfully).Select(engine => (engine.Name, _stack![engine.Name].ProcessId)),
    ];

    /// <summary>The process that a failpoint is in, by its name's first word.</summary>
    public static string HostOf(string failpoint) => failpoint.Split('_')[0] switch
    {
        "queue" or "relay" or "letters" => "documents",
        "channel" => "ingestion",
        "journal" => "vectors",
        var service => service,
    };

    /// <summary>kill -9: a process by itself, which its supervisor starts again, or a server with all that it has started, which is started again on its data after a while.</summary>
    /// <returns>Whether there was such a process.</returns>
    public async Task<bool> KillAsync((string Name, int Pid) victim, TimeSpan pause, CancellationToken cancellationToken)
    {
        if (_stack is null || _stack.Engines.All(engine => engine.Name != victim.Name))
            return BenchProcess.Signal(victim.Pid, SigKill) == 0;
        await _stack[victim.Name].KillAsync();
        _restarts[victim.Name] = AgainAsync();
        return true;

        async Task AgainAsync()
        {
            await Task.Delay(pause, cancellationToken);
            await _stack.StartAgainAsync(victim.Name, cancellationToken);
        }
    }

    /// <summary>From its next start on, a process meets these failpoints.</summary>
    public void Arm(IReadOnlyDictionary<string, string> failpoints, int seed)
    {
        // In one step: a process that starts now reads the one or the other.
        var draft = Configuration + ".draft";
        // A lease that ends under a worker that stands still, with enough others to go on meanwhile; patience that no number of kills outlasts.
        var settings = new Dictionary<string, string>
        {
            ["identity:requests_per_minute"] = "1000000",
            ["documents:lease_seconds"] = "2",
            ["documents:max_attempts"] = "1000",
            ["documents:max_interruptions"] = "1000",
            ["documents:max_retry_delay_seconds"] = "1",
            ["ingestion:batches"] = "16",
            ["ingestion:max_pause_seconds"] = "1",
        };
        foreach (var (path, value) in _stack?.Settings ?? new Dictionary<string, string>())
            settings[path] = value;
        if (HasBroker)
        {
            // A killed member keeps its partitions for as long; what a killed broker forgot is told again after as long.
            settings["kafka:session_seconds"] = "2";
            settings["queue:announce_again_seconds"] = "3";
        }

        if (failpoints.Count > 0)
            (settings["failpoints:seed"], settings["failpoints:pause_ms"]) = (seed.ToString(CultureInfo.InvariantCulture), Pause.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture));
        foreach (var (point, rule) in failpoints)
            settings["failpoints:" + point] = rule;
        File.WriteAllText(draft, YamlSettings.Write(settings));
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
        while (!_fleet.IsReady || _restarts.Values.Any(restart => !restart.IsCompleted) || _fleet.Report().Any(process => killed.Any(victim => victim.Pid == process.Pid)))
        {
            if (_running.IsFaulted)
                await _running;
            foreach (var failed in _restarts.Values.Where(restart => restart.IsFaulted))
                await failed;
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
            .Where(sample => sample.Name.StartsWith("rag_ingestion_documents_total", StringComparison.Ordinal) && sample.Labels.Contains("searchable", StringComparison.Ordinal)).Sum(sample => sample.Value);
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
        if (_stack is not null)
            await _stack.DisposeAsync();
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

        var front = Modules.All.Select(module => module.Name).Except(_victims).ToList();
        string[] peers = [.. Modules.All.SelectMany(module => new[] { "--peer", $"{module.Name}={_sockets.Address(_victims.Contains(module.Name) ? module.Name : "front")}" })];
        foreach (var victim in _victims)
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
