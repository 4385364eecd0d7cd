using Rag.Bench.Engines;

namespace Rag.Bench.Resilience;

/// <summary>Connections to an engine over one outage.</summary>
/// <param name="Before">Before it, as the server counts.</param>
/// <param name="Most">The most sockets at any moment of it and of the return, as the kernel counts.</param>
/// <param name="After">At the end, as the server counts.</param>
internal readonly record struct EngineConnections(int Before, int Most, int After);

/// <summary>Counts connections to an engine while something else happens.</summary>
internal sealed class EngineWatch(EngineStack stack, string engine)
{
    public async Task<(T Result, EngineConnections Connections)> OverAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        var before = await stack.ConnectionsAsync(engine, cancellationToken);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var most = MostAsync(watching.Token);
        var result = await work();
        await watching.CancelAsync();
        return (result, new EngineConnections(before, await most, await stack.ConnectionsAsync(engine, cancellationToken)));
    }

    private async Task<int> MostAsync(CancellationToken cancellationToken)
    {
        var most = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                most = Math.Max(most, stack.Sockets(engine));
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }

        return most;
    }
}
