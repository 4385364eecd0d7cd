using System.Diagnostics;
using Grpc.Core;
using Rag.Errors;
using Rag.Seams;
using Rag.Traces;

namespace Rag.Host.Wiring.Remote;

/// <summary>A hosted contract as others reach it over gRPC. The calling process's seam has done its work by then: calls go straight to the implementation.</summary>
internal sealed partial class ContractService<TService>(
    LocalPeer<TService> peer, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<ContractService<TService>> log)
    where TService : class
{
    // More at once would only make the first of them later.
    private const int MaxBatch = 64;

    public async Task<Message<TReply>> CallAsync<TRequest, TReply>(UnaryCall<TService, TRequest, TReply> call, Message<TRequest> request, ServerCallContext context)
    {
        using var span = Begin(call, context);
        var scope = Enter(context);
        // A long poll would hold up a stop until the last moment; whoever waits asks again elsewhere.
        using var stop = call.Policy.Exempt ? CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping) : null;
        try
        {
            return new Message<TReply>(await peer.CallAsync(call, request.Value, scope.Remaining, stop?.Token ?? context.CancellationToken).ConfigureAwait(false));
        }
        catch (Exception error)
        {
            throw Told(error, call, context, span);
        }
    }

    public async Task StreamAsync<TRequest, TItem>(
        StreamCall<TService, TRequest, TItem> call, Message<TRequest> request, IServerStreamWriter<Batch<TItem>> writer, ServerCallContext context)
    {
        using var span = Begin(call, context);
        var scope = Enter(context);
        try
        {
            var accepted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var items = peer.StreamAsync(call, request.Value, scope.Remaining, () => accepted.TrySetResult(), context.CancellationToken);
            await using var batches = new BatchReader<TItem>(items, MaxBatch, context.CancellationToken);
            var first = batches.ReadAsync();
            // The headers are what tells the caller that the call was taken on, however long its first item takes.
            if (!first.IsCompleted && await Task.WhenAny(accepted.Task, first).ConfigureAwait(false) == accepted.Task)
                await context.WriteResponseHeadersAsync([]).ConfigureAwait(false);
            for (var batch = await first.ConfigureAwait(false); batch is not null; batch = await batches.ReadAsync().ConfigureAwait(false))
                await writer.WriteAsync(new Batch<TItem>(batch), context.CancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw Told(error, call, context, span);
        }
    }

    // Of a trace that comes along only: what processes tell each other in the background is nobody's request.
    private static Activity? Begin(Call call, ServerCallContext context) => Spans.AreWanted && context.RequestHeaders.GetValue(CallHeaders.TraceParent) is { } caller
        ? Spans.Begin(call.Span, ActivityKind.Server, caller, context.RequestHeaders.GetValue(CallHeaders.TraceState))?
            .SetTag("rpc.system", "grpc").SetTag("rpc.service", $"rag.{call.Service}").SetTag("rpc.method", call.Name)
        : null;

    private CallScope Enter(ServerCallContext context)
    {
        var allowed = context.Deadline == DateTime.MaxValue ? (TimeSpan?)null : context.Deadline - time.GetUtcNow().UtcDateTime;
        return CallScope.Enter(time, allowed < TimeSpan.Zero ? TimeSpan.Zero : allowed, CallHeaders.PriorityOf(context.RequestHeaders));
    }

    private RpcException Told(Exception error, Call call, ServerCallContext context, Activity? span)
    {
        span.Refused(error);
        switch (error)
        {
            case RagException known:
                return RemoteFailure.ToStatus(known);
            case RpcException status:
                return status;
            case OperationCanceledException when context.CancellationToken.IsCancellationRequested:
                // Whoever went does not hear it; whoever hears it has run out of time.
                return new RpcException(new Status(StatusCode.DeadlineExceeded, "the time allowed is over"));
            case OperationCanceledException when lifetime.ApplicationStopping.IsCancellationRequested:
                return RemoteFailure.ToStatus(new RagException(RagError.Unavailable, $"{call.Service} is stopping"));
            default:
                Failed(call.Service, call.Name, error);
                return new RpcException(new Status(StatusCode.Internal, "failed; the log of this process tells why"));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Service}.{Call} failed")]
    private partial void Failed(string service, string call, Exception error);
}
