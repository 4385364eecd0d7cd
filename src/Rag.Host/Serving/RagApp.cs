using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Trace;
using Rag.Host.Telemetry;
using Rag.Host.Wiring;
using Rag.Host.Wiring.Remote;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Host.Serving;

/// <summary>Puts the server together: configuration, modules, endpoints. Nothing is opened or bound before it starts.</summary>
internal static class RagApp
{
    /// <summary>A server that hosts services and knows no other process.</summary>
    public static WebApplication Build(IConfiguration configuration, IReadOnlyList<ServiceModule> modules, Action<IServiceCollection> engines) =>
        Build(configuration, new Placement(modules, [], []), engines);

    /// <param name="configuration">All settings.</param>
    /// <param name="placement">Which services are hosted, and where the others are.</param>
    /// <param name="engines">Registers what modules need from engines; before them, so that a module can see what is there.</param>
    public static WebApplication Build(IConfiguration configuration, Placement placement, Action<IServiceCollection> engines)
    {
        var modules = placement.Hosted;
        var contracts = modules.SelectMany(module => module.Contracts).ToList();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "rag" });
        builder.Configuration.AddConfiguration(configuration);
        builder.Configuration.AddInMemoryCollection([new("urls", "")]); // the framework would bind them once more
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listeners.Configure(kestrel, configuration));
        builder.WebHost.UseShutdownTimeout(TimeSpan.FromSeconds(5));
        AddLogging(builder.Logging, configuration, placement);

        var services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        services.AddRouting();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<IHostLifetime, StopSignals>();
        services.AddSingleton<MetricsEndpoint>();
        services.AddSingleton<ProcessEndpoints>();
        services.AddSingleton<PeerChannels>();
        services.AddSingleton(placement);
        services.AddTracing(configuration, placement);
        services.AddSingleton<FirstCalls>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<FirstCalls>());
        services.AddHostedService(provider => provider.GetRequiredService<FirstCalls>());
        services.AddRagOpenApi();
        engines(services);
        services.AddFaultPorts(configuration, placement);
        services.AddSeams(configuration, modules);
        foreach (var module in modules)
        {
            services.AddSingleton(new HostedService(module.Name));
            module.Register(services, configuration);
        }

        foreach (var contract in contracts)
            contract.Accept(new SeamRegistration(services));
        foreach (var remote in placement.Remote)
            foreach (var contract in remote.Module.Contracts)
                contract.Accept(new RemoteRegistration(services, remote.Addresses));
        var reached = ServicePort.Address(configuration) is not null;
        if (reached)
            ServicePort.Register(services, configuration, contracts);

        var app = builder.Build();
        // First of all: what is measured while services are made (a model's loading) would be lost.
        var metrics = app.Services.GetRequiredService<MetricsEndpoint>();
        app.Services.GetService<TracerProvider>(); // spans are made from now on, and sent until the process ends
        foreach (var module in modules)
            module.Map(app);
        if (reached)
            ServicePort.Map(app, configuration, contracts);
        if (placement.Hosts("gateway"))
            app.MapRagOpenApi();
        else
            app.Services.GetRequiredService<ProcessEndpoints>().Map(app);
        metrics.Map(app);
        return app;
    }

    // Standard output belongs to the line that says where the server listens; no request is logged, and never a text or a key.
    private static void AddLogging(ILoggingBuilder logging, IConfiguration configuration, Placement placement)
    {
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
        logging.AddFilter("Grpc", LogLevel.None); // each refused call as an error of the server; what is one is logged by ContractService
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // what keeps the server from starting is told by the command, in one line
        logging.AddConfiguration(configuration.GetSection("logging"));
        if (configuration["log"] == EcsFormatter.FormatterName)
        {
            logging.Services.AddSingleton(ServiceIdentity.Of(placement));
            logging.Services.AddSingleton<ConsoleFormatter, EcsFormatter>();
            logging.AddConsole(console => console.FormatterName = EcsFormatter.FormatterName);
        }
        else if (configuration["log"] == "json")
            logging.AddJsonConsole();
        else
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
                console.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
