using System.Globalization;
using Rag.Hosting;

namespace Rag.Host.Supervising;

/// <summary>Services that share a process of <c>rag up</c>; one by itself is the usual case.</summary>
/// <param name="Modules">The services. The process is called after the first.</param>
internal sealed record ServiceGroup(IReadOnlyList<ServiceModule> Modules)
{
    /// <summary>What the process is called.</summary>
    public string Name => Modules[0].Name;

    /// <summary>The services' names.</summary>
    public IReadOnlyList<string> Services { get; } = [.. Modules.Select(module => module.Name)];

    /// <summary>Whether a service is one of them.</summary>
    public bool Has(string service) => Services.Contains(service);
}

/// <summary>
/// Which services share a process: <c>--together gateway,query,search</c>, or <c>together</c> in the configuration, a list of such lists. What shares a process calls each other without
/// a network, which is what a machine with few processors wants, and fails together.
/// </summary>
internal static class ServiceGroups
{
    private const string Section = "together";

    /// <summary>The option's values as settings, <c>together:0</c>, <c>together:1</c>, … → names as written.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Settings(IReadOnlyList<string> values) =>
        values.Select((value, at) => KeyValuePair.Create<string, string?>(string.Create(CultureInfo.InvariantCulture, $"{Section}:{at}"), value));

    /// <summary>Every service in its process.</summary>
    /// <param name="configuration">Who is together.</param>
    /// <param name="modules">The services.</param>
    /// <param name="replicas">How many there are of each.</param>
    /// <returns>Dependencies before those who depend on them, so the reverse is the order in which to stop.</returns>
    /// <exception cref="CommandException">Services that don't exist, are named twice or have replicas, and groups that would wait for each other: all problems at once.</exception>
    public static IReadOnlyList<ServiceGroup> Read(IConfiguration configuration, IReadOnlyList<ServiceModule> modules, IReadOnlyDictionary<string, int> replicas)
    {
        var problems = new List<string>();
        var groups = new List<ServiceGroup>();
        foreach (var line in configuration.GetSection(Section).GetChildren())
        {
            var members = new List<ServiceModule>();
            foreach (var name in Names(line))
            {
                var module = modules.FirstOrDefault(m => m.Name == name);
                if (module is null)
                    problems.Add($"together: '{name}' is no service; expected some of {string.Join(", ", modules.Select(m => m.Name).Order(StringComparer.Ordinal))}");
                else if (members.Contains(module) || groups.Exists(other => other.Has(name)))
                    problems.Add($"together: '{name}' is named twice; a service runs in one process");
                else if (replicas[name] > 1)
                    problems.Add(string.Create(CultureInfo.InvariantCulture, $"together: '{name}' is not permitted, since it has replicas ({name}={replicas[name]}); leave it out here, or there"));
                else
                    members.Add(module);
            }

            if (members.Count > 0)
                groups.Add(new ServiceGroup(members));
        }

        groups.AddRange(modules.Where(module => !groups.Exists(group => group.Has(module.Name))).Select(module => new ServiceGroup([module])).ToList());
        var ordered = Ordered(groups, problems);
        return problems.Count == 0 ? ordered : throw new CommandException(ExitCode.InvalidArguments, string.Join(Environment.NewLine, problems));
    }

    /// <summary>
    /// The services that must run before a group does and that are not in it. The gateway's waits for all: it opens when all is ready and closes first, and knows where everyone is, also those
    /// it never calls: ingestion works for uploads that it takes in, and faults are handed out there.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="all">All groups.</param>
    public static IEnumerable<string> Before(ServiceGroup group, IEnumerable<ServiceGroup> all) =>
        (group.Has(FleetPlan.Gateway) ? all.SelectMany(other => other.Services) : group.Modules.SelectMany(module => module.DependsOn))
        .Where(name => !group.Has(name)).Distinct().Order(StringComparer.Ordinal);

    private static List<ServiceGroup> Ordered(List<ServiceGroup> groups, List<string> problems)
    {
        var ordered = new List<ServiceGroup>(groups.Count);
        var left = groups.ToList();
        while (left.Count > 0)
        {
            var next = left.FindAll(group => !Before(group, groups).Any(name => left.Exists(other => other.Has(name))));
            if (next.Count == 0)
            {
                problems.Add(Circle(left));
                break;
            }

            ordered.AddRange(next);
            left.RemoveAll(next.Contains);
        }

        return ordered;
    }

    /// <param name="left">Groups of which each waits for another.</param>
    private static string Circle(List<ServiceGroup> left)
    {
        // Whom nobody waits for is not what holds it up.
        while (left.FindAll(group => !left.Exists(other => Before(other, left).Any(group.Has))) is { Count: > 0 } free)
            left.RemoveAll(free.Contains);

        return "together: these processes would wait for each other to start: " + string.Join("; ", left.Select(Needs)) + "; put what needs each other into one process";

        string Needs(ServiceGroup group) =>
            $"{string.Join('+', group.Services)} needs {string.Join(", ", Before(group, left).Where(name => left.Exists(other => other.Has(name))))}";
    }

    // A line of names, or a list in the list.
    private static IEnumerable<string> Names(IConfigurationSection line) =>
        line.GetChildren().Select(child => child.Value).Prepend(line.Value).OfType<string>()
            .SelectMany(names => names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
