using System.Diagnostics;
using Rag.Errors;
using Rag.Host.Wiring;
using Rag.Seams;
using Rag.Tests.Journals;
using Xunit;

namespace Rag.Tests.Wiring;

/// <summary>A call with one reply, to a host of its own.</summary>
public sealed class RemoteCallTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private readonly Probe _probe = new();

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("unix:")]
    public async Task A_reply_comes_back_null_and_large_ones_too(string address)
    {
        using var folder = new TestFolder();
        await using var server = await ProbeServer.StartAsync(_probe, address == "unix:" ? $"unix:{folder.Path}/probe.sock" : address);
        Assert.Equal("Kürbis", await AskAsync(server, "Kürbis"));
        Assert.Null(await AskAsync(server, null));
        var upload = new byte[33 << 20];
        new Random(7).NextBytes(upload);
        Assert.True((await server.Peer.CallAsync(Probe.Send, upload, null, default)).AsSpan().SequenceEqual(upload));
    }

    [Fact]
    public async Task A_message_over_the_limit_is_refused_on_either_side()
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0", ("grpc_message_bytes", $"{1 << 20}"));
        var error = await Assert.ThrowsAsync<RagException>(async () => await server.Peer.CallAsync(Probe.Send, new byte[2 << 20], null, default));
        Assert.Equal(RagError.TooLarge, error.Error);
        _probe.OnAsk = (_, _) => new(new string('x', 2 << 20));
        Assert.Equal(RagError.TooLarge, (await Assert.ThrowsAsync<RagException>(() => AskAsync(server, "?"))).Error);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task A_failure_keeps_its_kind_its_words_and_its_time(RagError kind, bool retried)
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        _probe.OnAsk = (_, _) => throw new RagException(kind, "‘título’: 5 % \r\n is too much", TimeSpan.FromMilliseconds(1500)) { Retried = retried };
        var error = await Assert.ThrowsAsync<RagException>(() => AskAsync(server, "?"));
        Assert.Equal((kind, "‘título’: 5 % \r\n is too much", TimeSpan.FromMilliseconds(1500), retried), (error.Error, error.Message, error.RetryAfter, error.Retried));
    }

    public static TheoryData<RagError, bool> Errors => [.. Enum.GetValues<RagError>().Select((kind, i) => (kind, i % 2 == 0))];

    [Fact]
    public async Task An_unknown_failure_stays_unknown_and_tells_nothing_of_the_inside()
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        _probe.OnAsk = (_, _) => throw new FormatException("the password is swordfish");
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => AskAsync(server, "?"));
        Assert.DoesNotContain("swordfish", error.ToString());
    }

    [Fact]
    public async Task When_the_caller_goes_the_far_side_stops()
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        using var caller = new CancellationTokenSource();
        var call = server.Peer.CallAsync(Probe.Poll, default, null, caller.Token);
        await _probe.Waiting.Task.WaitAsync(Soon);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call);
        await _probe.Stopped.Task.WaitAsync(Soon);
    }

    [Fact]
    public async Task Past_the_time_allowed_both_sides_stop()
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        await AskAsync(server, "the first call connects");
        var error = await Assert.ThrowsAsync<RagException>(async () => await server.Peer.CallAsync(Probe.Poll, default, TimeSpan.FromMilliseconds(300), default));
        Assert.Equal(RagError.DeadlineExceeded, error.Error);
        await _probe.Stopped.Task.WaitAsync(Soon);
    }

    [Fact]
    public async Task Time_left_urgency_and_trace_travel()
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        _probe.OnAsk = (_, _) => new(Probe.Scope());
        Assert.StartsWith("Interactive  ", await AskAsync(server, "?"));
        using var trace = new Activity("caller").Start();
        CallScope.Enter(TimeProvider.System, null, Priority.Batch);
        Assert.Equal($"Batch 30 {trace.TraceId}", await server.Peer.CallAsync(Probe.Ask, "?", TimeSpan.FromSeconds(30), default));
    }

    [Fact]
    public async Task A_peer_that_is_gone_is_unavailable_and_one_that_comes_back_is_used_at_once()
    {
        using var folder = new TestFolder();
        var address = $"unix:{folder.Path}/probe.sock";
        await using var first = await ProbeServer.StartAsync(_probe, address);
        var peer = first.Peer;
        Assert.Equal("a", await peer.CallAsync(Probe.Ask, "a", null, default));
        await first.StopAsync();
        for (var i = 0; i < 20; i++)
            Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(async () => await peer.CallAsync(Probe.Ask, "b", null, default))).Error);
        await using var second = await ProbeServer.StartAsync(_probe, address);
        Assert.Equal("c", await peer.CallAsync(Probe.Ask, "c", null, default));
    }

    [Fact]
    public async Task A_long_poll_does_not_hold_up_a_stop()
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        var call = server.Peer.CallAsync(Probe.Poll, default, null, default).AsTask();
        await _probe.Waiting.Task.WaitAsync(Soon);
        await server.StopAsync().WaitAsync(Soon);
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => call)).Error);
    }

    [Fact]
    public async Task Services_are_not_reached_at_public_addresses()
    {
        await using var server = await ProbeServer.StartAsync(_probe, "http://127.0.0.1:0");
        var outside = server.Reach(ProbeServer.At(server.Public.ToString().TrimEnd('/')));
        var error = await Assert.ThrowsAsync<RagException>(async () => await outside.CallAsync(Probe.Ask, "?", null, default));
        Assert.Equal(RagError.Unavailable, error.Error);
        Assert.Contains("not served at the address", error.Message);
    }

    [Fact]
    public async Task A_socket_that_a_dead_process_left_is_taken_over_and_a_living_ones_is_not()
    {
        using var folder = new TestFolder();
        var path = Path.Combine(folder.Path, "probe.sock");
        using (var dead = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0))
        {
            dead.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
            var copy = path + ".kept";
            File.Move(path, copy); // closing the socket would remove the file, as a kill doesn't
            dead.Close();
            File.Move(copy, path);
        }

        await using var server = await ProbeServer.StartAsync(_probe, $"unix:{path}");
        Assert.Equal("a", await AskAsync(server, "a"));
        var error = Assert.Throws<Rag.Host.CommandException>(() => SocketFile.Free(path));
        Assert.Contains("another process listens on", error.Message);
    }

    private static Task<string?> AskAsync(ProbeServer server, string? question) => server.Peer.CallAsync(Probe.Ask, question, null, default).AsTask();
}
