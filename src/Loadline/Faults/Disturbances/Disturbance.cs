using Loadline.Plans;
using Loadline.Targets;

namespace Loadline.Faults.Disturbances;

/// <summary>Which disturbance a fault of a plan is.</summary>
internal static class Disturbance
{
    /// <summary>Makes it.</summary>
    /// <exception cref="FaultException">Its place is none: the plan was not read with <see cref="FaultRules"/>.</exception>
    public static IDisturbance Of(PlanFault fault, string id, FaultGround ground, TimeProvider time) => fault.Kind switch
    {
        FaultKind.Kill or FaultKind.Stop or FaultKind.Freeze => ProcessPlace.Read(ground.Parts.GetValueOrDefault(fault.Where, fault.Where), out var why) is not { } place ? throw new FaultException($"'{fault.Where}' {why}")
            : place.IsById ? new SignalDisturbance(fault, place, ground, time) : new ManagedDisturbance(fault, place, time),
        FaultKind.Toxic => Uri.TryCreate(fault.Where, UriKind.Absolute, out var proxy) ? new RemoteToxicDisturbance(fault, id, proxy) : new ToxicDisturbance(fault, id, ground),
        FaultKind.Inject => new InjectedDisturbance(fault, ground),
        FaultKind.Cpu or FaultKind.Memory => new BurnDisturbance(fault),
        FaultKind.Fill => new FillDisturbance(fault),
        FaultKind.Command => new CommandDisturbance(fault),
        _ => throw new FaultException($"the fault '{fault.Name}' is of an unknown kind"),
    };
}
