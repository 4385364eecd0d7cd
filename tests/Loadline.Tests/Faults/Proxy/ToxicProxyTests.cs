using System.Net.Sockets;
using Loadline.Faults.Proxy;
using Xunit;
using static Loadline.Tests.Faults.Proxy.ProxyRig;

namespace Loadline.Tests.Faults.Proxy;

/// <summary>The proxy itself: connections, ends, bounds, and toxics that come and go.</summary>
public class ToxicProxyTests
{
    [Fact]
    public async Task Without_toxics_bytes_pass_both_ways_and_each_side_may_end_first()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        await client.SendAsync("question"u8.ToArray());
        Assert.Equal("question", await ReadAsync(server, 8));
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("", await ReadToEndAsync(server));
        await server.SendAsync("answer"u8.ToArray());
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal("answer", await ReadToEndAsync(client));
        await UntilAsync(() => rig.Proxy.Open == 0);
        Assert.Equal((1, 8, 6), (rig.Proxy.Counters.Accepted, rig.Proxy.Counters.Upstream.Sent, rig.Proxy.Counters.Downstream.Sent));
    }

    [Fact]
    public async Task Much_data_passes_whole_while_toxics_come_and_go()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        var sent = string.Concat(Enumerable.Range(0, 60_000).Select(i => $"{i:D6}\n"));
        var reading = ReadToEndAsync(client);
        for (var i = 0; i < 20; i++)
        {
            rig.Proxy.Add(Of("latency", ("latency", 5)));
            rig.Proxy.Add(Of("slicer", ("average_size", 700), ("size_variation", 300)));
            await server.SendAsync(System.Text.Encoding.ASCII.GetBytes(sent[(i * sent.Length / 20)..((i + 1) * sent.Length / 20)]));
            rig.Advance(3);
            rig.Proxy.Remove("latency_downstream");
            rig.Advance(3);
            rig.Proxy.Remove("slicer_downstream");
        }
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal(sent, await reading);
    }

    [Fact]
    public async Task A_server_that_resets_is_seen_as_a_reset()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        server.LingerState = new LingerOption(true, 0);
        server.Close();
        Assert.Equal(SocketError.ConnectionReset, (await ReadToErrorAsync(client)).Error);
    }

    [Fact]
    public async Task A_server_that_cant_be_reached_is_seen_as_a_reset_and_counted()
    {
        await using var rig = new ProxyRig();
        rig.StopServer();
        Assert.Equal(SocketError.ConnectionReset, await rig.RefusedAsync());
        await UntilAsync(() => rig.Proxy.Counters.Unreached == 1);
    }

    [Fact]
    public async Task More_connections_than_the_bound_are_reset()
    {
        await using var rig = new ProxyRig(options => options with { MostConnections = 1 });
        var (client, server) = await rig.ConnectAsync();
        Assert.Equal(SocketError.ConnectionReset, await rig.RefusedAsync());
        await server.SendAsync("still"u8.ToArray());
        Assert.Equal("still", await ReadAsync(client, 5));
        Assert.Equal(1, rig.Proxy.Counters.Refused);
    }

    [Fact]
    public async Task Disabled_it_listens_no_more_and_its_connections_are_closed_and_enabled_it_is_where_it_was()
    {
        await using var rig = new ProxyRig();
        var (client, _) = await rig.ConnectAsync();
        var address = rig.Proxy.Address;
        rig.Proxy.Enabled = false;
        Assert.Equal("", await ReadToEndAsync(client));
        var refused = await Assert.ThrowsAsync<SocketException>(rig.ClientAsync);
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        rig.Proxy.Enabled = true;
        Assert.Equal(address, rig.Proxy.Address);
        await rig.ConnectAsync();
    }

    [Fact]
    public async Task What_toxics_hold_is_bounded_and_its_source_waits()
    {
        await using var rig = new ProxyRig(options => options with { MostHeld = 50_000 });
        rig.Proxy.Add(Of("timeout"));
        var (client, server) = await rig.ConnectAsync();
        var sent = new byte[16 << 20];
        for (var i = 0; i < sent.Length; i++)
            sent[i] = (byte)('a' + (i % 26));
        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < sent.Length;)
                at += await server.SendAsync(sent.AsMemory(at));
            server.Shutdown(SocketShutdown.Send);
        });
        await UntilAsync(() => rig.Proxy.Counters.Downstream.Received >= 50_000 - 16_384);
        await Task.WhenAny(sending, Task.Delay(100));
        Assert.False(sending.IsCompleted);
        Assert.InRange(rig.Proxy.Counters.Downstream.Received, 30_000, 50_000 + 16_384);
        rig.Proxy.Remove("timeout_downstream");
        Assert.Equal(System.Text.Encoding.ASCII.GetString(sent), await ReadToEndAsync(client));
        await sending;
    }

    [Fact]
    public void All_that_is_wrong_with_a_toxic_is_said_at_once()
    {
        using var scope = new Scope();
        var problem = Assert.Throws<ToxicException>(() => scope.Proxy.Add(Of("latency", ("latency", -1), ("speed", 3)) with { Toxicity = 1.5 }));
        Assert.Equal(ToxicProblem.Invalid, problem.Problem);
        Assert.Equal(
            "toxicity 1.5: a share is between 0 and 1; latency -1: how late bytes are; 0–2147483647; attribute 'speed': latency has none of this name; it has latency, jitter, first", problem.Message);
        Assert.StartsWith("toxic type 'lag': there is none of this name; there are latency, bandwidth,", Assert.Throws<ToxicException>(() => scope.Proxy.Add(Of("lag"))).Message);
        Assert.Equal("toxic 'x': this proxy has none of this name; it has none at all", Assert.Throws<ToxicException>(() => scope.Proxy.Remove("x")).Message);
        Assert.Empty(scope.Proxy.Toxics);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Toxicity_is_the_share_of_connections_that_are_met_and_the_seed_says_which(double toxicity)
    {
        var runs = new List<string>();
        for (var run = 0; run < 2; run++)
        {
            await using var rig = new ProxyRig();
            rig.Proxy.Add(Of("latency", ("latency", 1000)) with { Toxicity = toxicity });
            var met = "";
            for (var i = 0; i < 40; i++)
            {
                var before = rig.Proxy.Met("latency_downstream");
                await rig.ConnectAsync();
                met += rig.Proxy.Met("latency_downstream") - before;
            }
            runs.Add(met);
        }
        Assert.Equal(runs[0], runs[1]);
        // Of 40 with a share of 0.3: 12, and within four standard deviations (2.9).
        Assert.InRange(runs[0].Count(each => each == '1'), toxicity == 1 ? 40 : toxicity * 40 - 12, toxicity == 0 ? 0 : toxicity * 40 + 12);
    }

    [Fact]
    public async Task With_first_only_so_many_connections_are_met_and_the_open_ones_come_first()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        rig.Proxy.Add(Of("timeout", ("first", 2)));
        var (second, secondServer) = await rig.ConnectAsync();
        var (third, thirdServer) = await rig.ConnectAsync();
        await rig.SendDownAsync(server, "1");
        await rig.SendDownAsync(secondServer, "2");
        await thirdServer.SendAsync("3"u8.ToArray());
        Assert.Equal("3", await ReadAsync(third, 1));
        await rig.SentDownAsync(1);
        Assert.Equal(2, rig.Proxy.Met("timeout_downstream"));
        rig.Proxy.Remove("timeout_downstream");
        Assert.Equal("1", await ReadAsync(client, 1));
        Assert.Equal("2", await ReadAsync(second, 1));
    }

    [Fact]
    public async Task A_toxic_that_goes_lets_go_what_it_held_and_nothing_of_what_others_hold()
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("latency", ("latency", 100)));
        rig.Proxy.Add(Of("latency", ("latency", 50)) with { Name = "more" });
        var (client, server) = await rig.ConnectAsync();
        await rig.SendDownAsync(server, "held");
        rig.Proxy.Remove("latency_downstream");
        rig.Advance(49);
        await rig.SentDownAsync(0);
        rig.Advance(1);
        Assert.Equal("held", await ReadAsync(client, 4));
    }

    private sealed class Scope : IDisposable
    {
        internal ToxicProxy Proxy { get; } = ToxicProxy.Start("127.0.0.1:0", "127.0.0.1:9", TimeProvider.System);

        public void Dispose() => Proxy.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
