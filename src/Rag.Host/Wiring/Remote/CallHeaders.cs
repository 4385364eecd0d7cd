using System.Globalization;
using Grpc.Core;
using Rag.Seams;

namespace Rag.Host.Wiring.Remote;

/// <summary>What travels beside a request: how urgent it is. Time left is gRPC's own deadline, the trace W3C's <c>traceparent</c>, which the framework sends.</summary>
internal static class CallHeaders
{
    private const string PriorityName = "rag-priority";

    private static readonly Metadata[] ByPriority =
        [.. Enum.GetValues<Priority>().Select(p => p == Priority.Interactive ? [] : new Metadata { { PriorityName, ((int)p).ToString(CultureInfo.InvariantCulture) } })];

    /// <summary>The headers of a call made now; shared, not to be changed.</summary>
    public static Metadata Now => ByPriority[(int)CallScope.CurrentPriority];

    /// <summary>How urgent a call is that came in; interactive where it says nothing.</summary>
    public static Priority PriorityOf(Metadata headers) =>
        headers.GetValue(PriorityName) is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && Enum.IsDefined((Priority)value)
            ? (Priority)value
            : Priority.Interactive;
}
