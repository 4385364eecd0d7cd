using System.Runtime.CompilerServices;
using Grpc.Core;
using Rag.Seams;

namespace Rag.Host.Wiring.Remote;

/// <summary>A service in another process, over gRPC.</summary>
internal sealed class RemotePeer<TService>(string service, ServiceAddress address, CallInvoker invoker, TimeProvider time) : IPeer<TService> where TService : class
{
    /// <inheritdoc/>
    public string Address => address.Text;

    /// <inheritdoc/>
    public async ValueTask<TReply> CallAsync<TRequest, TReply>(
        UnaryCall<TService, TRequest, TReply> call, TRequest request, TimeSpan? allowed, CancellationToken cancellationToken)
    {
        try
        {
            using var calling = invoker.AsyncUnaryCall(GrpcMethods.Of(call), null, Options(allowed, cancellationToken), new Message<TRequest>(request));
            return (await calling.ResponseAsync.ConfigureAwait(false)).Value;
        }
        catch (RpcException error)
        {
            throw RemoteFailure.FromStatus(error, service, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        StreamCall<TService, TRequest, TItem> call, TRequest request, TimeSpan? allowed, Action? accepted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Left early, the call is cancelled by its disposal, and the other side with it.
        using var calling = Start();
        await Translated(calling.ResponseHeadersAsync).ConfigureAwait(false);
        accepted?.Invoke();
        while (await Translated(calling.ResponseStream.MoveNext(cancellationToken)).ConfigureAwait(false))
            foreach (var item in calling.ResponseStream.Current.Items)
                yield return item;

        AsyncServerStreamingCall<Batch<TItem>> Start()
        {
            try
            {
                return invoker.AsyncServerStreamingCall(GrpcMethods.Of(call), null, Options(allowed, cancellationToken), new Message<TRequest>(request));
            }
            catch (RpcException error)
            {
                throw RemoteFailure.FromStatus(error, service, cancellationToken);
            }
        }

        async Task<T> Translated<T>(Task<T> step)
        {
            try
            {
                return await step.ConfigureAwait(false);
            }
            catch (RpcException error)
            {
                throw RemoteFailure.FromStatus(error, service, cancellationToken);
            }
        }
    }

    private CallOptions Options(TimeSpan? allowed, CancellationToken cancellationToken)
    {
        // gRPC wants a point in time, which it turns back into a span for its header.
        var deadline = allowed is { } span ? time.GetUtcNow().UtcDateTime + (span > TimeSpan.Zero ? span : TimeSpan.Zero) : (DateTime?)null;
        return new CallOptions(CallHeaders.Now, deadline, cancellationToken);
    }
}
