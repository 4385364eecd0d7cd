namespace Rag.Host.Serving;

/// <summary>Where configuration comes from, each over the one before: defaults, appsettings.json, the environment (RAG_…), arguments.</summary>
internal static class Settings
{
    public const string DefaultUrl = "http://127.0.0.1:8080";

    public static IConfigurationRoot Read(IEnumerable<KeyValuePair<string, string?>> arguments)
    {
        try
        {
            return new ConfigurationBuilder()
                .AddInMemoryCollection(new Dictionary<string, string?> { ["data"] = "rag-data", ["urls"] = DefaultUrl })
                .AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true, reloadOnChange: false)
                .AddEnvironmentVariables("RAG_")
                .AddInMemoryCollection(arguments)
                .Build();
        }
        catch (InvalidDataException error)
        {
            throw new CommandException(ExitCode.InvalidArguments, $"{error.Message} {error.InnerException?.Message}", error);
        }
    }
}
