namespace Rag.Errors;

/// <summary>A call that a service refused or could not complete, with a reason that a person can act on.</summary>
/// <param name="error">Which kind of failure.</param>
/// <param name="message">What was given, the rule and the remedy; safe to show to the caller (no document text, no secret).</param>
/// <param name="retryAfter">When another try makes sense; null when unknown or never.</param>
/// <param name="inner">The cause, for logs only.</param>
public sealed class RagException(RagError error, string message, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Which kind of failure.</summary>
    public RagError Error { get; } = error;

    /// <summary>When another try makes sense; null when unknown or never.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>
    /// Whether a seam has decided about another try already: it made one, or saw that none makes sense. No layer above tries again, or a failure at the bottom
    /// would be multiplied by every hop. Travels between processes. Default false.
    /// </summary>
    public bool Retried { get; init; }
}
