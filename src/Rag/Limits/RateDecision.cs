namespace Rag.Limits;

/// <summary>What a limiter says to a request.</summary>
/// <param name="Allowed">Whether it may pass.</param>
/// <param name="Remaining">How many more may pass at once now.</param>
/// <param name="RetryAfter">When refused: how long until it may pass; zero otherwise.</param>
/// <param name="Restored">How long until the whole quota is there again.</param>
public readonly record struct RateDecision(bool Allowed, int Remaining, TimeSpan RetryAfter, TimeSpan Restored);
