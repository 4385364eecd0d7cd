using System.Net;
using Rag.Errors;
using StackExchange.Redis;

namespace Rag.Engines.Redis;

/// <summary>What <c>rag check</c> looks at in Redis.</summary>
internal static class RedisFindings
{
    private static readonly Version Oldest = new(6, 0);

    /// <summary>Connects and looks; the further findings are those of one engine.</summary>
    /// <param name="options">How to reach it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="further">Looks at one server's <c>INFO</c>, by section and name.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    public static async Task<IReadOnlyList<Finding>> OfAsync(
        RedisOptions options, TimeProvider time, Func<IReadOnlyDictionary<string, string>, IEnumerable<Finding>> further, CancellationToken cancellationToken)
    {
        await using var connection = new RedisConnection(options with { Timeout = TimeSpan.FromSeconds(2), Admin = true }, time);
        try
        {
            await connection.CallAsync("redis", database => database.PingAsync(), cancellationToken).ConfigureAwait(false);
            var multiplexer = await connection.ConnectAsync().ConfigureAwait(false);
            var findings = new List<Finding>();
            foreach (var server in multiplexer.GetServers().Where(server => server.IsConnected && !server.IsReplica))
                findings.AddRange(await LookAsync(server, further).WaitAsync(TimeSpan.FromSeconds(2), time, cancellationToken).ConfigureAwait(false));
            return findings;
        }
        catch (Exception error) when (error is RagException or RedisException or TimeoutException)
        {
            var cause = (error as RagException)?.InnerException is RedisConnectionException inner ? inner.FailureType.ToString() : error.GetType().Name;
            return [new Finding(false, $"Redis at {Addresses(options)} did not answer ({cause}): {(error is RagException ? error.Message : "the connection broke")}",
                "start Redis, or correct redis:connection (address, password, ssl)")];
        }
    }

    private static async Task<IReadOnlyList<Finding>> LookAsync(IServer server, Func<IReadOnlyDictionary<string, string>, IEnumerable<Finding>> further)
    {
        var info = (await server.InfoAsync().ConfigureAwait(false)).SelectMany(section => section).DistinctBy(pair => pair.Key).ToDictionary(pair => pair.Key, pair => pair.Value);
        var version = Version.TryParse(info.GetValueOrDefault("redis_version"), out var known) ? known : new Version(0, 0);
        var findings = new List<Finding>
        {
            new(version >= Oldest, $"Redis {version} at {Address(server.EndPoint)}, {info.GetValueOrDefault("used_memory_human", "?")} in use",
                version >= Oldest ? null : $"Redis {Oldest} or later is needed"),
        };
        findings.AddRange(further(info));
        return findings;
    }

    private static string Addresses(RedisOptions options) => string.Join(',', options.Client().EndPoints.Select(Address));

    private static string Address(EndPoint endpoint) => endpoint switch { DnsEndPoint dns => $"{dns.Host}:{dns.Port}", _ => endpoint.ToString() ?? "?" };
}
