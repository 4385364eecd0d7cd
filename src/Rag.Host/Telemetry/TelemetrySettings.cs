using System.Globalization;
using Rag.Hosting;

namespace Rag.Host.Telemetry;

/// <summary>
/// What the configuration and OpenTelemetry's environment variables say of traces. The variables are those of the specification and go before the settings, as everywhere.
/// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
/// </summary>
internal static class TelemetrySettings
{
    private static readonly string[] Samplers =
        ["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"];

    private static readonly Setting<Uri?> Endpoint = Setting.Address(
        "telemetry:endpoint", null, "Where spans are sent by OTLP, such as http://127.0.0.1:4317; none are made without it (OTEL_EXPORTER_OTLP_ENDPOINT)");

    private static readonly Setting<string> Protocol = Setting.Choice(
        "telemetry:protocol", TraceOptions.Grpc, [TraceOptions.Grpc, TraceOptions.HttpProtobuf], "How they are sent (OTEL_EXPORTER_OTLP_PROTOCOL)");

    private static readonly Setting<double> Ratio = Setting.Number(
        "telemetry:ratio", 0.1, 0, 1, "Which share of traces is kept of those that begin here; a caller's own decision holds for its traces (OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG)");

    private static readonly Setting<TimeSpan> Slow = Setting.Milliseconds(
        "telemetry:slow_ms", 1000, 0, 3_600_000, "From how long on a request's spans are kept though its trace is not sampled; those of failed and degraded ones are too. 0 keeps neither, and unsampled requests make no spans");

    private static readonly Setting<int> HeldSpans = Setting.Whole(
        "telemetry:held_spans", 20_000, 0, 10_000_000, "The most spans of unsampled requests in hand that wait for how these end; those beyond are lost");

    private static readonly Setting<int> KeptPerSecond = Setting.Whole(
        "telemetry:kept_per_second", 20, 1, 1_000_000, "The most unsampled requests a second that are kept for being slow, failed or degraded: in an outage all are");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Endpoint, Protocol, Ratio, Slow, HeldSpans, KeptPerSecond];

    /// <summary>Reads them.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="variable">The environment.</param>
    /// <returns>How spans are kept and sent; null when none are to be made.</returns>
    /// <exception cref="InvalidOperationException">Some value is not permitted; all problems, a line each.</exception>
    public static TraceOptions? Read(IConfiguration configuration, Func<string, string?> variable)
    {
        var reader = new SettingsReader(configuration);
        var endpoint = Text(variable, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") ?? Text(variable, "OTEL_EXPORTER_OTLP_ENDPOINT");
        var set = reader.Read(Endpoint);
        if (endpoint is not null && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var given) && given.Scheme is "http" or "https"))
            reader.Refuse($"OTEL_EXPORTER_OTLP_ENDPOINT: '{endpoint}' is not permitted; expected {Endpoint.Rule}");
        var protocol = Text(variable, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") ?? Text(variable, "OTEL_EXPORTER_OTLP_PROTOCOL");
        if (protocol is not null && !Protocol.Permits(protocol))
            reader.Refuse($"OTEL_EXPORTER_OTLP_PROTOCOL: '{protocol}' is not permitted; expected {Protocol.Rule}");
        var sampler = Text(variable, "OTEL_TRACES_SAMPLER") ?? "parentbased_traceidratio";
        if (!Samplers.Contains(sampler))
            reader.Refuse($"OTEL_TRACES_SAMPLER: '{sampler}' is not permitted; expected one of {string.Join(", ", Samplers)}");
        var options = new TraceOptions
        {
            // The variable names what all signals have in common, to which the exporter adds what is the traces' own; so does the setting.
            Endpoint = set,
            Protocol = reader.Read(Protocol),
            Sampler = sampler,
            Ratio = ReadRatio(variable, reader),
            Slow = reader.Read(Slow),
            HeldSpans = reader.Read(HeldSpans),
            KeptPerSecond = reader.Read(KeptPerSecond),
        };
        reader.ThrowIfWrong();
        var off = Text(variable, "OTEL_SDK_DISABLED")?.Equals("true", StringComparison.OrdinalIgnoreCase) == true || Text(variable, "OTEL_TRACES_EXPORTER") == "none";
        return off || (endpoint is null && set is null) ? null : options with { Endpoint = endpoint is null ? set : null, Protocol = protocol ?? options.Protocol };
    }

    private static double ReadRatio(Func<string, string?> variable, SettingsReader reader)
    {
        var ratio = reader.Read(Ratio);
        if (Text(variable, "OTEL_TRACES_SAMPLER_ARG") is not { } text)
            return ratio;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var given) && given is >= 0 and <= 1)
            return given;
        reader.Refuse($"OTEL_TRACES_SAMPLER_ARG: '{text}' is not permitted; expected {Ratio.Rule}");
        return ratio;
    }

    // Empty is as good as absent, as the specification has it.
    private static string? Text(Func<string, string?> variable, string name) => variable(name) is { Length: > 0 } text ? text : null;
}

/// <summary>How spans are kept and sent.</summary>
internal sealed record TraceOptions
{
    public const string Grpc = "grpc";
    public const string HttpProtobuf = "http/protobuf";

    /// <summary>Where to; null leaves it to the environment's variables.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>How.</summary>
    public string Protocol { get; init; } = Grpc;

    /// <summary>Which traces, by a name of OpenTelemetry's.</summary>
    public required string Sampler { get; init; }

    /// <summary>The share of traces, 0–1, where the sampler goes by one.</summary>
    public required double Ratio { get; init; }

    /// <summary>From how long on a request is slow; zero keeps no unsampled ones.</summary>
    public required TimeSpan Slow { get; init; }

    /// <summary>The most spans held.</summary>
    public required int HeldSpans { get; init; }

    /// <summary>The most unsampled requests kept a second.</summary>
    public required int KeptPerSecond { get; init; }

    /// <summary>Whether unsampled requests are looked at at all.</summary>
    public bool KeepsUnsampled => Slow > TimeSpan.Zero && HeldSpans > 0 && Sampler != "always_off";
}
