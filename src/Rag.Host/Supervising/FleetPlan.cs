using System.Globalization;
using Rag.Hosting;

namespace Rag.Host.Supervising;

/// <summary>Which processes <c>rag up</c> runs, what each is told, and in which order they start.</summary>
internal static class FleetPlan
{
    private const string FreePort = "http://127.0.0.1:0";
    private const string Gateway = "gateway";
    private const string Ingestion = "ingestion";

    /// <param name="modules">The services.</param>
    /// <param name="replicas">How many of each.</param>
    /// <param name="gateway">Where the first gateway listens; further ones take free ports.</param>
    /// <param name="data">The data folder, which all share: each service keeps to a folder of its own in it.</param>
    /// <param name="sockets">Where the services are called.</param>
    /// <param name="parent">The process without which they stop.</param>
    /// <returns>Dependencies before those who depend on them, so the reverse is the order in which to stop.</returns>
    public static IReadOnlyList<ProcessPlan> Of(
        IReadOnlyList<ServiceModule> modules, IReadOnlyDictionary<string, int> replicas, Listening gateway, string data, SocketFolder sockets, int parent)
    {
        var plans = new List<ProcessPlan>();
        foreach (var module in Ordered(modules))
        {
            string[] common =
            [
                "serve", "--services", module.Name, "--data", data, "--parent", parent.ToString(CultureInfo.InvariantCulture),
                .. Before(module).Order(StringComparer.Ordinal).SelectMany(service => new[] { "--peer", $"{service}={Addresses(service)}" }),
                .. module.Name == Gateway ? ["--replicas-of-gateway", replicas[Gateway].ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
            ];
            foreach (var (name, replica) in Names(module.Name).Select((name, index) => (name, index + 1)))
            {
                // A worker that comes back under its name gets at once what it held when it died.
                string[] own = module.Name == Ingestion ? [.. common, "--worker", name] : common;
                var grpc = module.Name == Gateway ? null : sockets.Address(name);
                plans.Add(new ProcessPlan(
                    name, module.Name, replica, [.. Before(module).SelectMany(Names)], grpc,
                    module.Name == Gateway && replica == 1 ? gateway : new Listening([FreePort], []),
                    grpc is null ? own : [.. own, "--grpc", grpc]));
            }
        }

        return plans;

        // The gateway opens when all is ready and closes first, and knows where everyone is, also those it never calls: ingestion works for uploads that it takes
        // in, and faults are handed out there.
        IEnumerable<string> Before(ServiceModule module) =>
            module.Name == Gateway ? modules.Select(other => other.Name).Where(name => name != Gateway) : module.DependsOn;
        string Addresses(string service) => string.Join(',', Names(service).Select(sockets.Address));
        IEnumerable<string> Names(string service) => replicas[service] == 1
            ? [service]
            : Enumerable.Range(1, replicas[service]).Select(replica => string.Create(CultureInfo.InvariantCulture, $"{service}-{replica}"));
    }

    private static List<ServiceModule> Ordered(IReadOnlyList<ServiceModule> modules)
    {
        var ordered = new List<ServiceModule>(modules.Count);
        var left = modules.ToList();
        while (left.Count > 0)
        {
            var next = left.FindAll(module => !module.DependsOn.Any(name => left.Exists(other => other.Name == name)) && (module.Name != Gateway || left.Count == 1));
            if (next.Count == 0)
                throw new InvalidOperationException($"services depend on each other in a circle: {string.Join(", ", left.Select(module => module.Name))}");
            ordered.AddRange(next);
            left.RemoveAll(next.Contains);
        }

        return ordered;
    }
}
