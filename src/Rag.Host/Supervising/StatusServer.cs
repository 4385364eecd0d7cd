using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Rag.Host.Serving;

namespace Rag.Host.Supervising;

/// <summary>
/// The supervisor's own address: <c>/status</c>, <c>/health/live</c>, <c>/health/ready</c>, <c>/targets</c>. For machines that watch, without a key: it tells
/// nothing of any document. Metrics stay with the processes: Prometheus adds them up better than a relay could.
/// </summary>
internal static class StatusServer
{
    /// <summary>The server, not yet listening; its lifetime ends with Ctrl-C and SIGTERM.</summary>
    /// <param name="url">Where to listen.</param>
    /// <param name="configuration">All settings.</param>
    /// <param name="fleet">Whose status.</param>
    /// <exception cref="CommandException">The address is none.</exception>
    public static WebApplication Build(string url, IConfiguration configuration, Fleet fleet)
    {
        var endpoint = Parse(url);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "rag" });
        builder.Configuration.AddConfiguration(configuration);
        builder.Configuration.AddInMemoryCollection([new("urls", "")]); // those of the gateway
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 100;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(endpoint);
        });
        builder.Services.AddRouting();
        builder.Services.AddSingleton<IHostLifetime, StopSignals>();
        var app = builder.Build();
        app.MapGet("/status", context => WriteAsync(context, 200, Status(fleet), StatusJson.Default.FleetStatus));
        app.MapGet("/targets", context => WriteAsync(context, 200, Targets(fleet), StatusJson.Default.IReadOnlyListScrapeTarget));
        app.MapGet("/health/live", context => WriteAsync(context, 200, new FleetHealth("live", null), StatusJson.Default.FleetHealth));
        app.MapGet("/health/ready", context => HealthAsync(context, fleet));
        return app;
    }

    /// <summary>Listens, and says where.</summary>
    public static async Task<string> StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException { InnerException: AddressInUseException } or System.Net.Sockets.SocketException)
        {
            throw new CommandException(ExitCode.AddressUnavailable, $"the address of --status-url can't be listened on: {error.Message}", error);
        }

        return app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }

    private static FleetStatus Status(Fleet fleet)
    {
        var processes = fleet.Report().Select(FleetProcess.Of).ToList();
        return new FleetStatus(processes.TrueForAll(process => process.State == "ready"), processes.Sum(process => process.MemoryBytes ?? 0), processes);
    }

    private static IReadOnlyList<ScrapeTarget> Targets(Fleet fleet) =>
    [
        .. from process in fleet.Report()
           where process.Http is not null
           select new ScrapeTarget(
               [new Uri(process.Http!).Authority],
               new Dictionary<string, string>
               {
                   ["process"] = process.Plan.Name,
                   ["service"] = process.Plan.Service,
                   ["replica"] = process.Plan.Replica.ToString(CultureInfo.InvariantCulture),
               }),
    ];

    private static Task HealthAsync(HttpContext context, Fleet fleet)
    {
        var waiting = fleet.Report().Where(process => process.State != ProcessState.Ready).Select(process => process.Plan.Name).ToList();
        return waiting.Count == 0
            ? WriteAsync(context, 200, new FleetHealth("ready", null), StatusJson.Default.FleetHealth)
            : WriteAsync(context, 503, new FleetHealth("starting", waiting), StatusJson.Default.FleetHealth);
    }

    private static Task WriteAsync<T>(HttpContext context, int status, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(value, type, cancellationToken: context.RequestAborted);
    }

    private static IPEndPoint Parse(string url)
    {
        if (Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp && uri.PathAndQuery == "/")
        {
            if (uri.IsLoopback && !IPAddress.TryParse(uri.Host, out _))
                return new IPEndPoint(IPAddress.Loopback, uri.Port);
            if (IPAddress.TryParse(uri.Host, out var ip))
                return new IPEndPoint(ip, uri.Port);
        }

        throw new CommandException(
            ExitCode.InvalidArguments, $"--status-url: '{url}' is not permitted; expected http://IP:PORT or http://localhost:PORT, such as http://127.0.0.1:9090; port 0 takes a free one");
    }
}
