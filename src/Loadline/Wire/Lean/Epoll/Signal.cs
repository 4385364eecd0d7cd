using System.Threading.Tasks.Sources;

namespace Loadline.Wire.Lean.Epoll;

/// <summary>A flag that one can wait for at a time, again and again, without allocating.</summary>
internal sealed class Signal : IValueTaskSource
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _core;
    private bool _set = true;
    private bool _waiting;

    /// <summary>To be called before the attempt that may fail, so that what comes meanwhile is not missed.</summary>
    internal void Clear()
    {
        lock (_gate)
            _set = false;
    }

    internal void Set()
    {
        lock (_gate)
        {
            _set = true;
            if (!_waiting)
                return;
            _waiting = false;
        }
        _core.SetResult(true);
    }

    /// <summary>Ends when it is set; at once when it is.</summary>
    internal ValueTask WaitAsync()
    {
        lock (_gate)
        {
            if (_set)
                return default;
            if (_waiting)
                throw new InvalidOperationException("two wait for one signal");
            _core.Reset();
            _waiting = true;
            return new ValueTask(this, _core.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
