using Microsoft.Extensions.Logging;
using Rag.Errors;

namespace Rag.Engines.Onnx;

/// <summary>
/// The model that answers now. Its folder is looked at every <c>reload_seconds</c>; files that changed, and then stayed as they are for one such time, are loaded beside the model in
/// use, which is closed after its last call:
/// <code>
///   changed? ─▶ still? (the copy has ended) ─▶ load ─┬▶ fine: new calls get it, the old one closes when its last call ends
///                                                    └▶ not:  the old one stays, and the log says what is wrong
/// </code>
/// Replace files by renaming, or switch the folder's link: a file that is written over in place may be in use. Safe for concurrent use.
/// </summary>
internal sealed partial class CurrentModel : IAsyncDisposable, IDisposable
{
    private readonly OnnxOptions _options;
    private readonly OnnxMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;
    private LoadedModel? _model;
    private string _loaded;
    private string _seen;
    private int _disposed;

    /// <summary>Loads the model.</summary>
    /// <exception cref="ModelException">It can't be used; the message has all problems, with remedies.</exception>
    public CurrentModel(OnnxOptions options, TimeProvider time, ILogger log)
    {
        (_options, _time, _log) = (options, time, log);
        _metrics = new OnnxMetrics(options.Seam);
        _seen = _loaded = ModelFolder.Look(options.Folder); // before it is read: what changes meanwhile is seen as a change
        var model = _model = LoadedModel.Load(options, _metrics, time);
        Loaded(options.Seam, model.Folder.Id, model.Folder.Version, model.Outputs);
        _watching = options.Reload > TimeSpan.Zero ? Task.Run(WatchAsync) : Task.CompletedTask;
    }

    /// <summary>The model, held; release it after the call.</summary>
    /// <exception cref="RagException">Unavailable: disposed of.</exception>
    public LoadedModel Hold()
    {
        while (Volatile.Read(ref _model) is { } model)
            if (model.TryHold())
                return model;
        throw new RagException(RagError.Unavailable, $"{_options.Seam}: the service is stopping");
    }

    /// <summary>Waits for the calls in hand.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        if (Interlocked.Exchange(ref _model, null) is { } model)
        {
            model.Release();
            await model.Closed.ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    /// <summary>As <see cref="DisposeAsync"/>, for containers that are closed by a caller who can't wait otherwise.</summary>
    public void Dispose() => Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();

    /// <summary>One look at the folder; the watch's step.</summary>
    /// <returns>Whether another model answers now.</returns>
    internal bool Look()
    {
        var now = ModelFolder.Look(_options.Folder);
        var isStill = now == _seen;
        _seen = now;
        if (!isStill || now == _loaded)
            return false;
        _loaded = now; // whatever comes of it: the same files are tried once
        try
        {
            var next = LoadedModel.Load(_options, _metrics, _time);
            var before = Volatile.Read(ref _model)!.Folder.Version;
            if (next.Folder.Version == before)
            {
                next.Release(); // touched, not changed
                return false;
            }

            Loaded(_options.Seam, next.Folder.Id, next.Folder.Version, next.Outputs);
            Interlocked.Exchange(ref _model, next)?.Release();
            return true;
        }
        catch (Exception error)
        {
            Refused(_options.Seam, Volatile.Read(ref _model)!.Folder.Version, error.Message);
            return false;
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            using var timer = new PeriodicTimer(_options.Reload, _time);
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
                Look();
        }
        catch (OperationCanceledException)
        {
            // Disposed of.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Seam}: the model {Id}, version {Version}, answers now with {Outputs} numbers a text")]
    private partial void Loaded(string seam, string id, string version, int outputs);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Seam}: the model's files have changed and can't be used; version {Version} goes on answering. {Problems}")]
    private partial void Refused(string seam, string version, string problems);
}
