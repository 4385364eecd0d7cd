namespace Loadline.Plans;

/// <summary>A distribution of a non-negative quantity (seconds, words, tokens). Immutable; sampling draws from the caller's generator only.</summary>
public abstract record Distribution
{
    /// <summary>Draws one value.</summary>
    public abstract double Sample(Random random);

    /// <summary>The expected value.</summary>
    public abstract double Mean { get; }
}
