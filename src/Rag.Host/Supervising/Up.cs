using Rag.Engines;
using Rag.Host.Serving;
using Rag.Host.Telemetry;

namespace Rag.Host.Supervising;

/// <summary>Runs <c>rag up</c> from the arguments to the exit code.</summary>
internal static class Up
{
    /// <param name="arguments">Settings of the command line, as <see cref="Settings"/> names them; the processes get them through their environment.</param>
    /// <param name="rules">How to supervise.</param>
    /// <param name="parent">Stop when this process is gone; null for none.</param>
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> arguments, SupervisionRules rules, int? parent)
    {
        var configuration = Settings.Read(arguments);
        Server.Explained(() => SettingCatalogue.Check(configuration));
        var engines = new EngineContext(configuration, Path.GetFullPath(configuration["data"]!), static _ => true, TimeProvider.System);
        var replicas = Server.Explained(() => Replicas.Read(configuration, Modules.All, module => EngineCatalogue.IsReplicable(module, engines)));
        var groups = Server.Explained(() => ServiceGroups.Read(configuration, Modules.All, replicas));
        using var data = DataFolder.Take(configuration["data"]!, ["up"], "'rag up'");
        using var sockets = SocketFolder.Create();
        var plans = FleetPlan.Of(groups, replicas, Gateway(configuration), data.Path, sockets, Environment.ProcessId);
        var log = LogLines.OfConsole(plans.Select(plan => plan.Name), configuration["log"] == EcsFormatter.FormatterName);

        using var supervisor = new Supervisor();
        using var probe = new HttpHealthProbe();
        var fleet = new Fleet(plans, new ProcessLauncher(ProcessEnvironment.Of(arguments), log), probe, rules, TimeProvider.System, log, supervisor.Wake);
        // However this process ends while it still can say so: a second Ctrl-C, an internal error.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => fleet.Kill();

        await using var status = StatusServer.Build(configuration["status_url"] ?? "http://127.0.0.1:0", configuration, fleet);
        Announce($"status on {await StatusServer.StartAsync(status).ConfigureAwait(false)}");
        var stop = status.Lifetime.ApplicationStopping;
        if (parent is { } process)
            _ = new ParentWatch(process, status.Lifetime, TimeProvider.System).RunAsync(stop);
        await supervisor.RunAsync(fleet, () => Announce([.. fleet.ListeningOf(FleetPlan.Gateway).SelectMany(gateway => gateway.Announcements())]), stop).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private static Listening Gateway(IConfiguration configuration) => new(Split(configuration["urls"]), Split(configuration["http2_urls"]));

    private static string[] Split(string? urls) => urls?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static void Announce(params IEnumerable<string> lines)
    {
        foreach (var line in lines)
            Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
