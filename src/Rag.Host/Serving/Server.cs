using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Rag.Crashes;
using Rag.Engines;
using Rag.Host.Wiring;
using Rag.Hosting;

namespace Rag.Host.Serving;

/// <summary>Runs <c>rag serve</c> from the arguments to the exit code.</summary>
internal static partial class Server
{
    /// <param name="arguments">Settings of the command line.</param>
    /// <param name="parent">Stop when this process is gone; null for none.</param>
    /// <param name="modules">The list of services.</param>
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> arguments, int? parent, IReadOnlyList<ServiceModule> modules)
    {
        var settings = Settings.Read(arguments);
        Explained(() => SettingCatalogue.Check(settings));
        Explained(() => FailpointSettings.Arm(settings));
        var placement = Explained(() => Placement.Read(settings, modules));
        var alone = Explained(() =>
        {
            var context = Engines(settings, placement, settings["data"]!);
            return placement.Hosted.Where(module => !EngineCatalogue.IsReplicable(module, context)).Select(module => module.Name).ToList();
        });
        using var data = DataFolder.Take(settings["data"]!, alone);
        var configuration = Settings.Read(new Dictionary<string, string?>(arguments) { ["data"] = data.Path });
        var engines = Engines(configuration, placement, data.Path);
        await using var app = Explained(() => RagApp.Build(configuration, placement, services => EngineCatalogue.Register(services, engines)));
        LogEngines(app, engines);
        await StartAsync(app).ConfigureAwait(false);

        var lifetime = app.Lifetime;
        if (parent is { } process)
            _ = new ParentWatch(process, lifetime, TimeProvider.System).RunAsync(lifetime.ApplicationStopping);
        await WaitUntilReadyAsync(app).ConfigureAwait(false);
        Announce(app, configuration);
        await app.WaitForShutdownAsync().ConfigureAwait(false);
        ThrowIfBroken(app);
        return ExitCode.Ok;
    }

    // A background service that fails stops the host, whose own word about it is not logged: without this the process would end as if it had been asked to.
    private static void ThrowIfBroken(WebApplication app)
    {
        foreach (var service in app.Services.GetServices<IHostedService>().OfType<BackgroundService>())
            if (service.ExecuteTask is { IsFaulted: true, Exception: { } error })
                throw new CommandException(ExitCode.InternalError, $"{service.GetType().Name} failed, and the process stopped: {error.GetBaseException()}", error);
    }

    /// <summary>What engines may know of this process.</summary>
    public static EngineContext Engines(IConfiguration configuration, Placement placement, string data) =>
        new(configuration, Path.GetFullPath(data), placement.Hosts, TimeProvider.System);

    /// <summary>As <see cref="Explained{T}"/>, for a step without a result.</summary>
    public static void Explained(Action step) => Explained<object?>(() =>
    {
        step();
        return null;
    });

    /// <summary>What a step that reads settings refuses, as an error of the command.</summary>
    public static T Explained<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (InvalidOperationException error) // what readers of settings throw: it names the setting, the value and the rule
        {
            throw new CommandException(ExitCode.InvalidArguments, error.Message, error);
        }
    }

    // Said once, before anything is opened: whoever looks for why it doesn't start sees what it was going to use.
    private static void LogEngines(WebApplication app, EngineContext context)
    {
        var used = EngineCatalogue.Chosen(context).Where(engine => engine.Services.Any(context.Hosts)).Select(engine => $"{engine.Seam} {engine.Name}").ToList();
        if (used.Count > 0)
            LogEngines(app.Logger, string.Join(", ", used));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Engines: {Engines}")]
    private static partial void LogEngines(ILogger logger, string engines);

    private static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync().ConfigureAwait(false);
            if (ServicePort.Address(app.Configuration) is { SocketPath: { } path })
                SocketFile.Protect(path);
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new CommandException(ExitCode.AddressUnavailable, $"{error.Message} Name another port, or port 0 for a free one.", error);
        }
        catch (InvalidOperationException error) // what a service found wrong only when it opened what its settings name, such as a model
        {
            throw new CommandException(ExitCode.InvalidArguments, error.Message, error);
        }
        catch (System.Net.Sockets.SocketException error)
        {
            throw new CommandException(ExitCode.AddressUnavailable, $"an address of --urls or --grpc can't be listened on: {error.Message}", error);
        }
    }

    private static async Task WaitUntilReadyAsync(WebApplication app)
    {
        var services = app.Services.GetServices<IReadiness>().ToList();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (services.Exists(service => service.Waiting is not null))
                await timer.WaitForNextTickAsync(app.Lifetime.ApplicationStopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Asked to stop while loading.
        }
    }

    private static void Announce(WebApplication app, IConfiguration configuration)
    {
        if (app.Lifetime.ApplicationStopping.IsCancellationRequested)
            return;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        var grpc = ServicePort.Address(configuration);
        var http1 = configuration["urls"]!.Split(';', StringSplitOptions.RemoveEmptyEntries).Length;
        var http = addresses.Count - (grpc is null ? 0 : 1); // listeners are announced in the order in which they were asked for
        for (var i = 0; i < addresses.Count; i++)
            Console.Out.WriteLine(i < http1 ? $"listening on {addresses[i]}"
                : i < http ? $"listening with HTTP/2 on {addresses[i]}"
                : $"listening for services on {(grpc!.SocketPath is null ? addresses[i] : grpc.Text)}");
        Console.Out.Flush();
    }
}
