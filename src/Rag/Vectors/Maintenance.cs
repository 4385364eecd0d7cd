namespace Rag.Vectors;

/// <summary>One background thread for what must not hold callers up: repairs and snapshots, one after the other, so that neither frees what the other reads.</summary>
internal sealed class Maintenance : IDisposable
{
    private readonly SemaphoreSlim _work = new(0);
    private readonly Action _pass;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _signalled, _stopped;

    /// <param name="name">The thread's.</param>
    /// <param name="pass">Does whatever is due; catches its own failures.</param>
    public Maintenance(string name, Action pass)
    {
        _pass = pass;
        _thread = new Thread(Loop) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Something may be due. The task ends with the pass that sees it.</summary>
    public Task Signal()
    {
        lock (_gate)
        {
            if (_stopped)
                return Task.CompletedTask;
            if (!_signalled)
            {
                _signalled = true;
                _work.Release();
            }

            return _next.Task;
        }
    }

    /// <summary>Ends after the pass that is under way.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped)
                return;
            _stopped = true;
        }

        _work.Release();
        _thread.Join();
        _next.TrySetResult();
    }

    private void Loop()
    {
        while (true)
        {
            _work.Wait();
            TaskCompletionSource done;
            lock (_gate)
            {
                if (_stopped)
                    return;
                _signalled = false;
                done = _next;
                _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            _pass();
            done.SetResult();
        }
    }
}
