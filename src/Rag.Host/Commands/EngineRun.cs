using System.CommandLine;
using Rag.Engines;
using Rag.Host.Serving;

namespace Rag.Host.Commands;

/// <summary>What commands that work on engines beside a server begin with: where the configuration is, checked as a whole, and the engines that it chooses.</summary>
internal sealed class EngineRun
{
    private readonly Option<string?> _config = new("--config") { Description = "The configuration file. Default: rag.yaml in the working folder, where there is one" };
    private readonly Option<string?> _data = new("--data") { Description = "The data folder. Default ./rag-data" };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_config);
        command.Options.Add(_data);
    }

    /// <summary>Reads and checks the configuration that the options name.</summary>
    /// <exception cref="CommandException">As the other.</exception>
    public (EngineContext Context, IReadOnlyList<Engine> Engines) Read(ParseResult parsed) => Read(parsed.GetValue(_config), parsed.GetValue(_data));

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
