using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Rag.Crashes;
using Rag.Engines;
using Rag.Host.Telemetry;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Host.Serving;

/// <summary>Every value that the configuration may hold, and the check of a configuration as a whole.</summary>
internal static class SettingCatalogue
{
    /// <summary>All settings by section: those of the process, of the choice of engines, of each service, of each engine, of calls between services. A path is there once in each, or once for each meaning that it has to engines of one section.</summary>
    public static IReadOnlyList<(string Title, IReadOnlyList<Setting> Settings)> Sections { get; } = Gather();

    /// <summary>What is wrong with a configuration: values that are not permitted, and names that nothing reads.</summary>
    /// <param name="configuration">All of it.</param>
    /// <param name="notes">Gets what is odd and harmless: names in the environment that nothing reads, which may be another program's.</param>
    /// <returns>All problems, a line each; empty when there are none.</returns>
    public static IReadOnlyList<string> Problems(IConfigurationRoot configuration, List<string> notes)
    {
        var known = Sections.SelectMany(section => section.Settings).ToList();
        var byPath = known.GroupBy(setting => setting.Path, StringComparer.OrdinalIgnoreCase).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.OrdinalIgnoreCase);
        var sections = known.Where(setting => setting.IsSection).Select(setting => setting.Path + ":").ToList();
        var problems = new List<string>();
        foreach (var (path, text) in configuration.AsEnumerable())
        {
            if (text is not { Length: > 0 })
                continue;
            if (byPath.TryGetValue(path, out var settings))
            {
                // One name of two engines may mean more to one than to the other: the one that is chosen judges when it reads.
                if (!settings.Exists(setting => setting.Permits(text)))
                    problems.Add($"{path}: {(settings.Exists(setting => setting.Secret) ? "the value" : $"'{text}'")} is not permitted; expected {settings[0].Rule}");
            }
            else if (!sections.Exists(section => path.StartsWith(section, StringComparison.OrdinalIgnoreCase)))
            {
                var nearest = Nearest(path, byPath.Keys);
                var remedy = nearest is null ? "docs/configuration.md lists what is" : $"did you mean {nearest}?";
                if (IsOfEnvironmentAlone(configuration, path))
                    notes.Add($"RAG_{path.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant()} in the environment is read by nothing; {remedy}");
                else
                    problems.Add($"{path}: there is no such setting; {remedy}");
            }
        }

        return problems;
    }

    /// <summary>Throws when the configuration holds mistakes; tells of oddities on standard error.</summary>
    /// <exception cref="InvalidOperationException">All problems, a line each.</exception>
    public static void Check(IConfigurationRoot configuration)
    {
        var notes = new List<string>();
        var problems = Problems(configuration, notes);
        foreach (var note in notes)
            Console.Error.WriteLine($"rag: {note}");
        if (problems.Count > 0)
            throw new InvalidOperationException(string.Join(Environment.NewLine, problems));
    }

    private static List<(string Title, IReadOnlyList<Setting> Settings)> Gather()
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var sections = new List<(string, IReadOnlyList<Setting>)>();
        Add("The process", ProcessSettings.All);
        Add("Engines", EngineCatalogue.Choices);
        foreach (var module in Modules.All.OrderBy(module => module.Name, StringComparer.Ordinal))
            Add($"The service {module.Name}", module.Settings);
        foreach (var engines in EngineCatalogue.All.GroupBy(engine => engine.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
            Add($"The engine {engines.Key}", [.. engines.SelectMany(engine => engine.Settings)]);
        Add("The embedding model to move to", EngineCatalogue.NextEmbedding);
        Add("Calls between services", SeamOptions.Settings);
        Add("Traces", TelemetrySettings.All);
        Add("Tests of crashes", FailpointSettings.All);
        return sections;

        void Add(string title, IReadOnlyList<Setting> settings)
        {
            var added = settings.Where(setting => seen.Add($"{title}|{setting.Path}|{setting.Description}")).ToList();
            if (added.Count > 0)
                sections.Add((title, added));
        }
    }

    private static bool IsOfEnvironmentAlone(IConfigurationRoot configuration, string path) =>
        configuration.Providers.All(provider => provider is EnvironmentVariablesConfigurationProvider || !provider.TryGet(path, out _));

    /// <summary>The known path that is most like another, if any is alike.</summary>
    private static string? Nearest(string path, IEnumerable<string> known)
    {
        var bare = Bare(path);
        var best = known.Select(name => (Name: name, Distance: Distance(bare, Bare(name)))).OrderBy(pair => pair.Distance).ThenBy(pair => pair.Name, StringComparer.Ordinal).First();
        return best.Distance <= Math.Max(2, bare.Length / 4) ? best.Name : null;
    }

    // chunkTokens and chunk-tokens are chunk_tokens to a person.
    private static string Bare(string path) => path.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>The Levenshtein distance: insertions, deletions and exchanges of one letter.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
