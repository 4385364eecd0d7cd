using System.Collections.Concurrent;
using Rag.Tests.Engines;
using Xunit;

[assembly: AssemblyFixture(typeof(EngineServers))]

namespace Rag.Tests.Engines;

/// <summary>One server of each engine for all tests of the assembly, started when first asked for. Tests keep apart by names of their own: databases, tenants, topics, prefixes.</summary>
public sealed class EngineServers : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Task<EngineServer>>> _servers = new();

    /// <summary>The engine's server; skips the test, by name and reason, where the engine isn't installed.</summary>
    internal Task<EngineServer> GetAsync(string engine) => _servers.GetOrAdd(engine, static name => new Lazy<Task<EngineServer>>(() =>
    {
        if (EngineServer.Missing(name) is { } reason)
            Assert.Skip(reason);
        return EngineServer.StartAsync(name);
    })).Value;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.Values)
            if (server.IsValueCreated && server.Value.IsCompletedSuccessfully)
                await (await server.Value).DisposeAsync();
    }
}
