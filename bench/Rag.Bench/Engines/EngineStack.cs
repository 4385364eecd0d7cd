using System.Globalization;
using Npgsql;
using Rag.Tests.Conformance;
using Rag.Tests.Engines;

namespace Rag.Bench.Engines;

/// <summary>Servers of engines on free ports and throwaway data, and the settings of a system that uses them.</summary>
internal sealed class EngineStack : IAsyncDisposable
{
    private const int MostStarts = 3;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, EngineServer> _servers = [];
    private MockCluster? _mock;

    private EngineStack()
    {
    }

    /// <summary>The engines, in the order in which they were asked for.</summary>
    public IReadOnlyList<BenchEngine> Engines { get; private set; } = [];

    /// <summary>What the system's configuration must say.</summary>
    public IReadOnlyDictionary<string, string> Settings => Engines.SelectMany(engine => engine.Settings(AddressOf(engine))).ToDictionary();

    /// <summary>Names and versions.</summary>
    public string Versions => string.Join(", ", Engines.Select(engine => engine.Name == BenchEngine.Mock ? MockCluster.Version : EngineServer.VersionOf(engine.Name)));

    /// <summary>Each engine's process, the mock cluster's being this one.</summary>
    public IEnumerable<(string Engine, int ProcessId)> Processes =>
        Engines.Select(engine => (engine.Name, engine.Name == BenchEngine.Mock ? Environment.ProcessId : this[engine.Name].ProcessId));

    /// <summary>An engine's server.</summary>
    public EngineServer this[string engine] => _servers[engine];

    /// <summary>Starts them.</summary>
    /// <param name="engines">Which, by name.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <param name="yields">Whether they yield the processor to whoever measures, as the RAG system does where Loadline starts it.</param>
    /// <exception cref="InvalidOperationException">One is not installed here, or does not start; the message names it.</exception>
    public static async Task<EngineStack> StartAsync(IEnumerable<string> engines, CancellationToken cancellationToken, bool yields = false)
    {
        var stack = new EngineStack { Engines = [.. engines.Select(BenchEngine.Of)] };
        try
        {
            foreach (var engine in stack.Engines)
            {
                if (engine.Name == BenchEngine.Mock)
                {
                    stack._mock = new MockCluster();
                    continue;
                }

                if (EngineServer.Missing(engine.Name) is { } why)
                    throw new InvalidOperationException(why);
                stack._servers[engine.Name] = await EngineServer.StartAsync(engine.Name, yields: yields);
                await stack.ReadyAsync(engine.Name, cancellationToken);
            }

            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server that was killed or stopped, and waits until it answers.</summary>
    public async Task StartAgainAsync(string engine, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
            try
            {
                await this[engine].StartAgainAsync();
                break;
            }
            catch (InvalidOperationException) when (tries < MostStarts)
            {
                // As whoever supervises a server does: what a kill left behind may keep the first start from its port or its lock.
                await this[engine].KillAsync();
            }

        await ReadyAsync(engine, cancellationToken);
    }

    /// <summary>Connections of the system to an engine: as the server counts them where it does, else as the kernel does.</summary>
    public async Task<int> ConnectionsAsync(string engine, CancellationToken cancellationToken) => engine switch
    {
        "postgres" or "pgvector" => await AskPostgresAsync(engine, "SELECT count(*)::integer FROM pg_stat_activity WHERE application_name='rag'", cancellationToken),
        "redis" => await RedisClients.CountAsync(this[engine].Port, cancellationToken),
        _ => Sockets(engine),
    };

    /// <summary>Sockets of this machine that are connected to an engine.</summary>
    public int Sockets(string engine) => Connections.To(this[engine].Port);

    public async ValueTask DisposeAsync()
    {
        _mock?.Dispose();
        foreach (var server in _servers.Values)
            await server.DisposeAsync();
    }

    private EngineAddress AddressOf(BenchEngine engine)
    {
        if (engine.Name != BenchEngine.Mock)
            return new EngineAddress("127.0.0.1", this[engine.Name].Port);
        var first = _mock!.Servers.Split(',')[0].Split(':');
        return new EngineAddress(first[0], int.Parse(first[1], CultureInfo.InvariantCulture));
    }

    // PostgreSQL listens while it still recovers.
    private async Task ReadyAsync(string engine, CancellationToken cancellationToken)
    {
        if (engine is not ("postgres" or "pgvector"))
            return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        while (true)
            try
            {
                await AskPostgresAsync(engine, "SELECT 1", limit.Token);
                return;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(20, limit.Token);
            }
    }

    private async Task<int> AskPostgresAsync(string engine, string question, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={this[engine].Port};Database=postgres;Username=postgres;Pooling=false;Application Name=bench;Timeout=5");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(question, connection);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
