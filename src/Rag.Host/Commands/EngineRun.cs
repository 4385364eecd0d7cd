using Rag.Engines;
using Rag.Host.Serving;

namespace Rag.Host.Commands;

/// <summary>What commands that work on engines beside a server begin with: the configuration checked as a whole, and the engines that it chooses.</summary>
internal static class EngineRun
{
    /// <summary>Reads and checks the configuration.</summary>
    /// <param name="config">The configuration file; null for the usual one.</param>
    /// <param name="data">The data folder; null for the configured one.</param>
    /// <exception cref="CommandException">Mistakes in it, all at once; or the data folder can't be written.</exception>
    public static (EngineContext Context, IReadOnlyList<Engine> Engines) Read(string? config, string? data)
    {
        var arguments = new Dictionary<string, string?>();
        arguments.SetIfGiven("config", config is null ? null : Path.GetFullPath(config));
        arguments.SetIfGiven("data", data);
        var configuration = Settings.Read(arguments);
        Server.Explained(() => SettingCatalogue.Check(configuration));
        var context = new EngineContext(configuration, DataFolder.Prepare(configuration["data"]!), static _ => true, TimeProvider.System);
        return (context, Server.Explained(() => EngineCatalogue.Chosen(context)));
    }
}
