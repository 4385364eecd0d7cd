using System.Text.Json.Serialization;

namespace Loadline.Recording;

/// <summary>A sampled exchange: a line of <c>exchanges.jsonl</c>. Times in seconds since the run's start; secrets removed.</summary>
/// <param name="Why"><c>slow</c>, <c>failed</c>, or <c>traced</c>: an ordinary one whose trace the target was asked to keep.</param>
/// <param name="Operation">The operation's name.</param>
/// <param name="User">The user's index.</param>
/// <param name="Outcome">As in <see cref="OperationSummary.Outcomes"/>.</param>
/// <param name="Reason">A short class of failure, or null.</param>
/// <param name="Status">HTTP status, 0 for none.</param>
/// <param name="Due">When it was due.</param>
/// <param name="Sent">When it was sent.</param>
/// <param name="FirstByte">When the response's head came; null if never.</param>
/// <param name="FirstContent">When the first content came; null if never or not streamed.</param>
/// <param name="End">When it ended.</param>
/// <param name="Tokens">Tokens received.</param>
/// <param name="Request">Method, path and body, cut.</param>
/// <param name="Response">Response text, cut.</param>
public sealed record SampledExchange(
    string Why, string Operation, int User, string Outcome, string? Reason, int Status, double Due, double Sent, double? FirstByte,
    double? FirstContent, double End, int Tokens, string? Request, string? Response)
{
    /// <summary>Its trace in the target, as 32 hexadecimal digits; null in runs of older Loadlines.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceId { get; init; }

    /// <summary>Where the trace can be looked at, as the profile's <c>traces</c> says; null where it doesn't.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceUrl { get; init; }
}
