using System.Runtime.CompilerServices;
using Rag.Errors;
using Rag.Seams.Faults;

namespace Rag.Seams;

/// <summary>
/// The service in this process: calls are plain method calls. It is the service's own door, where injected faults are: the seam and, from elsewhere, the gRPC server
/// both call through it.
/// </summary>
/// <param name="service">The implementation.</param>
/// <param name="faults">The process's faults; null where there are none ever.</param>
public sealed class LocalPeer<TService>(TService service, FaultBoard? faults = null) : IPeer<TService> where TService : class
{
    /// <inheritdoc/>
    public string Address => "local";

    /// <inheritdoc/>
    public ValueTask<TReply> CallAsync<TRequest, TReply>(
        UnaryCall<TService, TRequest, TReply> call, TRequest request, TimeSpan? allowed, CancellationToken cancellationToken) =>
        faults is null || faults.IsQuiet ? call.InvokeAsync(service, request, cancellationToken) : MeetAsync(faults, call, request, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        StreamCall<TService, TRequest, TItem> call, TRequest request, TimeSpan? allowed, Action? accepted, CancellationToken cancellationToken)
    {
        if (faults is not null && !faults.IsQuiet)
            return MeetAsync(faults, call, request, accepted, cancellationToken);
        accepted?.Invoke();
        return call.Invoke(service, request, cancellationToken);
    }

    private async ValueTask<TReply> MeetAsync<TRequest, TReply>(
        FaultBoard faults, UnaryCall<TService, TRequest, TReply> call, TRequest request, CancellationToken cancellationToken)
    {
        await faults.MeetAsync(call.Service, call.Name, cancellationToken).ConfigureAwait(false);
        return await call.InvokeAsync(service, request, cancellationToken).ConfigureAwait(false);
    }

    private async IAsyncEnumerable<TItem> MeetAsync<TRequest, TItem>(
        FaultBoard faults, StreamCall<TService, TRequest, TItem> call, TRequest request, Action? accepted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int? cutAfter = null;
        foreach (var fault in faults.Draw(call.Service, call.Name))
        {
            await fault.MeetAsync(cancellationToken).ConfigureAwait(false);
            cutAfter = fault.CutAfter ?? cutAfter;
        }

        accepted?.Invoke();
        var items = 0;
        await foreach (var item in call.Invoke(service, request, cancellationToken).ConfigureAwait(false))
        {
            if (items++ == cutAfter)
                throw new RagException(RagError.Unavailable, $"{call.Service}: cut after {cutAfter} items by an injected fault");
            yield return item;
        }
    }
}
