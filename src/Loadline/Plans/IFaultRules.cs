namespace Loadline.Plans;

/// <summary>What a fault may be on a target: declared here, where plans are read, and implemented where faults are.</summary>
public interface IFaultRules
{
    /// <summary>What is wrong with a fault; empty for nothing.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="target">The plan's target, as written.</param>
    /// <param name="hasLlm">Whether the plan has a simulated LLM.</param>
    IEnumerable<FaultMistake> Check(PlanFault fault, string target, bool hasLlm);
}

/// <summary>What is wrong with a fault.</summary>
/// <param name="Key">The key of the fault that it is about.</param>
/// <param name="Received">What was given.</param>
/// <param name="Rule">The rule that it breaks: continues the sentence "the value …".</param>
/// <param name="Remedy">What to do.</param>
public sealed record FaultMistake(string Key, string? Received, string Rule, string Remedy);
