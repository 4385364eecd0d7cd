using Loadline.Plans;
using Loadline.Runs;
using Loadline.Targets;

namespace Loadline.Suites;

/// <summary>One run of a suite, ready to be made.</summary>
/// <param name="Name">What it is called in the suite; no other run of it has the name.</param>
/// <param name="Plan">The plan, with everything that suite and command line change in it.</param>
/// <param name="Profile">How to speak to its target.</param>
/// <param name="Address">Where the target is; null for one that Loadline starts.</param>
/// <param name="CommandLine">What makes this run by itself.</param>
/// <param name="StopsOnFailure">Whether the suite ends when it does not pass.</param>
public sealed record PlannedRun(string Name, Plan Plan, TargetProfile Profile, Uri? Address, string CommandLine, bool StopsOnFailure)
{
    /// <summary>What is to be run.</summary>
    /// <param name="folder">Its run folder.</param>
    /// <param name="adminKey">The key that may create users at a target that Loadline did not start.</param>
    internal RunRequest Request(string folder, string? adminKey) => new()
    {
        Plan = Plan,
        Profile = Profile,
        Address = Address,
        Folder = folder,
        CommandLine = CommandLine,
        AdminKey = adminKey,
    };
}

/// <summary>A suite whose plans are all read.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="Runs">Its runs, in order.</param>
/// <param name="Pause">How long to wait between two.</param>
public sealed record PreparedSuite(Suite Suite, IReadOnlyList<PlannedRun> Runs, TimeSpan Pause);
