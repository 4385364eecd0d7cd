using Loadline.Faults.Proxy;
using Loadline.Probes;

namespace Loadline.Faults;

/// <summary>What there is to be disturbed in a run.</summary>
public sealed record FaultGround
{
    /// <summary>The target's processes at this moment.</summary>
    public required Func<IReadOnlyList<WatchedProcess>> Processes { get; init; }

    /// <summary>Where the parts of a target that runs already are, by name.</summary>
    public IReadOnlyDictionary<string, string> Parts { get; init; } = new Dictionary<string, string>();

    /// <summary>The target's address, not that of a proxy before it.</summary>
    public required Uri Address { get; init; }

    /// <summary>The target's admin key; null for none.</summary>
    public string? AdminKey { get; init; }

    /// <summary>The proxy between Loadline and the target; null where no fault needs it.</summary>
    public ToxicProxy? Target { get; init; }

    /// <summary>The proxy between the target and its simulated LLM; null where no fault needs it.</summary>
    public ToxicProxy? Llm { get; init; }
}
