using System.CommandLine;
using System.Net;
using Loadline.Export;
using Loadline.Export.Formats;
using Loadline.Faults.Proxy;

namespace Loadline.Cli;

/// <summary>Where a run's metrics go while it goes on.</summary>
internal sealed class ExportArguments
{
    private readonly Option<string?> _listen = new("--metrics-listen")
    {
        Description = "Serves the run's metrics to Prometheus at http://HOST:PORT/metrics while it goes on; port 0 lets the operating system choose.",
        HelpName = "HOST:PORT",
    };

    private readonly Option<string?> _remoteWrite = new("--prometheus-remote-write")
    {
        Description = $"Pushes the run's metrics every 5 s by Prometheus remote write, such as to http://127.0.0.1:9090/api/v1/write. Default: {ExportOptions.RemoteWriteVariable}. Credentials: {ExportOptions.UserVariable} and {ExportOptions.PasswordVariable}, or {ExportOptions.TokenVariable}.",
        HelpName = "URL",
    };

    private readonly Option<string> _histograms = new("--prometheus-histograms")
    {
        Description = "How they are pushed: native histograms, or classic buckets for servers that know no native ones.",
        HelpName = "native|classic",
        DefaultValueFactory = _ => "native",
    };

    private readonly Option<string?> _grafana = new("--grafana-annotations")
    {
        Description = $"Draws the run and its faults into the graphs of this Grafana. Default: {ExportOptions.GrafanaVariable}. Its token: {ExportOptions.GrafanaTokenVariable}.",
        HelpName = "URL",
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _listen, _remoteWrite, _histograms, _grafana })
            command.Options.Add(option);
    }

    /// <summary>What was asked for, or null after its problems were written to standard error.</summary>
    public ExportOptions? Read(ParseResult arguments)
    {
        var problems = new List<string>();
        var histograms = arguments.GetValue(_histograms)!;
        if (!Enum.TryParse<HistogramForm>(histograms, ignoreCase: true, out var form) || !Enum.IsDefined(form))
            problems.Add($"--prometheus-histograms '{histograms}' is neither native nor classic");
        var options = new ExportOptions
        {
            Listen = EndPoint(arguments.GetValue(_listen), problems),
            RemoteWrite = Url("--prometheus-remote-write", arguments.GetValue(_remoteWrite), ExportOptions.RemoteWriteVariable, problems),
            RemoteWriteUser = Environment.GetEnvironmentVariable(ExportOptions.UserVariable),
            RemoteWritePassword = Environment.GetEnvironmentVariable(ExportOptions.PasswordVariable),
            RemoteWriteToken = Environment.GetEnvironmentVariable(ExportOptions.TokenVariable),
            Histograms = form,
            Grafana = Url("--grafana-annotations", arguments.GetValue(_grafana), ExportOptions.GrafanaVariable, problems),
            GrafanaToken = Environment.GetEnvironmentVariable(ExportOptions.GrafanaTokenVariable),
        };
        foreach (var problem in problems)
            Console.Error.WriteLine(problem);
        return problems.Count > 0 ? null : options;
    }

    private static IPEndPoint? EndPoint(string? text, List<string> problems)
    {
        try
        {
            return text is null ? null : Endpoints.Resolve(text);
        }
        catch (FormatException problem)
        {
            problems.Add($"--metrics-listen {problem.Message}");
            return null;
        }
    }

    private static Uri? Url(string option, string? given, string variable, List<string> problems)
    {
        var text = given ?? Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(text))
            return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return url;
        problems.Add($"{(given is null ? variable : option)} '{text}' is no http:// or https:// URL");
        return null;
    }
}
