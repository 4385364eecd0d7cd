using System.Collections.Concurrent;
using Rag.Caching;
using Rag.Errors;
using Rag.Limits;

namespace Rag.Tests.Caching;

/// <summary>A cache that can be down or frozen, as its callers' seams report it; and counts what it is told.</summary>
internal sealed class FaultyCaching(ICaching inner) : ICaching, IRateLimits
{
    private volatile TaskCompletionSource? _frozen;

    public bool Down { get; set; }

    public ConcurrentQueue<string> Told { get; } = new();

    /// <summary>Ends when a call has met the frozen cache.</summary>
    public TaskCompletionSource Met { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>From now on calls hang, whatever their tokens say; false lets them all go on.</summary>
    public bool Frozen
    {
        set
        {
            if (value)
            {
                Met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            else
            {
                var frozen = _frozen;
                _frozen = null;
                frozen?.TrySetResult();
            }
        }
    }

    public async ValueTask<CacheReply> GetOrLeadAsync(CacheLookup request, CancellationToken cancellationToken)
    {
        await PassAsync("look");
        return await inner.GetOrLeadAsync(request, cancellationToken);
    }

    public async ValueTask KeepAsync(CacheEntry entry, CancellationToken cancellationToken)
    {
        await PassAsync("keep");
        await inner.KeepAsync(entry, cancellationToken);
    }

    public async ValueTask AbandonAsync(CacheLease lease, CancellationToken cancellationToken)
    {
        await PassAsync("abandon");
        await inner.AbandonAsync(lease, cancellationToken);
    }

    public async ValueTask InvalidateAsync(IReadOnlyList<string> tenants, CancellationToken cancellationToken)
    {
        await PassAsync(string.Join(' ', tenants.Order()));
        await inner.InvalidateAsync(tenants, cancellationToken);
    }

    public async ValueTask<RateDecision> TakeAsync(RateTake request, CancellationToken cancellationToken)
    {
        await PassAsync("take");
        return new RateDecision(true, 7, default, default);
    }

    private async ValueTask PassAsync(string what)
    {
        if (Down)
            throw new RagException(RagError.Unavailable, "caching is down");
        if (_frozen is { } frozen)
        {
            Met.TrySetResult();
            await frozen.Task;
        }

        Told.Enqueue(what);
    }
}
