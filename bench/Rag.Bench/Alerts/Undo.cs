namespace Rag.Bench.Alerts;

/// <summary>What undoes a fault.</summary>
internal sealed class Undo(Func<ValueTask> undo) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => undo();

    /// <summary>Work that goes on until the fault is undone; when it fails, undoing says so.</summary>
    public static IAsyncDisposable Running(Func<CancellationToken, Task> work)
    {
        var stop = new CancellationTokenSource();
        var running = Task.Run(() => work(stop.Token));
        return new Undo(async () =>
        {
            await stop.CancelAsync();
            try
            {
                await running;
            }
            catch (OperationCanceledException)
            {
                // As it was asked to.
            }

            stop.Dispose();
        });
    }

    /// <summary>Several faults as one: undone from the last to the first, each though another fails.</summary>
    public static IAsyncDisposable All(params IReadOnlyList<IAsyncDisposable> faults) => new Undo(async () =>
    {
        List<Exception> failures = [];
        foreach (var fault in faults.Reverse())
            try
            {
                await fault.DisposeAsync();
            }
            catch (Exception failure)
            {
                failures.Add(failure);
            }

        if (failures.Count > 0)
            throw new AggregateException(failures);
    });
}
