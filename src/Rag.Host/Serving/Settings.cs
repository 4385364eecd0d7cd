using Rag.Hosting;

namespace Rag.Host.Serving;

/// <summary>Where configuration comes from, each over the one before: defaults, appsettings.json, rag.yaml, the environment (RAG_…), arguments.</summary>
internal static class Settings
{
    public const string DefaultUrl = "http://127.0.0.1:8080";

    /// <summary>One value that stands by itself.</summary>
    /// <exception cref="InvalidOperationException">It is not permitted.</exception>
    public static T One<T>(IConfiguration configuration, Setting<T> setting)
    {
        var reader = new SettingsReader(configuration);
        var value = reader.Read(setting);
        reader.ThrowIfWrong();
        return value;
    }

    public static IConfigurationRoot Read(IEnumerable<KeyValuePair<string, string?>> arguments)
    {
        var given = arguments.ToList();
        try
        {
            return new ConfigurationBuilder()
                .AddInMemoryCollection(new Dictionary<string, string?> { ["data"] = "rag-data", ["urls"] = DefaultUrl })
                .AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true, reloadOnChange: false)
                .AddInMemoryCollection(SettingsFile.Read(given.Find(argument => argument.Key == "config").Value ?? Environment.GetEnvironmentVariable("RAG_CONFIG")))
                .AddEnvironmentVariables("RAG_")
                .AddInMemoryCollection(given)
                .Build();
        }
        catch (InvalidDataException error)
        {
            throw new CommandException(ExitCode.InvalidArguments, $"{error.Message} {error.InnerException?.Message}", error);
        }
    }
}
