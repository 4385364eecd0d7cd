using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Rag.Bench.Alerts.Faults;

/// <summary>
/// Transfers over a way that loses packets: the receiving sockets carry a filter of the kernel's (BPF) that drops segments at random before TCP sees them, so that the sender has to send them again. It
/// needs no rights and touches no other socket.
/// </summary>
internal sealed class LossyTransfers : IAsyncDisposable
{
    private const int SolSocket = 1, SoAttachFilter = 26; // Linux
    private const int Piece = 16 << 10;

    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Task _work;

    /// <param name="flows">How many at a time.</param>
    /// <param name="loss">The share of segments that is lost, 0–1.</param>
    public LossyTransfers(int flows, double loss)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Lose(_listener, loss); // sockets that it accepts inherit it
        _listener.Listen(flows);
        _work = Task.WhenAll(Enumerable.Range(0, flows).SelectMany(_ => new[] { SendAsync(_stop.Token), ReceiveAsync(_stop.Token) }));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _work;
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
            // As it was asked to.
        }

        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task SendAsync(CancellationToken stop)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(_listener.LocalEndPoint!, stop);
        var bytes = new byte[Piece];
        while (true)
        {
            await socket.SendAsync(bytes, stop);
            await Task.Delay(1, stop); // enough segments a second, and a core left
        }
    }

    private async Task ReceiveAsync(CancellationToken stop)
    {
        using var socket = await _listener.AcceptAsync(stop);
        var bytes = new byte[Piece];
        while (await socket.ReceiveAsync(bytes, stop) > 0)
        {
            // Nobody wants it.
        }
    }

    // ld random; more than the loss? take it : drop it.
    private static unsafe void Lose(Socket socket, double loss)
    {
        Span<Instruction> program =
        [
            new(0x20, 0, 0, 0xffff_f000 + 56), // BPF_LD | BPF_W | BPF_ABS: SKF_AD_OFF + SKF_AD_RANDOM
            new(0x25, 1, 0, (uint)(loss * uint.MaxValue)), // BPF_JMP | BPF_JGT
            new(0x06, 0, 0, 0), // BPF_RET: nothing of it
            new(0x06, 0, 0, uint.MaxValue), // all of it
        ];
        fixed (Instruction* first = program)
        {
            var filter = new Program((ushort)program.Length, (nint)first);
            socket.SetRawSocketOption(SolSocket, SoAttachFilter, MemoryMarshal.AsBytes(new ReadOnlySpan<Program>(ref filter)));
        }
    }

    /// <summary><c>struct sock_filter</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Operand);

    /// <summary><c>struct sock_fprog</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Program(ushort Length, nint Filter);
}
