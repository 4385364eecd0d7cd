using System.Net.Http.Json;
using Rag.Bench.Engines;
using Rag.Tests.Engines;

namespace Rag.Bench.Resilience;

/// <summary>Something that can be hurt, one way at a time.</summary>
internal abstract class Outage
{
    /// <summary>How long what is frozen or refuses does so.</summary>
    protected static readonly TimeSpan Length = TimeSpan.FromSeconds(15);

    /// <summary>What is hurt.</summary>
    public abstract string Victim { get; }

    /// <summary>The services whose callers notice; none where it works behind everybody's back.</summary>
    public abstract IReadOnlyList<string> Services { get; }

    /// <summary>Kinds of requests that can't be done meanwhile, and are honestly refused.</summary>
    public virtual IReadOnlyList<string> Excused => [];

    /// <summary>Whether an answer's code is this outage's doing. On a machine that others use too, some answers always lack something else.</summary>
    public virtual bool Causes(string code) => true;

    /// <summary>Hurts it, and returns when that is over: the process is ready again, runs again, or answers again.</summary>
    /// <exception cref="ArgumentException">There is no such fault.</exception>
    public abstract Task StrikeAsync(string fault, CancellationToken cancellationToken);

    protected static ArgumentException NoSuch(string fault, string expected) => new($"--faults: '{fault}' is not permitted; expected {expected}");
}

/// <summary>A service of a <c>rag up</c>: all its processes at once.</summary>
internal sealed class ServiceOutage(SystemUnderTest system, Fleet fleet, string service) : Outage
{
    private const int SigKill = 9, SigContinue = 18, SigStop = 19; // Linux

    public override string Victim => service;

    public override IReadOnlyList<string> Services => [service];

    public override async Task StrikeAsync(string fault, CancellationToken cancellationToken)
    {
        var victims = (await fleet.ProcessesAsync(cancellationToken)).Where(p => p.Service == service).ToList();
        switch (fault)
        {
            case "kill":
                victims.ForEach(p => BenchProcess.Signal(p.Pid, SigKill));
                bool Again(FleetProcess now) => now.Service != service || (now.State == "ready" && victims.TrueForAll(was => was.Pid != now.Pid));
                while (!(await fleet.ProcessesAsync(cancellationToken)).All(Again))
                    await Task.Delay(50, cancellationToken);
                break;
            case "stop":
                victims.ForEach(p => BenchProcess.Signal(p.Pid, SigStop));
                try
                {
                    await Task.Delay(Length, cancellationToken);
                }
                finally
                {
                    victims.ForEach(p => BenchProcess.Signal(p.Pid, SigContinue));
                }

                break;
            case "refuse":
                using (var response = await system.Admin.PostAsJsonAsync("/admin/faults", new { service, kind = "refuse", @for = $"{Length.TotalSeconds:0}s" }, cancellationToken))
                    if (!response.IsSuccessStatusCode)
                        throw new InvalidOperationException($"/admin/faults: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
                await Task.Delay(Length, cancellationToken);
                break;
            default:
                throw NoSuch(fault, "kill, stop or refuse");
        }
    }
}

/// <summary>The server of an engine.</summary>
internal sealed class EngineOutage(EngineStack stack, BenchEngine engine) : Outage
{
    public override string Victim => engine.Name;

    public override IReadOnlyList<string> Services => engine.Services;

    public override IReadOnlyList<string> Excused => engine.Excused;

    public override bool Causes(string code) => engine.Codes.Any(beginning => code.StartsWith(beginning, StringComparison.Ordinal));

    private EngineServer Server => stack[engine.Name];

    public override async Task StrikeAsync(string fault, CancellationToken cancellationToken)
    {
        switch (fault)
        {
            case "kill":
                await Server.KillAsync();
                await stack.StartAgainAsync(engine.Name, cancellationToken);
                break;
            case "stop":
                Server.Freeze();
                try
                {
                    await Task.Delay(Length, cancellationToken);
                }
                finally
                {
                    Server.Thaw();
                }

                break;
            case "restart":
                await Server.StopAsync();
                await stack.StartAgainAsync(engine.Name, cancellationToken);
                break;
            default:
                throw NoSuch(fault, "kill, stop or restart");
        }
    }
}
