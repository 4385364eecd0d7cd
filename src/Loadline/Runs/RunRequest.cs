using Loadline.Export;
using Loadline.Plans;
using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Runs;

/// <summary>What is to be run.</summary>
public sealed record RunRequest
{
    /// <summary>The environment variable with the key that may create users at a target that Loadline did not start.</summary>
    public const string AdminKeyVariable = "LOADLINE_ADMIN_KEY";

    /// <summary>The plan.</summary>
    public required Plan Plan { get; init; }

    /// <summary>How to speak to the target.</summary>
    public required TargetProfile Profile { get; init; }

    /// <summary>Where the target is; null starts the one of Loadline's own that the plan names (<see cref="OwnTarget"/>).</summary>
    public required Uri? Address { get; init; }

    /// <summary>The run folder to make; it must not exist, or be empty.</summary>
    public required string Folder { get; init; }

    /// <summary>The command line, to be shown with the results.</summary>
    public required string CommandLine { get; init; }

    /// <summary>The key that may create users at the target (profiles that issue keys); null for targets that Loadline starts, which have their own, and for profiles that don't.</summary>
    public string? AdminKey { get; init; }

    /// <summary>Opens the wire that the load and its preparation are sent by; null for the one that the profile needs (<see cref="TargetWire.To"/>).</summary>
    public Func<TargetProfile, WireOptions, RunClock, IWire>? OpenWire { get; init; }

    /// <summary>What the wire of <see cref="OpenWire"/> is called in the run's environment; null for the profile's.</summary>
    public string? WireName { get; init; }

    /// <summary>Where its metrics go while it goes on; null for nowhere.</summary>
    public MetricsExport? Export { get; init; }

    /// <summary>What a person may do to the run while it goes on; null where nobody can.</summary>
    public RunControl? Control { get; init; }

    /// <summary>Whether to measure before the load what the load generator can do on this machine: takes two seconds. Default true.</summary>
    public bool Calibrate { get; init; } = true;

    /// <summary>A wire to the target.</summary>
    /// <exception cref="TargetException">The profile can't be spoken.</exception>
    internal IWire Wire(WireOptions options, RunClock clock)
    {
        try
        {
            return (OpenWire ?? TargetWire.To)(Profile, options, clock);
        }
        catch (TransportException problem)
        {
            throw new TargetException($"profile '{Profile.Name}': {problem.Message}", problem);
        }
    }
}
