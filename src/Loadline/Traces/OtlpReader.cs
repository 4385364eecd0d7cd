using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace Loadline.Traces;

/// <summary>
/// Reads an <c>ExportTraceServiceRequest</c> of OTLP, as far as a waterfall needs it; what is not needed is passed over. Numbers of fields are those of
/// https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
/// <code>
/// request { 1 ResourceSpans { 1 Resource { 1 KeyValue }, 2 ScopeSpans { 2 Span { 1 trace_id, 2 span_id, 4 parent, 5 name, 6 kind, 7 start, 8 end, 9 KeyValue, 15 Status { 3 code } } } } }
/// </code>
/// </summary>
internal static class OtlpReader
{
    private const int MostAttributes = 24, LongestText = 200, DeepestValue = 3;
    private const int StatusError = 2;

    private static readonly string[] Kinds = ["internal", "internal", "server", "client", "producer", "consumer"];

    /// <summary>The spans of a request, each with its trace's id.</summary>
    /// <exception cref="InvalidProtocolBufferException">It is no such request.</exception>
    public static List<(string TraceId, TraceSpan Span)> Read(byte[] request)
    {
        var spans = new List<(string, TraceSpan)>();
        foreach (var (field, resource) in Messages(request))
            if (field == 1)
                ReadResource(resource, spans);
        return spans;
    }

    private static void ReadResource(byte[] bytes, List<(string, TraceSpan)> spans)
    {
        // The service's name may come after its spans.
        var parts = Messages(bytes).ToList();
        var about = new Dictionary<string, string>();
        foreach (var (_, resource) in parts.Where(part => part.Field == 1))
            foreach (var (_, attribute) in Messages(resource).Where(part => part.Field == 1))
                Add(about, attribute);
        var service = about.GetValueOrDefault("service.name", "unknown");
        foreach (var (_, scope) in parts.Where(part => part.Field == 2))
            foreach (var (_, span) in Messages(scope).Where(part => part.Field == 2))
                if (ReadSpan(span, service) is { } read)
                    spans.Add(read);
    }

    private static (string, TraceSpan)? ReadSpan(byte[] bytes, string service)
    {
        string trace = "", id = "", parent = "", name = "";
        long start = 0, end = 0;
        var (kind, failed) = (0, false);
        var attributes = new Dictionary<string, string>();
        var input = new CodedInputStream(bytes);
        while (input.ReadTag() is var tag && tag != 0)
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    trace = Hex(input);
                    break;
                case 2:
                    id = Hex(input);
                    break;
                case 4:
                    parent = Hex(input);
                    break;
                case 5:
                    name = Cut(input.ReadString());
                    break;
                case 6:
                    kind = input.ReadEnum();
                    break;
                case 7:
                    start = (long)input.ReadFixed64();
                    break;
                case 8:
                    end = (long)input.ReadFixed64();
                    break;
                case 9:
                    Add(attributes, input.ReadBytes().ToByteArray());
                    break;
                case 15:
                    failed = IsError(input.ReadBytes().ToByteArray());
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        return trace.Length != 32 || id.Length != 16 ? null
            : (trace, new TraceSpan(id, parent.Length == 16 ? parent : null, service, name, Kinds.ElementAtOrDefault(kind) ?? Kinds[0], start, Math.Max(start, end), failed, attributes));
    }

    private static bool IsError(byte[] status)
    {
        var input = new CodedInputStream(status);
        while (input.ReadTag() is var tag && tag != 0)
            if (WireFormat.GetTagFieldNumber(tag) == 3)
                return input.ReadEnum() == StatusError;
            else
                input.SkipLastField();
        return false;
    }

    // KeyValue { 1 key, 2 AnyValue }
    private static void Add(Dictionary<string, string> attributes, byte[] pair)
    {
        if (attributes.Count >= MostAttributes)
            return;
        string? key = null, value = null;
        var input = new CodedInputStream(pair);
        while (input.ReadTag() is var tag && tag != 0)
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    key = Cut(input.ReadString());
                    break;
                case 2:
                    value = Value(input.ReadBytes().ToByteArray(), 0);
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        if (key is not null && value is not null)
            attributes[key] = value;
    }

    // AnyValue { 1 string, 2 bool, 3 int, 4 double, 5 ArrayValue { 1 AnyValue } }
    private static string? Value(byte[] bytes, int depth)
    {
        string? value = null;
        var input = new CodedInputStream(bytes);
        while (input.ReadTag() is var tag && tag != 0)
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    value = Cut(input.ReadString());
                    break;
                case 2:
                    value = input.ReadBool() ? "true" : "false";
                    break;
                case 3:
                    value = input.ReadInt64().ToString(CultureInfo.InvariantCulture);
                    break;
                case 4:
                    value = input.ReadDouble().ToString("0.######", CultureInfo.InvariantCulture);
                    break;
                case 5 when depth < DeepestValue:
                    value = Cut(string.Join(", ", Messages(input.ReadBytes().ToByteArray()).Where(part => part.Field == 1).Select(part => Value(part.Bytes, depth + 1))));
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        return value;
    }

    /// <summary>The length-delimited fields of a message.</summary>
    private static IEnumerable<(int Field, byte[] Bytes)> Messages(byte[] message)
    {
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag && tag != 0)
            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
                yield return (WireFormat.GetTagFieldNumber(tag), input.ReadBytes().ToByteArray());
            else
                input.SkipLastField();
    }

    private static string Hex(CodedInputStream input) => Convert.ToHexStringLower(input.ReadBytes().Span);

    private static string Cut(string text) => text.Length <= LongestText ? text : new StringBuilder(text, 0, LongestText, LongestText + 1).Append('…').ToString();
}
