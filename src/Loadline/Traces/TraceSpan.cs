namespace Loadline.Traces;

/// <summary>A span as a service told it. Times are Unix nanoseconds of the service's clock.</summary>
/// <param name="SpanId">16 hexadecimal digits.</param>
/// <param name="ParentId">The span that it belongs under; null for the first of a trace.</param>
/// <param name="Service">The name of the service that did it.</param>
/// <param name="Name">What was done.</param>
/// <param name="Kind"><c>internal</c>, <c>server</c>, <c>client</c>, <c>producer</c> or <c>consumer</c>.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it ended.</param>
/// <param name="Failed">Whether it says that it failed.</param>
/// <param name="Attributes">What it tells besides, in the order in which it does; values as text.</param>
public sealed record TraceSpan(
    string SpanId, string? ParentId, string Service, string Name, string Kind, long Start, long End, bool Failed, IReadOnlyDictionary<string, string> Attributes);

/// <summary>A trace of an exchange that the report shows: a line of <c>traces.jsonl</c>.</summary>
/// <param name="TraceId">32 hexadecimal digits, as in <c>exchanges.jsonl</c>.</param>
/// <param name="Spans">Its spans in the order in which they began; never empty.</param>
public sealed record KeptTrace(string TraceId, IReadOnlyList<TraceSpan> Spans);
