using Loadline.Plans.Keys;
using Loadline.Plans.Quantities;

namespace Loadline.Plans;

/// <summary>Faults in words.</summary>
public static class FaultText
{
    /// <summary>What a fault does, a clause: <c>embedding is killed, and again whenever it comes back, for 3m</c>.</summary>
    public static string Of(PlanFault fault) => What(fault) + (fault.For > TimeSpan.Zero ? $", for {DurationQuantity.Text(Math.Round(fault.For.TotalSeconds, 3))}" : "");

    private static string What(PlanFault fault) => fault.Kind switch
    {
        FaultKind.Kill => $"{fault.Where} is killed{Again(fault)}",
        FaultKind.Stop => $"{fault.Where} is asked to end{Again(fault)}",
        FaultKind.Freeze => $"{fault.Where} stands still",
        FaultKind.Toxic => $"{fault.Toxic}{Fields(fault)} {(fault.Stream == FaultStream.Upstream ? "to" : "from")} {fault.Where}{Share(fault)}",
        FaultKind.Inject => $"{fault.Where} meets {fault.With.GetValueOrDefault("kind", "a fault")}{Fields(fault)}{Share(fault)}",
        FaultKind.Cpu => $"{fault.Where} cores are burnt",
        FaultKind.Memory => $"{SizeKind.Text(long.Parse(fault.Where, System.Globalization.CultureInfo.InvariantCulture))} of memory are taken",
        FaultKind.Fill => $"the disk of {fault.Where} is full",
        _ => $"'{fault.Where}' is run, and '{fault.Undo}' in the end",
    };

    private static string Again(PlanFault fault) => fault.For > TimeSpan.Zero ? ", and again whenever it comes back" : "";

    private static string Fields(PlanFault fault) => fault.With.Where(field => field.Key != "kind").ToList() is { Count: > 0 } fields ? $" ({string.Join(", ", fields.Select(field => $"{field.Key} {field.Value}"))})" : "";

    private static string Share(PlanFault fault) => fault.Share < 1 ? $", of {Numbers.Text(fault.Share * 100)}% of {(fault.Kind == FaultKind.Toxic ? "connections" : "calls")}" : "";
}
