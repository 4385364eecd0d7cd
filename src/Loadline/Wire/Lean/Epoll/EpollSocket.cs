using System.Net;

namespace Loadline.Wire.Lean.Epoll;

/// <summary>Takes a socket's readiness, on its loop's thread.</summary>
internal interface IReadiness
{
    /// <summary>Something has changed; it is said once, so what is there must be taken up to the last byte.</summary>
    /// <param name="events">Bits of <see cref="Libc"/>: In, Out, Error, HangUp, PeerClosed.</param>
    void Ready(uint events);
}

/// <summary>A socket that belongs to a loop. Its owner sees to it that nothing uses it while or after it is closed: a closed number is soon another's.</summary>
internal sealed unsafe class EpollSocket(EpollLoop loop, int fd, long id)
{
    internal EpollLoop Loop => loop;

    internal int Fd => fd;

    internal long Id => id;

    /// <summary>Who is told; at first who waits for the connection.</summary>
    internal IReadiness? Handler { get; set; }

    /// <summary>Hands the socket to another, who is told of all that is there, also what its predecessor was told of.</summary>
    internal void HandTo(IReadiness handler)
    {
        Handler = handler;
        TellAgain();
    }

    /// <summary>Receives what is there.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="error">Why the result is below 0: an errno.</param>
    /// <returns>Bytes; 0 at the end; below 0 when there is nothing (<see cref="Libc.Again"/>) or no connection any more.</returns>
    internal int Receive(Span<byte> buffer, out int error)
    {
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                var count = (int)Libc.Receive(fd, bytes, buffer.Length, Libc.DontWait);
                error = count < 0 ? Libc.LastError : 0;
                if (error != Libc.Interrupted)
                    return count;
            }
        }
    }

    /// <summary>Sends what the system takes at once.</summary>
    internal int Send(ReadOnlySpan<byte> data, out int error)
    {
        fixed (byte* bytes = data)
        {
            while (true)
            {
                var count = (int)Libc.Send(fd, bytes, data.Length, Libc.DontWait | Libc.NoSignal);
                error = count < 0 ? Libc.LastError : 0;
                if (error != Libc.Interrupted)
                    return count;
            }
        }
    }

    /// <summary>Begins to connect; 0 when that is done already, an errno otherwise.</summary>
    internal int Connect(EndPoint address)
    {
        // On Unix the bytes are the system's own sockaddr.
        var native = address.Serialize();
        fixed (byte* bytes = native.Buffer.Span)
            return Libc.Connect(fd, bytes, native.Size) == 0 ? 0 : Libc.LastError;
    }

    /// <summary>Asks to be told again of what is there: for when one has stopped before the last byte.</summary>
    internal void TellAgain() => loop.Rearm(this);

    internal void Close() => loop.Close(this);
}
