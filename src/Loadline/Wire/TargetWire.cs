using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>Makes the wire that a profile needs.</summary>
public static class TargetWire
{
    /// <summary>A wire to the target at <see cref="WireOptions.BaseAddress"/>; the caller disposes it.</summary>
    /// <exception cref="TransportException">A certificate or a secret that the profile names isn't there.</exception>
    public static IWire To(TargetProfile profile, WireOptions options, RunClock clock)
    {
        var wire = Wires.Open(profile, options, clock);
        if (profile.Operations.Values.Any(operation => operation.Then is not null))
            wire = new FollowUpWire(wire);
        return profile.Session is { } session ? new SessionWire(wire, session) : wire;
    }
}
