using Rag.Host.Wiring.Remote;
using Rag.Hosting;

namespace Rag.Host.Wiring;

/// <summary>Which services this process hosts, and where the others are.</summary>
/// <param name="Hosted">Their modules, in the order of the list of services.</param>
/// <param name="Remote">Services that a hosted one needs and that are elsewhere, with all their addresses.</param>
/// <param name="Peers">Every service whose addresses were given, needed or not, hosted here or not.</param>
internal sealed record Placement(IReadOnlyList<ServiceModule> Hosted, IReadOnlyList<RemoteService> Remote, IReadOnlyList<RemoteService> Peers)
{
    /// <summary>Whether a service is hosted here.</summary>
    public bool Hosts(string service) => Hosted.Any(module => module.Name == service);

    /// <summary>Reads <c>services</c> (default: all) and <c>peers:SERVICE</c>.</summary>
    /// <param name="configuration">All settings.</param>
    /// <param name="known">Every service that there is.</param>
    /// <exception cref="InvalidOperationException">All problems at once, one a line.</exception>
    public static Placement Read(IConfiguration configuration, IReadOnlyList<ServiceModule> known)
    {
        var problems = new List<string>();
        problems.AddRange(DependencyGraph.Problems(known));
        var hosted = ReadHosted(configuration["services"], known, problems);
        var peers = ReadPeers(configuration, known, problems);

        if (ServicePort.Read(configuration, out _) is { } wrong)
            problems.Add(wrong);

        var remote = new List<RemoteService>();
        foreach (var service in known.Where(module => !hosted.Contains(module)))
        {
            var users = hosted.Where(module => module.DependsOn.Contains(service.Name)).Select(module => module.Name).ToList();
            if (users.Count == 0)
                continue;
            if (peers.TryGetValue(service.Name, out var addresses))
                remote.Add(new RemoteService(service, addresses));
            else
                problems.Add($"{string.Join(" and ", users)} {(users.Count == 1 ? "needs" : "need")} {service.Name}, which this process neither hosts nor knows an address of; "
                    + $"name it in --services, or add --peer {service.Name}=ADDRESS");
        }

        return problems.Count == 0
            ? new Placement(hosted, remote, [.. known.Where(module => peers.ContainsKey(module.Name)).Select(module => new RemoteService(module, peers[module.Name]))])
            : throw new InvalidOperationException(string.Join(Environment.NewLine, problems.Distinct()));
    }

    private static List<ServiceModule> ReadHosted(string? names, IReadOnlyList<ServiceModule> known, List<string> problems)
    {
        if (names is null)
            return [.. known];
        var wanted = Split(names);
        if (wanted.Length == 0)
            problems.Add($"--services: names no service; expected some of {Names(known)}");
        problems.AddRange(wanted.Except(known.Select(module => module.Name)).Select(name => $"--services: there is no service '{name}'; the services are {Names(known)}"));
        return [.. known.Where(module => wanted.Contains(module.Name))];
    }

    private static Dictionary<string, IReadOnlyList<ServiceAddress>> ReadPeers(IConfiguration configuration, IReadOnlyList<ServiceModule> known, List<string> problems)
    {
        var peers = new Dictionary<string, IReadOnlyList<ServiceAddress>>();
        foreach (var section in configuration.GetSection("peers").GetChildren())
        {
            // From the environment names come as RAG_PEERS__VECTORS.
            if (known.FirstOrDefault(module => module.Name.Equals(section.Key, StringComparison.OrdinalIgnoreCase)) is not { } service)
            {
                problems.Add($"--peer {section.Key}: there is no service '{section.Key}'; expected SERVICE=ADDRESS[,ADDRESS…], and the services are {Names(known)}");
                continue;
            }

            var addresses = new List<ServiceAddress>();
            var texts = Split(section.Value ?? "");
            if (texts.Length == 0)
                problems.Add($"--peer {service.Name}: names no address; expected {service.Name}=ADDRESS[,ADDRESS…]");
            foreach (var text in texts.Distinct())
                if (ServiceAddress.Read(text, out var address) is { } problem)
                    problems.Add($"--peer {service.Name}: {problem}");
                else if (address is { SocketPath: null, Port: 0 })
                    problems.Add($"--peer {service.Name}: '{text}' is not permitted; a peer's port is 1–65535");
                else
                    addresses.Add(address!);
            peers[service.Name] = addresses;
        }

        return peers;
    }

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string Names(IReadOnlyList<ServiceModule> modules) => string.Join(", ", modules.Select(module => module.Name).Order(StringComparer.Ordinal));
}

/// <summary>A service in other processes.</summary>
/// <param name="Module">The service.</param>
/// <param name="Addresses">Each of its processes.</param>
internal sealed record RemoteService(ServiceModule Module, IReadOnlyList<ServiceAddress> Addresses);
