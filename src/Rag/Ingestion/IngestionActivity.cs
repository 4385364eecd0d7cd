namespace Rag.Ingestion;

/// <summary>Whether fresh uploads are being worked on in this process, so that what can wait does.</summary>
internal sealed class IngestionActivity
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _batches;

    public IngestionActivity() => _quiet.SetResult();

    /// <summary>A batch begins.</summary>
    public void Begin()
    {
        lock (_gate)
            if (_batches++ == 0)
                _quiet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>It has ended.</summary>
    public void End()
    {
        lock (_gate)
            if (--_batches == 0)
                _quiet.SetResult();
    }

    /// <summary>Ends when no batch is in hand, or after <paramref name="most"/>: what can wait must not wait for ever.</summary>
    public async Task QuietAsync(TimeSpan most, TimeProvider time, CancellationToken cancellationToken)
    {
        Task quiet;
        lock (_gate)
            quiet = _quiet.Task;
        try
        {
            await quiet.WaitAsync(most, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // There is always something: a little is done between.
        }
    }
}
