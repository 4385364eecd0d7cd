using Rag.Bench.Resilience;

namespace Rag.Bench.Alerts;

/// <summary>The users that are always there. They can be sent away for a while.</summary>
internal sealed class Crowd(ClosedLoad load) : IAsyncDisposable
{
    private CancellationTokenSource? _ending;
    private Task _working = Task.CompletedTask;

    /// <summary>Documents that they have uploaded.</summary>
    public IReadOnlyList<string> Uploaded => [.. load.AcknowledgedSince(0).Select(upload => upload.Id).Distinct()];

    /// <summary>Lets them work.</summary>
    public void Start()
    {
        _ending = new CancellationTokenSource();
        _working = load.RunAsync(_ending.Token);
    }

    /// <summary>Sends them away. Disposing what it returns calls them back.</summary>
    public async Task<IAsyncDisposable> PauseAsync()
    {
        await DisposeAsync();
        return new Undo(() =>
        {
            Start();
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>Sends them away for good.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_ending is null)
            return;
        await _ending.CancelAsync();
        await _working;
        _ending.Dispose();
        _ending = null;
    }
}
