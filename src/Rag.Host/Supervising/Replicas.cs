using System.Globalization;
using Rag.Hosting;

namespace Rag.Host.Supervising;

/// <summary>How many processes each service gets: <c>--replicas embedding=2,query=2</c>, or <c>replicas:SERVICE</c> in the configuration. Default 1.</summary>
internal static class Replicas
{
    /// <summary>The most of one service on one machine.</summary>
    public const int Most = 16;

    /// <summary>The option's values as settings, each <c>replicas:SERVICE</c> → number as written.</summary>
    /// <exception cref="CommandException">A part is not <c>SERVICE=NUMBER</c>, or names a service twice.</exception>
    public static IReadOnlyDictionary<string, string?> Settings(IEnumerable<string> values)
    {
        var settings = new Dictionary<string, string?>();
        var problems = new List<string>();
        foreach (var part in values.SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || at == part.Length - 1)
                problems.Add($"--replicas: '{part}' is not permitted; expected SERVICE=NUMBER, such as embedding=2");
            else if (!settings.TryAdd($"replicas:{part[..at]}", part[(at + 1)..]))
                problems.Add($"--replicas: '{part[..at]}' is named twice; name it once");
        }

        return problems.Count == 0 ? settings : throw new CommandException(ExitCode.InvalidArguments, string.Join(Environment.NewLine, problems));
    }

    /// <summary>How many of each service.</summary>
    /// <param name="configuration">All settings.</param>
    /// <param name="modules">The services.</param>
    /// <param name="replicable">Whether a service may have several processes; what its module says by default.</param>
    /// <exception cref="CommandException">Numbers that are none, services that don't exist or can't have replicas: all problems at once.</exception>
    public static IReadOnlyDictionary<string, int> Read(IConfiguration configuration, IReadOnlyList<ServiceModule> modules, Func<ServiceModule, bool>? replicable = null)
    {
        var problems = new List<string>();
        var counts = modules.ToDictionary(module => module.Name, _ => 1);
        foreach (var setting in configuration.GetSection("replicas").GetChildren())
        {
            var module = modules.FirstOrDefault(m => m.Name == setting.Key);
            if (module is null)
                problems.Add($"replicas: '{setting.Key}' is no service; expected one of {string.Join(", ", modules.Select(m => m.Name).Order(StringComparer.Ordinal))}");
            else if (!int.TryParse(setting.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > Most)
                problems.Add($"replicas: '{setting.Key}={setting.Value}' is not permitted; expected a whole number from 1 to {Most}");
            else if (count > 1 && !(replicable ?? (static m => m.Replicable))(module))
                problems.Add($"replicas: '{setting.Key}={count}' is not permitted: {setting.Key} keeps its state in its own process; expected 1, or an engine that keeps it elsewhere");
            else
                counts[setting.Key] = count;
        }

        return problems.Count == 0 ? counts : throw new CommandException(ExitCode.InvalidArguments, string.Join(Environment.NewLine, problems));
    }
}
