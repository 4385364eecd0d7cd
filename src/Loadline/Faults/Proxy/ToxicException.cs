namespace Loadline.Faults.Proxy;

/// <summary>What is wrong with a wish about a toxic.</summary>
public enum ToxicProblem
{
    /// <summary>A value breaks its rule.</summary>
    Invalid,

    /// <summary>There is no such kind.</summary>
    UnknownType,

    /// <summary>The proxy has a toxic of this name already.</summary>
    Exists,

    /// <summary>The proxy has no toxic of this name.</summary>
    NotFound,
}

/// <summary>A toxic can't be added, changed or removed; nothing was changed.</summary>
/// <param name="problem">What is wrong.</param>
/// <param name="message">All that is wrong, for the person who must mend it.</param>
public sealed class ToxicException(ToxicProblem problem, string message) : Exception(message)
{
    /// <summary>What is wrong.</summary>
    public ToxicProblem Problem { get; } = problem;
}
