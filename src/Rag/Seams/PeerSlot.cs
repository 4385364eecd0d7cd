using System.Net.Sockets;

namespace Rag.Seams;

/// <summary>
/// One peer of several and how it has done lately. It is left out after three failures in a row or one refused connection, at first for a second, doubled up to
/// ten; then one call tries it, and the others come back when that has gone well.
/// </summary>
internal sealed class PeerSlot<TService>(IPeer<TService> peer, TimeProvider time) where TService : class
{
    private const int FailuresUntilOut = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private int _inFlight;
    private int _failures;
    private TimeSpan _pause;
    private long _backAt;
    private bool _isOut;
    private bool _isTried;

    private long _heard;
    private long _notTaken; // when the last call was sent that was not taken on
    private long _notTakenBefore; // and the one before it

    /// <summary>Where calls go.</summary>
    public IPeer<TService> Peer => peer;

    /// <summary>Calls in flight.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Whether it is left out.</summary>
    public bool IsOut => Volatile.Read(ref _isOut);

    /// <summary>Whether a call may go there now; for one that is left out, one call at a time once its pause is over.</summary>
    public bool IsOpenAt(long now)
    {
        if (!IsOut)
            return true;
        lock (_lock)
            return !_isOut || (!_isTried && now >= _backAt);
    }

    /// <summary>A call goes there.</summary>
    public void Begin()
    {
        Interlocked.Increment(ref _inFlight);
        if (!IsOut)
            return;
        lock (_lock)
            _isTried = _isOut;
    }

    /// <summary>A call has ended.</summary>
    /// <param name="health">What it says about the peer.</param>
    /// <param name="error">The failure, if it was one.</param>
    public void End(Health health, Exception? error)
    {
        Interlocked.Decrement(ref _inFlight);
        if (health == Health.Well && Volatile.Read(ref _failures) == 0)
            return;
        lock (_lock)
        {
            _isTried = false;
            switch (health)
            {
                case Health.Well:
                    (_failures, _isOut, _pause) = (0, false, TimeSpan.Zero);
                    break;
                case Health.Ill:
                    _failures++;
                    if (_isOut ? time.GetTimestamp() >= _backAt : _failures >= FailuresUntilOut || IsRefused(error))
                        LeaveOut();
                    break;
            }
        }
    }

    /// <summary>It has shown that it runs.</summary>
    public void Heard(long now) => Volatile.Write(ref _heard, now);

    /// <summary>A call that was sent at a time was not taken on.</summary>
    public void NotTaken(long sent)
    {
        lock (_lock)
            if (sent > _notTaken)
                (_notTakenBefore, _notTaken) = (_notTaken, sent);
    }

    /// <summary>Whether nothing was heard of it since a time, and two calls that were sent after it were not taken on: a process that stands still, not one that thinks.</summary>
    public bool IsFrozenSince(long time)
    {
        lock (_lock)
            return _notTakenBefore > time && _notTakenBefore > Volatile.Read(ref _heard);
    }

    private void LeaveOut()
    {
        _pause = _pause == TimeSpan.Zero ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        _isOut = true;
        _backAt = time.GetTimestamp() + (long)(_pause.TotalSeconds * time.TimestampFrequency);
    }

    // Nobody listens there: more tries would only find the same.
    private static bool IsRefused(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
            if (error is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable }
                or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError })
                return true;
        return false;
    }
}
