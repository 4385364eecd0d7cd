using System.Net;
using Loadline.Export.Formats;

namespace Loadline.Export;

/// <summary>Where a run's metrics go while it goes on. Without any of the three, nowhere.</summary>
public sealed record ExportOptions
{
    /// <summary>The environment variable with the address that is written to, in place of the option.</summary>
    public const string RemoteWriteVariable = "LOADLINE_PROMETHEUS_REMOTE_WRITE";

    /// <summary>The environment variable with the user name of remote write, for Basic authentication.</summary>
    public const string UserVariable = "LOADLINE_PROMETHEUS_USER";

    /// <summary>The environment variable with the password that belongs to it.</summary>
    public const string PasswordVariable = "LOADLINE_PROMETHEUS_PASSWORD";

    /// <summary>The environment variable with a token of remote write, sent as <c>Authorization: Bearer</c>.</summary>
    public const string TokenVariable = "LOADLINE_PROMETHEUS_TOKEN";

    /// <summary>The environment variable with Grafana's address, in place of the option.</summary>
    public const string GrafanaVariable = "LOADLINE_GRAFANA_URL";

    /// <summary>The environment variable with the token of a Grafana service account that may write annotations.</summary>
    public const string GrafanaTokenVariable = "LOADLINE_GRAFANA_TOKEN";

    /// <summary>Where <c>/metrics</c> is served; null for nowhere.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>Where values are pushed, such as <c>http://127.0.0.1:9090/api/v1/write</c>; null for nowhere.</summary>
    public Uri? RemoteWrite { get; init; }

    /// <summary>The user name of remote write; null for none.</summary>
    public string? RemoteWriteUser { get; init; }

    /// <summary>The password that belongs to it.</summary>
    public string? RemoteWritePassword { get; init; }

    /// <summary>The token of remote write; null for none.</summary>
    public string? RemoteWriteToken { get; init; }

    /// <summary>How histograms are pushed. Default native.</summary>
    public HistogramForm Histograms { get; init; } = HistogramForm.Native;

    /// <summary>How often values are pushed. Default 5 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Grafana's address, for annotations; null for none.</summary>
    public Uri? Grafana { get; init; }

    /// <summary>Its token; null for none.</summary>
    public string? GrafanaToken { get; init; }

    /// <summary>Whether there is anywhere to go.</summary>
    public bool IsAny => Listen is not null || RemoteWrite is not null || Grafana is not null;
}
