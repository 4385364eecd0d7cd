using System.Globalization;

namespace Rag.Host.Supervising;

/// <summary>Which processes <c>rag up</c> runs, what each is told, and in which order they start.</summary>
internal static class FleetPlan
{
    /// <summary>The service whose process opens last.</summary>
    public const string Gateway = "gateway";

    private const string FreePort = "http://127.0.0.1:0";
    private const string Ingestion = "ingestion";

    /// <param name="groups">The services, by the process that they run in, dependencies first.</param>
    /// <param name="replicas">How many of each service.</param>
    /// <param name="gateway">Where the first gateway listens; further ones take free ports.</param>
    /// <param name="data">The data folder, which all share: each service keeps to a folder of its own in it.</param>
    /// <param name="sockets">Where the services are called.</param>
    /// <param name="parent">The process without which they stop.</param>
    /// <returns>Dependencies before those who depend on them, so the reverse is the order in which to stop.</returns>
    public static IReadOnlyList<ProcessPlan> Of(
        IReadOnlyList<ServiceGroup> groups, IReadOnlyDictionary<string, int> replicas, Listening gateway, string data, SocketFolder sockets, int parent)
    {
        var plans = new List<ProcessPlan>();
        foreach (var group in groups)
        {
            var isGateway = group.Has(Gateway);
            var before = ServiceGroups.Before(group, groups).ToList();
            string[] common =
            [
                "serve", "--services", string.Join(',', group.Services), "--data", data, "--parent", parent.ToString(CultureInfo.InvariantCulture),
                .. before.SelectMany(service => new[] { "--peer", $"{service}={Addresses(service)}" }),
                .. isGateway ? ["--replicas-of-gateway", replicas[Gateway].ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
            ];
            foreach (var (name, replica) in Names(group).Select((name, index) => (name, index + 1)))
            {
                // A worker that comes back under its name gets at once what it held when it died, whoever shares its process now.
                string[] own = group.Has(Ingestion) ? [.. common, "--worker", group.Name == Ingestion ? name : Ingestion] : common;
                // Nobody calls what is in the gateway's process: all others have started before it.
                var grpc = isGateway ? null : sockets.Address(name);
                plans.Add(new ProcessPlan(
                    name, group.Name, replica, [.. before.SelectMany(service => Names(HostOf(service))).Distinct()], grpc,
                    isGateway && replica == 1 ? gateway : new Listening([FreePort], []),
                    grpc is null ? own : [.. own, "--grpc", grpc])
                {
                    Services = group.Services,
                });
            }
        }

        return plans;

        ServiceGroup HostOf(string service) => groups.First(group => group.Has(service));
        string Addresses(string service) => string.Join(',', Names(HostOf(service)).Select(sockets.Address));
        IEnumerable<string> Names(ServiceGroup group) => replicas[group.Name] == 1
            ? [group.Name]
            : Enumerable.Range(1, replicas[group.Name]).Select(replica => string.Create(CultureInfo.InvariantCulture, $"{group.Name}-{replica}"));
    }
}
