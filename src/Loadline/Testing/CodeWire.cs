using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Testing;

/// <summary>Calls the code of operations that have some, and leaves the others to the wire of the target's profile.</summary>
/// <param name="code">The operations that are code, by name.</param>
/// <param name="target">The wire of the others; null when there are none.</param>
/// <param name="profile">Whose secrets are not to be shown.</param>
/// <param name="options">Where the target is, and how long an exchange may take.</param>
/// <param name="clock">The clock of the run.</param>
internal sealed class CodeWire(IReadOnlyDictionary<string, CodeOperation> code, IWire? target, TargetProfile profile, WireOptions options, RunClock clock) : IWire
{
    /// <summary>The state of a document that is searchable.</summary>
    internal const string Searchable = "searchable";

    private const string Poll = ".searchable";

    /// <inheritdoc/>
    public long SentAgain => target?.SentAgain ?? 0;

    /// <summary>The name of the operation that asks whether a document is searchable.</summary>
    internal static string PollOf(string operation) => operation + Poll;

    /// <inheritdoc/>
    public async ValueTask<WireReply> SendAsync(WireRequest request, Exchange exchange, CancellationToken stop)
    {
        var name = request.Operation.Name;
        if (code.TryGetValue(name, out var operation))
            return await CallAsync(operation.Code, request, exchange, stop).ConfigureAwait(false);
        if (name.EndsWith(Poll, StringComparison.Ordinal) && code.TryGetValue(name[..^Poll.Length], out operation) && operation.IsSearchable is { } ask)
        {
            var found = false;
            var reply = await CallAsync(async call => found = await ask(call).ConfigureAwait(false), request, exchange, stop).ConfigureAwait(false);
            return reply with { Texts = [found ? Searchable : "not yet"] };
        }
        return target is null
            ? throw new InvalidOperationException($"operation '{name}' is not code, and there is no target to send it to")
            : await target.SendAsync(request, exchange, stop).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => target?.Dispose();

    private async ValueTask<WireReply> CallAsync(Func<OperationCall, Task> run, WireRequest request, Exchange exchange, CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(request.Timeout ?? options.Timeout, clock.Time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
        var call = new OperationCall(request, exchange, target is null ? null : options.BaseAddress, clock, ending.Token);
        // On the pool, since code may block: on the caller's thread it would hold up everybody's arrivals. A pool that has no thread to spare shows as lateness.
        var running = Task.Run(() =>
        {
            call.Begin();
            return run(call);
        }, CancellationToken.None);
        Exception? thrown = null;
        try
        {
            await running.WaitAsync(ending.Token).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            thrown = problem;
        }
        if (!running.IsCompleted)
            _ = running.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        if (thrown is not null && stop.IsCancellationRequested)
            return default;
        var reply = call.End(exchange, thrown, timedOut: thrown is OperationCanceledException && timeout.IsCancellationRequested);
        KeepText(request, exchange, thrown, reply.Answer);
        return reply;
    }

    private void KeepText(WireRequest request, Exchange exchange, Exception? thrown, string? answer)
    {
        if (!request.KeepText && exchange.Outcome is Outcome.Ok or Outcome.Degraded)
            return;
        var values = request.Values;
        var subject = request.Operation.Uploads ? $"{values.DocumentId}\n{values.DocumentText}" : request.Operation.Asks ? values.Question : values.DocumentId;
        exchange.RequestText = Shown($"{request.Operation.Name} (C#)\n\n{subject}", values.Key);
        exchange.ResponseText = thrown is not null ? Shown(thrown.ToString(), values.Key) : answer is { Length: > 0 } ? Shown(answer, values.Key) : null;
    }

    private string Shown(string text, string key) => profile.Mask(text.Length > options.KeptBytes ? text[..options.KeptBytes] : text, key);
}
