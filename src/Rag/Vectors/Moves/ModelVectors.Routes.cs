using Microsoft.Extensions.Logging;
using Rag.Errors;

namespace Rag.Vectors.Moves;

/// <summary>How a plan becomes open indexes, and how calls find them.</summary>
internal sealed partial class ModelVectors
{
    /// <summary>When a plan that others may change is read again, beside the calls.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    /// <summary>From when on a write waits for that: well below the least time that an old index is kept.</summary>
    private static readonly TimeSpan TooOld = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _turn = new(1); // whoever changes the plan, or what is open
    private readonly Dictionary<int, IVectors> _open = [];
    private Routes? _routes;
    private long _readAt;
    private int _refreshing;
    private bool _disposed;

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_disposed)
                return;
            _disposed = true;
            _metrics?.Dispose();
            if (_routes is not null)
                await _routes.CloseAsync().ConfigureAwait(false);
            foreach (var index in _open.Values)
                await CloseAsync(index).ConfigureAwait(false);
            _open.Clear();
            await CloseAsync(_indexes).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask<Routes> EnterAsync(bool writes, CancellationToken cancellationToken)
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
            var routes = Volatile.Read(ref _routes);
            if (routes is null)
                routes = await RefreshAsync(cancellationToken).ConfigureAwait(false);
            else if (_indexes.IsShared && _time.GetElapsedTime(Volatile.Read(ref _readAt)) is var age && age > Fresh)
            {
                if (writes && age > TooOld)
                    routes = await RefreshAsync(cancellationToken).ConfigureAwait(false);
                else if (Interlocked.Exchange(ref _refreshing, 1) == 0)
                    _ = RefreshQuietlyAsync();
            }

            if (routes.TryEnter())
                return routes;
        }
    }

    /// <summary>Reads the plan again and goes by it.</summary>
    private async ValueTask<Routes> RefreshAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await AdoptAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task RefreshQuietlyAsync()
    {
        try
        {
            await RefreshAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (error is RagException or ObjectDisposedException)
        {
            // A server that is down: calls meet the same, and a write waits for the plan before long.
        }
        finally
        {
            Volatile.Write(ref _refreshing, 0);
        }
    }

    /// <summary>Goes by the plan as it is written, and waits until no call goes by the one before. In turn.</summary>
    private async ValueTask<Routes> AdoptAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var plan = await _indexes.ReadPlanAsync(cancellationToken).ConfigureAwait(false) ?? VectorPlan.First;
        var before = _routes;
        if (before?.Plan.Revision == plan.Revision)
        {
            Volatile.Write(ref _readAt, _time.GetTimestamp());
            return before;
        }

        var routes = new Routes(
            plan,
            await OpenAsync(plan.Active, cancellationToken).ConfigureAwait(false),
            plan.Next is { } next ? await OpenAsync(next, cancellationToken).ConfigureAwait(false) : null,
            plan.Retired is { } retired ? await OpenAsync(retired, cancellationToken).ConfigureAwait(false) : null);
        Volatile.Write(ref _routes, routes);
        Volatile.Write(ref _readAt, _time.GetTimestamp());
        if (before is not null)
            await before.CloseAsync().ConfigureAwait(false);
        foreach (var number in _open.Keys.Where(number => number != plan.Active && number != plan.Next && number != plan.Retired).ToList())
        {
            await CloseAsync(_open[number]).ConfigureAwait(false);
            _open.Remove(number);
        }

        return routes;
    }

    private async ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken)
    {
        if (!_open.TryGetValue(number, out var index))
            _open.Add(number, index = await _indexes.OpenAsync(number, cancellationToken).ConfigureAwait(false));
        return index;
    }

    private static async ValueTask CloseAsync(object index)
    {
        if (index is IAsyncDisposable later)
            await later.DisposeAsync().ConfigureAwait(false);
        else
            (index as IDisposable)?.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "vectors: begins to move from the model {From} to {To}, in an index of its own")]
    private partial void LogBegins(string from, string to);

    [LoggerMessage(Level = LogLevel.Warning, Message = "vectors: the move to the model {To} is called off; its index is dropped")]
    private partial void LogCalledOff(string to);

    [LoggerMessage(Level = LogLevel.Information, Message = "vectors: all {Documents} documents are in the new index; searches use the model {To} from now on")]
    private partial void LogSwitched(long documents, string to);

    [LoggerMessage(Level = LogLevel.Information, Message = "vectors: the index number {Number} is dropped")]
    private partial void LogDropped(int number);
}
