namespace Rag.Host.Supervising;

/// <summary>
/// All processes together: starts them in the order of their dependencies, keeps them running, stops them in reverse. Does nothing by itself: each
/// <see cref="Step"/> does what is due, so that tests turn the clock.
/// </summary>
internal sealed class Fleet
{
    private readonly Lock _lock = new();
    private readonly SupervisionRules _rules;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, SupervisedProcess> _byName;
    private readonly List<SupervisedProcess> _processes;
    private readonly HashSet<SupervisedProcess> _begun = [];
    private long? _stoppingSince;

    /// <param name="plans">What to run, dependencies first.</param>
    /// <param name="launcher">Starts processes.</param>
    /// <param name="probe">Asks them how they are.</param>
    /// <param name="rules">The numbers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where what happens is told.</param>
    /// <param name="changed">Called, on any thread, when a step has something to do before the clock says so.</param>
    public Fleet(
        IReadOnlyList<ProcessPlan> plans, IProcessLauncher launcher, IHealthProbe probe, SupervisionRules rules, TimeProvider time, LogLines log, Action changed)
    {
        _rules = rules;
        _time = time;
        _processes = [.. plans.Select(plan => new SupervisedProcess(plan, launcher, probe, rules, time, log, changed))];
        _byName = _processes.ToDictionary(process => process.Plan.Name);
    }

    /// <summary>Whether every process is ready.</summary>
    public bool IsReady
    {
        get
        {
            lock (_lock)
                return _processes.TrueForAll(process => process.State == ProcessState.Ready);
        }
    }

    /// <summary>Whether it was stopped and nothing runs any more.</summary>
    public bool IsDown
    {
        get
        {
            lock (_lock)
                return _stoppingSince is not null && !_processes.Exists(process => process.Exists);
        }
    }

    /// <summary>What ended it all; null when nothing did.</summary>
    public CommandException? Failure { get; private set; }

    /// <summary>How each process is, in the order in which they start.</summary>
    public IReadOnlyList<ProcessReport> Report()
    {
        lock (_lock)
            return [.. _processes.Select(process => process.Report())];
    }

    /// <summary>Where the processes of a service listen, replica by replica.</summary>
    public IReadOnlyList<Listening> ListeningOf(string service)
    {
        lock (_lock)
            return [.. _processes.Where(process => process.Plan.Services.Contains(service)).Select(process => process.Listening)];
    }

    /// <summary>Begins to stop; further steps go on with it.</summary>
    public void Stop()
    {
        lock (_lock)
            BeginStop();
    }

    /// <summary>Ends all processes at once.</summary>
    public void Kill()
    {
        lock (_lock)
        {
            BeginStop();
            _processes.ForEach(process => process.Kill());
        }
    }

    /// <summary>Does what is due.</summary>
    public void Step()
    {
        lock (_lock)
        {
            if (_stoppingSince is null)
                Run();
            if (_stoppingSince is { } since)
                End(_time.GetElapsedTime(since) >= _rules.StopPatience);
        }
    }

    private void Run()
    {
        foreach (var process in _processes)
        {
            process.Step(mayStart: _begun.Contains(process) || MayBegin(process));
            if (process.Exists)
                _begun.Add(process);
            if (process.Failure is null)
                continue;
            Failure = process.Failure;
            BeginStop();
            return;
        }
    }

    private void BeginStop()
    {
        if (_stoppingSince is not null)
            return;
        _stoppingSince = _time.GetTimestamp();
        _processes.ForEach(process => process.Stop());
    }

    // Only the first start has an order: a restart meets the others running, and whoever misses it copes.
    private bool MayBegin(SupervisedProcess process) =>
        process.Plan.DependsOn.All(name => _byName[name].State == ProcessState.Ready)
        && _processes.Count(other => other is { State: ProcessState.Starting, Exists: true }) < _rules.StartAtOnce;

    private void End(bool patienceIsOver)
    {
        foreach (var process in Enumerable.Reverse(_processes))
        {
            process.Step(mayStart: false);
            if (patienceIsOver)
                process.Kill();
            else if (!_processes.Exists(other => other.Exists && other.Plan.DependsOn.Contains(process.Plan.Name)))
                process.Terminate();
        }
    }
}
