using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Rag.Seams;

namespace Rag.Host.Wiring.Remote;

/// <summary>What travels beside a request: how urgent it is, and the trace that it belongs to, W3C's <c>traceparent</c>. Time left is gRPC's own deadline.</summary>
internal static class CallHeaders
{
    /// <summary>The trace's header; a client's own passes through whether or not anybody makes spans.</summary>
    public const string TraceParent = "traceparent";

    /// <summary>What systems of tracing say beside it.</summary>
    public const string TraceState = "tracestate";

    private const string PriorityName = "rag-priority";

    private static readonly string?[] Urgencies = [.. Enum.GetValues<Priority>().Select(p => p == Priority.Interactive ? null : ((int)p).ToString(CultureInfo.InvariantCulture))];
    private static readonly Metadata[] WithoutTrace = [.. Urgencies.Select(urgency => Urgent(new Metadata(), urgency))];

    /// <summary>The headers of a call made now; not to be changed.</summary>
    public static Metadata Now
    {
        get
        {
            var urgency = (int)CallScope.CurrentPriority;
            if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C, Id: { } id } span)
                return WithoutTrace[urgency];
            var headers = new Metadata { { TraceParent, id } };
            if (span.TraceStateString is { Length: > 0 } state)
                headers.Add(TraceState, state);
            return Urgent(headers, Urgencies[urgency]);
        }
    }

    /// <summary>How urgent a call is that came in; interactive where it says nothing.</summary>
    public static Priority PriorityOf(Metadata headers) =>
        headers.GetValue(PriorityName) is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && Enum.IsDefined((Priority)value)
            ? (Priority)value
            : Priority.Interactive;

    private static Metadata Urgent(Metadata headers, string? urgency)
    {
        if (urgency is not null)
            headers.Add(PriorityName, urgency);
        return headers;
    }
}
