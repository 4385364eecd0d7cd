using System.Net;
using Loadline.Faults;
using Loadline.Faults.Proxy;
using Loadline.Plans;
using Loadline.Probes;
using Loadline.Recording;
using Loadline.Verdicts;
using Loadline.Verdicts.Recovery;
using Loadline.Wire;

namespace Loadline.Runs;

/// <summary>The faults of a run: the proxies that they need, the guard, the timeline, and what of them is judged. Without faults it is nothing.</summary>
internal sealed class RunFaults : IAsyncDisposable
{
    private readonly Plan _plan;
    private readonly TimeProvider _time;
    private FaultGround? _ground;
    private ToxicProxy? _target;
    private ToxicProxy? _llm;
    private FaultGuard? _guard;
    private FaultTimeline? _timeline;

    public RunFaults(Plan plan, TimeProvider time)
    {
        (_plan, _time) = (plan, time);
        Watch = plan.Faults.Count == 0 ? null : new FaultWatch([.. plan.Faults.Select(fault => new RunSpan(fault.Name, RunClock.Nanoseconds(fault.At), RunClock.Nanoseconds(fault.End)))]);
    }

    /// <summary>What recording tells; null without faults.</summary>
    public FaultWatch? Watch { get; }

    /// <summary>What became of the faults.</summary>
    public IReadOnlyList<FaultLease> Leases => _timeline?.Leases ?? [];

    /// <summary>By which address a target that Loadline starts reaches its LLM: a proxy's, where a fault disturbs that way.</summary>
    public Uri LlmThrough(Uri llm)
    {
        if (!Disturbs(FaultRules.Llm))
            return llm;
        _llm = Proxy(llm);
        return new UriBuilder(llm) { Host = _llm.Address!.Address.ToString(), Port = _llm.Address.Port }.Uri;
    }

    /// <summary>Where the load's connections are made, once prepared; null for the target itself.</summary>
    public IPEndPoint? Through => _target?.Address;

    /// <summary>Starts the guard, and a proxy before the target where a fault needs one.</summary>
    /// <exception cref="FaultException">The guard could not be started.</exception>
    /// <exception cref="IOException">The <c>loadline</c> command is not there.</exception>
    public async Task PrepareAsync(
        Uri address, string? adminKey, Func<IReadOnlyList<WatchedProcess>> processes, IReadOnlyDictionary<string, string> parts, string folder, CancellationToken stop)
    {
        if (_plan.Faults.Count == 0)
            return;
        _guard = await FaultGuard.StartAsync(folder, RunRequest.AdminKeyVariable, adminKey, _time, stop).ConfigureAwait(false);
        if (Disturbs(FaultRules.Target))
            _target = Proxy(address);
        _ground = new FaultGround { Processes = processes, Parts = parts, Address = address, AdminKey = adminKey, Target = _target, Llm = _llm };
    }

    /// <summary>Runs the timeline; completes when all faults are over.</summary>
    public Task RunAsync(RunClock clock, string folder, Action<string> tell, CancellationToken stop)
    {
        if (_ground is null)
            return Task.CompletedTask;
        _timeline = new FaultTimeline(_plan.Faults, _ground, folder, clock, tell);
        return _timeline.RunAsync(stop);
    }

    public async ValueTask DisposeAsync()
    {
        if (_guard is not null)
            await _guard.DisposeAsync().ConfigureAwait(false);
        foreach (var proxy in new[] { _target, _llm })
            if (proxy is not null)
                await proxy.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>How the target got over each fault that was injected.</summary>
    public static IReadOnlyList<FaultFigures> Figures(LoadResult load, Plan plan, ObjectiveContext context, RecordedLog log)
    {
        var objectives = plan.Objectives.Select(objective => Judge.Understand(objective, context)).ToList();
        return
        [
            .. from pair in load.Faults.Select((lease, place) => (Lease: lease, Place: place))
               where pair.Lease.Start is not null
               let start = pair.Lease.Start!.Value
               let end = Math.Max(start, pair.Lease.End ?? load.Recorded.EndedAt)
               select new FaultFigures(
                   pair.Lease.Fault.Name, start / 1e9, end / 1e9,
                   BreakerTrigger.Of(load.FaultWatch!.Of(pair.Place), RunClock.Nanoseconds(pair.Lease.Fault.At), start, end),
                   ServiceRecovery.Of(objectives, log, context.Spans.Contains(PlanSpan.Before(pair.Lease.Fault.Name)) ? PlanSpan.Before(pair.Lease.Fault.Name) : null, end / 1e9),
                   QueueDrain.Of(load.FaultWatch.Uploads, start, end, load.Recorded.EndedAt)),
        ];
    }

    /// <summary>Why a fault of the plan does not count as planned, a clause each: then the run says nothing of it.</summary>
    public static IEnumerable<string> Problems(LoadResult load) =>
        from lease in load.Faults
        where lease.Problem is not null || (lease.Stopped && !load.Interrupted && load.Gone is null && load.Aborts.Crossed is null)
        select lease switch
        {
            { Problem: { } problem, Start: null } => $"the fault '{lease.Id}' was not injected: {problem}",
            { Problem: { } problem } => $"the fault '{lease.Id}' was not undone: {problem}",
            _ => $"the fault '{lease.Id}' was ended by the lever",
        };

    private bool Disturbs(string where) => _plan.Faults.Any(fault => fault.Kind == FaultKind.Toxic && fault.Where == where);

    private ToxicProxy Proxy(Uri upstream) => ToxicProxy.Start("127.0.0.1:0", $"{upstream.IdnHost}:{upstream.Port}", _time, _plan.Seed);
}
