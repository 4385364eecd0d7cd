using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Rag.Host.Telemetry;

/// <summary>
/// Log lines as JSON in the Elastic Common Schema, an object a line: Filebeat takes them as they are. The trace is the one that the line was written in, recorded or not.
/// What a message was filled with is there by name under <c>labels</c>.
/// https://www.elastic.co/docs/reference/ecs/ecs-field-reference
/// </summary>
internal sealed class EcsFormatter(ServiceIdentity service, TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>As in <c>log: ecs</c>.</summary>
    public const string FormatterName = "ecs";

    /// <summary>The version of the schema that the fields are of.</summary>
    public const string Schema = "8.17.0";

    private const int LongestText = 16 * 1024;

    // Texts go into a log, not into a page: what needs no escape in JSON has none.
    private static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter?.Invoke(logEntry.State, logEntry.Exception) ?? "";
        if (message.Length == 0 && logEntry.Exception is null)
            return;
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Format))
        {
            Head(json, time, Level(logEntry.LogLevel), message, service.Name);
            json.WriteString("service.version", service.Version);
            json.WriteNumber("process.pid", Environment.ProcessId);
            json.WriteString("log.logger", logEntry.Category);
            Event(json, logEntry.EventId, logEntry.LogLevel);
            if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } span)
            {
                json.WriteString("trace.id", span.TraceId.ToHexString());
                json.WriteString("span.id", span.SpanId.ToHexString());
            }

            if (logEntry.Exception is { } error)
                Error(json, error);
            Labels(json, logEntry.State);
            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    /// <summary>A line that comes from no logger: what the supervisor says of a process, or the process in words of its own.</summary>
    public static string Note(TimeProvider time, string serviceName, string message)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Format))
        {
            Head(json, time, "info", message, serviceName);
            json.WriteString("log.logger", "rag.up");
            Event(json, default, LogLevel.Information);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    // In this order, for those who read lines with their eyes.
    private static void Head(Utf8JsonWriter json, TimeProvider time, string level, string message, string serviceName)
    {
        json.WriteStartObject();
        json.WriteString("@timestamp", time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("log.level", level);
        json.WriteString("message", Cut(message));
        json.WriteString("ecs.version", Schema);
        json.WriteString("service.name", serviceName);
    }

    private static void Event(Utf8JsonWriter json, EventId id, LogLevel level)
    {
        json.WriteString("event.kind", "event");
        json.WriteString("event.dataset", "rag.log");
        if (id.Name is { Length: > 0 } name)
            json.WriteString("event.action", name);
        if (level >= LogLevel.Error)
            json.WriteString("event.outcome", "failure");
    }

    private static void Error(Utf8JsonWriter json, Exception error)
    {
        json.WriteString("error.type", error.GetType().FullName);
        json.WriteString("error.message", Cut(error.Message));
        json.WriteString("error.stack_trace", Cut(error.ToString()));
    }

    // ECS: labels are keywords, without objects in them; a dot in a name would be read as one.
    private static void Labels<TState>(Utf8JsonWriter json, TState state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> { Count: > 1 } values)
            return;
        json.WriteStartObject("labels");
        foreach (var (name, value) in values)
            if (name != "{OriginalFormat}" && value is not null)
                json.WriteString(Label(name), Cut(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
        json.WriteEndObject();
    }

    // RequestId → request_id.
    private static string Label(string name)
    {
        var written = new StringBuilder(name.Length + 4);
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && written.Length > 0)
                written.Append('_');
            written.Append(char.IsLetterOrDigit(letter) ? char.ToLowerInvariant(letter) : '_');
        }

        return written.ToString();
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    private static string Cut(string text) => text.Length <= LongestText ? text : text[..LongestText];
}
