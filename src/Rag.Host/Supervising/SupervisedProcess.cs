using System.Globalization;

namespace Rag.Host.Supervising;

/// <summary>
/// One process and what became of it. Does nothing by itself: each <see cref="Step"/> looks at the process and at the clock and does what is due.
/// <code>
/// starting ──▶ ready ◀──▶ frozen
///    │           │           │          ended unasked: any ──▶ restarting ──▶ ready
///    └───────────┴───────────┴─────────▶ stopped │ failed
/// </code>
/// Not thread-safe: <see cref="Fleet"/> holds its lock.
/// </summary>
internal sealed class SupervisedProcess(
    ProcessPlan plan, IProcessLauncher launcher, IHealthProbe probe, SupervisionRules rules, TimeProvider time, LogLines log, Action changed)
{
    private readonly Backoff _backoff = new(rules.LongestRestartWait);
    private Listening _listening = plan.Listening;
    private IChildProcess? _child;
    private bool _announced;
    private bool _stopping;
    private bool _terminated;
    private Task<Health>? _question;
    private DateTimeOffset _since = time.GetUtcNow();
    private long _startAt;
    private long _startedAt;
    private long? _readySince;
    private long _answeredAt;
    private long _askAt;
    private int _restarts;
    private int? _lastExitCode;

    public ProcessPlan Plan => plan;

    public ProcessState State { get; private set; } = ProcessState.Starting;

    /// <summary>Whether a process exists.</summary>
    public bool Exists => _child is not null;

    /// <summary>Where it listens; the plan's addresses until it has said so.</summary>
    public Listening Listening => _listening;

    /// <summary>Why nothing can go on; null while it can.</summary>
    public CommandException? Failure { get; private set; }

    public ProcessReport Report() => new(
        plan, State, _since, _child?.Id, _restarts, _announced ? _listening.Http1[0] : null, _child?.MemoryBytes, _lastExitCode);

    /// <summary>Does what is due.</summary>
    /// <param name="mayStart">Whether it may be started if it isn't there.</param>
    public void Step(bool mayStart)
    {
        if (_child is { ExitCode: { } code })
            TakeExit(_child, code);
        if (_child is not null)
            Watch(_child);
        else if (mayStart && State is (ProcessState.Starting or ProcessState.Restarting) && time.GetTimestamp() >= _startAt)
            Start();
    }

    /// <summary>From now on its end is what is wanted: it isn't started again, and whoever is told to end by others (a service manager tells all at once) may.</summary>
    public void Stop()
    {
        _stopping = true;
        if (_child is null && State is not ProcessState.Failed)
            Become(ProcessState.Stopped);
    }

    /// <summary>Asks it to end, once.</summary>
    public void Terminate()
    {
        if (_terminated)
            return;
        _terminated = true;
        _child?.Terminate();
    }

    /// <summary>Ends it at once.</summary>
    public void Kill() => _child?.Kill();

    private void Start()
    {
        (_announced, _readySince, _question, _startedAt) = (false, null, null, time.GetTimestamp());
        try
        {
            _child = launcher.Start(plan, _listening, changed);
        }
        catch (IOException error)
        {
            log.Write(plan.Name, $"can't be started: {error.Message}");
            RestartLater();
        }
    }

    private void Watch(IChildProcess child)
    {
        if (!_announced)
        {
            var announced = Listening.Announced(child.Announcements);
            if (announced.Count < _listening.Count)
                return;
            _announced = true;
            _listening = announced; // a restart takes the same ports: whoever knows the address can keep it
            _askAt = _answeredAt = time.GetTimestamp();
        }

        if (_question is { IsCompleted: true })
        {
            Take(_question.Result);
            _question = null;
        }

        if (_question is null && time.GetTimestamp() >= _askAt)
        {
            _askAt = After(State == ProcessState.Ready ? rules.ReadyProbes : rules.StartingProbes);
            _question = probe.AskAsync(_listening.Http1[0]);
            _question.ContinueWith(_ => changed(), TaskScheduler.Default);
        }

        if (State == ProcessState.Ready && !_stopping && time.GetElapsedTime(_answeredAt) >= rules.FrozenAfter)
            Freeze(child);
    }

    private void Take(Health health)
    {
        if (health == Health.Silent)
            return;
        _answeredAt = time.GetTimestamp();
        if (State == ProcessState.Frozen)
        {
            log.Write(plan.Name, "answers again");
            Become(ProcessState.Ready);
        }
        else if (health == Health.Ready && State != ProcessState.Ready)
        {
            _readySince = _answeredAt;
            log.Write(plan.Name, string.Create(
                CultureInfo.InvariantCulture, $"ready after {time.GetElapsedTime(_startedAt).TotalSeconds:0.0} s, process {_child!.Id}, {_listening.Http1[0]}"));
            Become(ProcessState.Ready);
        }
    }

    private void Freeze(IChildProcess child)
    {
        Become(ProcessState.Frozen);
        log.Write(plan.Name, string.Create(
            CultureInfo.InvariantCulture,
            $"frozen: process {child.Id} has answered nothing for {rules.FrozenAfter.TotalSeconds:0} s; {(rules.RestartFrozen ? "killing it" : "left alone (--restart-frozen kills it)")}"));
        if (rules.RestartFrozen)
            child.Kill();
    }

    private void TakeExit(IChildProcess child, int code)
    {
        var problem = child.Problem;
        child.Dispose();
        _child = null;
        _lastExitCode = code;
        if (_stopping)
        {
            log.Write(plan.Name, string.Create(CultureInfo.InvariantCulture, $"stopped with exit code {code}"));
            Become(ProcessState.Stopped);
            return;
        }

        if (IsBeyondRepair(code))
        {
            Become(ProcessState.Failed);
            Failure = new CommandException(code, $"{plan.Name}: {problem ?? string.Create(CultureInfo.InvariantCulture, $"ended with exit code {code}")}");
            return;
        }

        // Somebody else may have taken the port in the meantime; where any would do, any will do again.
        if (code == ExitCode.AddressUnavailable)
            _listening = plan.Listening;
        log.Write(plan.Name, string.Create(CultureInfo.InvariantCulture, $"ended with exit code {code}"));
        RestartLater();
    }

    // A restart reads the same arguments again. An address or a folder that was usable before may be so again in a moment.
    private bool IsBeyondRepair(int code) => code == ExitCode.InvalidArguments
        || (_restarts == 0 && _readySince is null && code is ExitCode.AddressUnavailable or ExitCode.DataFolderUnusable or ExitCode.DataFolderInUse);

    private void RestartLater()
    {
        var wait = _backoff.Next(_readySince is { } since ? time.GetElapsedTime(since) : TimeSpan.Zero);
        _startAt = After(wait);
        _readySince = null;
        _announced = false;
        _restarts++;
        log.Write(plan.Name, string.Create(CultureInfo.InvariantCulture, $"restarting in {wait.TotalSeconds:0.0} s"));
        Become(ProcessState.Restarting);
    }

    private long After(TimeSpan wait) => time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);

    private void Become(ProcessState state)
    {
        if (State == state)
            return;
        State = state;
        _since = time.GetUtcNow();
    }
}
