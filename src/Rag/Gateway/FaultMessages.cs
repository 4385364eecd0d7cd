using System.ComponentModel;
using System.Text.Json;
using Rag.Seams.Faults;

namespace Rag.Gateway;

internal sealed record FaultBody(
    [property: Description("Which service")] string Service,
    [property: Description("Which of its calls, such as Embed; default all")] string? Call,
    [property: Description("latency, error, hang, cut or refuse")] string Kind,
    [property: Description("How long, such as 30s or 5m; at most 15m, then it ends by itself")] string For,
    [property: Description("The share of calls that meet it, over 0 to 1; default 1")] double? Share,
    [property: Description("Of latency: how much later a call starts")] int? LatencyMs,
    [property: Description("Of latency: at most so much more or less")] int? JitterMs,
    [property: Description("Of cut: after how many items a stream breaks off")] int? Items,
    [property: Description("Of error: which, such as overloaded; default unavailable")] string? Error);

internal sealed record FaultItem(
    string Id, string Service, string? Call, string Kind, DateTimeOffset Started, [property: Description("When it ends by itself")] DateTimeOffset Ends,
    double Share, double? LatencyMs, double? JitterMs, int? Items, string? Error)
{
    public static FaultItem Of(FaultLease lease)
    {
        var spec = lease.Spec;
        return new FaultItem(
            lease.Id, spec.Service, spec.Call, Name(spec.Kind), lease.Started, lease.Ends, spec.Share, spec.Latency?.TotalMilliseconds, spec.Jitter?.TotalMilliseconds,
            spec.Items, spec.Error is { } error ? Name(error) : null);
    }

    /// <summary>DeadlineExceeded → deadline_exceeded, as in a problem's code.</summary>
    public static string Name<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

internal sealed record FaultsAnswer(IReadOnlyList<FaultItem> Faults);
