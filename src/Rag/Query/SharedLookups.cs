using Rag.Caching;
using Rag.Seams;

namespace Rag.Query;

/// <summary>A reply of the cache, and the lease that it was asked with.</summary>
internal readonly record struct Looked(CacheReply Reply, Guid Lease);

/// <summary>
/// Lookups of one key from this process, few however many ask: who comes while one is on its way waits for the next, which leaves when that one is back. So a
/// crowd costs a call or two, and nobody gets a reply from before it asked. Of those who share a reply one gets its lease; the others are told Busy.
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="time">The clock.</param>
/// <param name="abandon">Gives back a lease that may have been granted in a reply that was lost; must not wait.</param>
internal sealed class SharedLookups(ICaching cache, TimeProvider time, Action<CacheLease> abandon)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, string Key), List<TaskCompletionSource<Looked>>?> _onTheirWay = [];

    /// <summary>Looks a key up without waiting for those who compute it.</summary>
    /// <exception cref="Errors.RagException">The cache did not answer.</exception>
    public ValueTask<Looked> LookAsync(string tenant, string key, CancellationToken cancellationToken)
    {
        TaskCompletionSource<Looked>? place = null;
        lock (_lock)
            if (_onTheirWay.TryGetValue((tenant, key), out var next))
                (_onTheirWay[(tenant, key)] = next ?? []).Add(place = new TaskCompletionSource<Looked>(TaskCreationOptions.RunContinuationsAsynchronously));
            else
                _onTheirWay.Add((tenant, key), null);
        return place is null ? FirstAsync(tenant, key, cancellationToken) : JoinAsync(place, cancellationToken);
    }

    private async ValueTask<Looked> FirstAsync(string tenant, string key, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(tenant, key, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Next(tenant, key);
        }
    }

    private static async ValueTask<Looked> JoinAsync(TaskCompletionSource<Looked> place, CancellationToken cancellationToken)
    {
        await using var leaving = cancellationToken.UnsafeRegister(static (p, token) => ((TaskCompletionSource<Looked>)p!).TrySetCanceled(token), place).ConfigureAwait(false);
        return await place.Task.ConfigureAwait(false);
    }

    private void Next(string tenant, string key)
    {
        List<TaskCompletionSource<Looked>>? waiting;
        lock (_lock)
        {
            if (!_onTheirWay.Remove((tenant, key), out waiting) || waiting is null)
                return;
            _onTheirWay.Add((tenant, key), null);
        }

        _ = TogetherAsync(tenant, key, waiting);
    }

    private async Task TogetherAsync(string tenant, string key, List<TaskCompletionSource<Looked>> waiting)
    {
        try
        {
            // For all of them: not within the time of whoever was first. The seam bounds it.
            CallScope.Enter(time, null, Priority.Interactive);
            var (reply, lease) = await AskAsync(tenant, key, CancellationToken.None).ConfigureAwait(false);
            var leased = reply.State == CacheState.Lead || reply.Refresh;
            var others = reply with { State = reply.State == CacheState.Lead ? CacheState.Busy : reply.State, Refresh = false, Stale = false };
            foreach (var place in waiting)
                if (place.TrySetResult(new Looked(leased ? reply : others, lease)))
                    leased = false;
            if (leased)
                abandon(new CacheLease(tenant, key, lease)); // all of them have gone
        }
        catch (Exception error)
        {
            foreach (var place in waiting)
                if (place.TrySetException(error))
                    _ = place.Task.Exception;
        }
        finally
        {
            Next(tenant, key);
        }
    }

    private async ValueTask<Looked> AskAsync(string tenant, string key, CancellationToken cancellationToken)
    {
        var lease = Guid.NewGuid();
        try
        {
            return new Looked(await cache.GetOrLeadAsync(new CacheLookup(tenant, key, lease, TimeSpan.Zero), cancellationToken).ConfigureAwait(false), lease);
        }
        catch (Exception)
        {
            abandon(new CacheLease(tenant, key, lease));
            throw;
        }
    }
}
