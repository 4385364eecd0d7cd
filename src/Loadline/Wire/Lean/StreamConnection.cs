using System.Buffers;

namespace Loadline.Wire.Lean;

/// <summary>A connection on a <see cref="Stream"/>: with TLS, and everywhere but on Linux. Waits for bytes without a buffer, so that one that rests needs none.</summary>
internal sealed class StreamConnection(LeanWire wire, Stream stream, int shelf) : LeanConnection(wire)
{
    private const int ReceiveBytes = 16 * 1024;

    internal override int Shelf => shelf;

    /// <summary>Receives as long as the connection lives. Never throws.</summary>
    internal async Task ReceiveAsync()
    {
        try
        {
            var goesOn = true;
            while (goesOn)
            {
                await stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
                var buffer = ArrayPool<byte>.Shared.Rent(ReceiveBytes);
                var count = await stream.ReadAsync(buffer).ConfigureAwait(false);
                var next = Received(buffer.AsSpan(0, count), out goesOn);
                ArrayPool<byte>.Shared.Return(buffer);
                Settle(next);
            }
        }
        catch (Exception)
        {
            // TLS has many ways to say that it is over.
            Settle(Failed());
        }
    }

    private protected override Next Send(LeanCall call)
    {
        _ = SendAsync(call, Ticket);
        return default;
    }

    private protected override bool IsSending(LeanCall call) => call.Spoiled;

    private protected override void CloseSocket() => stream.Dispose();

    // Begins under the lock. Most often all goes at once.
    private async Task SendAsync(LeanCall call, int ticket)
    {
        try
        {
            var write = stream.WriteAsync(call.Request);
            if (write.IsCompletedSuccessfully)
                return;
            // Until it is done the buffer is the stream's, also when the call has ended.
            call.Spoiled = true;
            await write.ConfigureAwait(false);
            lock (Gate)
            {
                if (Carries(call, ticket))
                    call.Spoiled = false;
            }
        }
        catch (Exception)
        {
            // Who receives sees the end too, and perhaps an answer before it.
        }
    }

    private Next Received(ReadOnlySpan<byte> bytes, out bool goesOn)
    {
        lock (Gate)
        {
            var next = Closed ? default : bytes.IsEmpty ? End(null) : Take(bytes);
            goesOn = !Closed;
            return next;
        }
    }

    private Next Failed()
    {
        lock (Gate)
            return Closed ? default : End(Reasons.Reset);
    }
}
