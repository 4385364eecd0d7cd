namespace Loadline.Faults.Proxy;

/// <summary>What has gone through a proxy since it was started.</summary>
public sealed class ProxyCounters
{
    private long _accepted;
    private long _refused;
    private long _unreached;
    private long _unread;

    /// <summary>Bytes from clients to the server.</summary>
    public StreamCounter Upstream { get; } = new();

    /// <summary>Bytes from the server to clients.</summary>
    public StreamCounter Downstream { get; } = new();

    /// <summary>Connections that were accepted and taken on.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Connections that were accepted and reset at once: by a toxic, or because there were too many. Those that found nothing that listens are not seen.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Connections whose server couldn't be reached; their clients saw a reset.</summary>
    public long Unreached => Interlocked.Read(ref _unreached);

    /// <summary>Connections that toxics for HTTP left alone since what they carry isn't HTTP/1.1.</summary>
    public long Unread => Interlocked.Read(ref _unread);

    internal void Accept() => Interlocked.Increment(ref _accepted);

    internal void Refuse() => Interlocked.Increment(ref _refused);

    internal void Miss() => Interlocked.Increment(ref _unreached);

    internal void LeaveUnread() => Interlocked.Increment(ref _unread);
}

/// <summary>Bytes of one direction.</summary>
public sealed class StreamCounter
{
    private long _received;
    private long _sent;

    /// <summary>Bytes read from their source.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Bytes written to their destination.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    internal void Receive(int count) => Interlocked.Add(ref _received, count);

    internal void Send(int count) => Interlocked.Add(ref _sent, count);
}
