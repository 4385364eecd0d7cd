using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Rag.Engines.OpenAi;
using Rag.Engines.Sqlite;
using Rag.Engines.Sqlite.Identity;
using Rag.Hosting;

namespace Rag.Host.Serving;

/// <summary>Runs <c>rag serve</c> from the arguments to the exit code.</summary>
internal static class Server
{
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> arguments, int? parent)
    {
        var settings = Settings.Read(arguments);
        using var data = DataFolder.Take(settings["data"]!);
        var configuration = Settings.Read(new Dictionary<string, string?>(arguments) { ["data"] = data.Path });
        await using var app = Build(configuration, data.Path);
        await StartAsync(app).ConfigureAwait(false);

        var lifetime = app.Lifetime;
        if (parent is { } process)
            _ = new ParentWatch(process, lifetime, TimeProvider.System).RunAsync(lifetime.ApplicationStopping);
        await WaitUntilReadyAsync(app).ConfigureAwait(false);
        Announce(app, configuration);
        await app.WaitForShutdownAsync().ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private static WebApplication Build(IConfiguration configuration, string data)
    {
        try
        {
            return RagApp.Build(configuration, Modules.All, services => services
                .AddSqliteDocuments(Path.Combine(data, "documents"))
                .AddSqliteIdentity(Path.Combine(data, "identity"))
                .AddOpenAiGeneration(configuration));
        }
        catch (InvalidOperationException error) // what the modules' option readers throw: it names the setting, the value and the rule
        {
            throw new CommandException(ExitCode.InvalidArguments, error.Message, error);
        }
    }

    private static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new CommandException(ExitCode.AddressUnavailable, $"{error.Message} Name another port with --urls, or port 0 for a free one.", error);
        }
        catch (System.Net.Sockets.SocketException error)
        {
            throw new CommandException(ExitCode.AddressUnavailable, $"an address of --urls can't be listened on: {error.Message}", error);
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
        var http1 = configuration["urls"]!.Split(';', StringSplitOptions.RemoveEmptyEntries).Length;
        for (var i = 0; i < addresses.Count; i++)
            Console.Out.WriteLine(i < http1 ? $"listening on {addresses[i]}" : $"listening with HTTP/2 on {addresses[i]}");
        Console.Out.Flush();
    }
}
