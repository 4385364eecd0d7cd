using System.Net.Sockets;
using Loadline.Faults.Proxy;
using Xunit;
using static Loadline.Tests.Faults.Proxy.ProxyRig;

namespace Loadline.Tests.Faults.Proxy;

/// <summary>Toxics on bytes, each on a connection that was open before, in virtual time.</summary>
public class ByteToxicTests
{
    [Fact]
    public async Task Latency_delays_what_comes_after_it_was_added_by_exactly_that()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        rig.Proxy.Add(Of("latency", ("latency", 100)));
        await rig.SendDownAsync(server, "one");
        rig.Advance(40);
        await rig.SendDownAsync(server, "two");
        rig.Advance(59);
        await rig.SentDownAsync(0);
        rig.Advance(1);
        Assert.Equal("one", await ReadAsync(client, 3));
        rig.Advance(39);
        await rig.SentDownAsync(3);
        rig.Advance(1);
        Assert.Equal("two", await ReadAsync(client, 3));
        // The other direction isn't touched.
        await client.SendAsync("up"u8.ToArray());
        Assert.Equal("up", await ReadAsync(server, 2));
    }

    [Fact]
    public async Task Latency_upstream_delays_requests()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        rig.Proxy.Add(Of("latency", ("latency", 100)) with { Stream = Loadline.Faults.Proxy.ToxicStream.Upstream });
        await rig.SendUpAsync(client, "request");
        rig.Advance(99);
        await rig.SentUpAsync(0);
        rig.Advance(1);
        Assert.Equal("request", await ReadAsync(server, 7));
    }

    [Fact]
    public async Task Jitter_keeps_the_order_of_bytes()
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("latency", ("latency", 50), ("jitter", 50)));
        var (client, server) = await rig.ConnectAsync();
        var sent = "";
        for (var i = 0; i < 50; i++)
        {
            await rig.SendDownAsync(server, $"{i:D2}");
            sent += $"{i:D2}";
            rig.Advance(3);
        }
        rig.Advance(100);
        Assert.Equal(sent, await ReadAsync(client, 100));
    }

    [Fact]
    public async Task A_latency_that_is_changed_lets_go_what_it_held_and_delays_the_rest_by_the_new_time()
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("latency", ("latency", 1000)));
        var (client, server) = await rig.ConnectAsync();
        await rig.SendDownAsync(server, "old");
        var changed = rig.Proxy.Update("latency_downstream", new Dictionary<string, long> { ["latency"] = 20 });
        Assert.Equal((20, 0), (changed["latency"], changed["jitter"]));
        Assert.Equal("old", await ReadAsync(client, 3));
        await rig.SendDownAsync(server, "new");
        rig.Advance(19);
        await rig.SentDownAsync(3);
        rig.Advance(1);
        Assert.Equal("new", await ReadAsync(client, 3));
    }

    [Fact]
    public async Task Bandwidth_is_the_rate_of_bytes()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        rig.Proxy.Add(Of("bandwidth", ("rate", 100)));
        await rig.SendDownAsync(server, new string('x', 10_000));
        // 100 KB/s: 1,000 bytes each 10 ms.
        for (var i = 1; i <= 10; i++)
        {
            rig.Advance(10);
            Assert.Equal(1000, (await ReadAsync(client, 1000)).Length);
            await UntilAsync(() => rig.Proxy.Counters.Downstream.Sent == i * 1000);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(333)]
    public async Task Bandwidth_loses_nothing_by_rounding(long rate)
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("bandwidth", ("rate", rate)));
        var (client, server) = await rig.ConnectAsync();
        await rig.SendDownAsync(server, new string('x', 5_003));
        var milliseconds = 5_003.0 / rate;
        rig.Advance(Math.Floor(milliseconds) - 1);
        Assert.InRange(rig.Proxy.Counters.Downstream.Sent, 0, 5_002);
        rig.Advance(2);
        Assert.Equal(5_003, (await ReadAsync(client, 5_003)).Length);
    }

    [Fact]
    public async Task Slow_close_delays_the_end()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        rig.Proxy.Add(Of("slow_close", ("delay", 100)));
        await server.SendAsync("bye"u8.ToArray());
        Assert.Equal("bye", await ReadAsync(client, 3));
        server.Shutdown(SocketShutdown.Send);
        var end = ReadToEndAsync(client);
        await Task.WhenAny(end, Task.Delay(20));
        rig.Advance(99);
        Assert.False(end.IsCompleted);
        rig.Advance(1);
        // The end may have come after the clock was moved, if this machine is slow: then it is due later.
        await UntilAsync(() =>
        {
            rig.Advance(100);
            return end.IsCompleted;
        });
        Assert.Equal("", await end);
    }

    [Fact]
    public async Task Timeout_closes_the_connection_after_its_time()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        rig.Proxy.Add(Of("timeout", ("timeout", 500)));
        await rig.SendDownAsync(server, "lost");
        rig.Advance(499);
        Assert.Equal(1, rig.Proxy.Open);
        rig.Advance(1);
        Assert.Equal("", await ReadToEndAsync(client));
        await UntilAsync(() => rig.Proxy.Open == 0);
    }

    [Fact]
    public async Task Timeout_0_holds_until_it_is_removed_and_then_nothing_is_missing()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        rig.Proxy.Add(Of("timeout"));
        await rig.SendDownAsync(server, "held");
        rig.Advance(3_600_000);
        Assert.Equal((1, 0), (rig.Proxy.Open, rig.Proxy.Counters.Downstream.Sent));
        rig.Proxy.Update("timeout_downstream", new Dictionary<string, long> { ["timeout"] = 1000 });
        rig.Advance(999);
        await rig.SentDownAsync(0);
        rig.Proxy.Remove("timeout_downstream");
        Assert.Equal("held", await ReadAsync(client, 4));
        rig.Advance(10_000);
        await server.SendAsync("more"u8.ToArray());
        Assert.Equal("more", await ReadAsync(client, 4));
    }

    [Theory]
    [InlineData("timeout")]
    [InlineData("hang")]
    public async Task A_client_that_gives_up_frees_its_held_connection(string type)
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        rig.Proxy.Add(Of(type));
        client.Close();
        await UntilAsync(() => rig.Proxy.Open == 0);
        Assert.NotEqual("more", (await ReadToErrorAsync(server)).Text);
    }

    [Fact]
    public async Task Reset_peer_resets_once_bytes_come()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        rig.Proxy.Add(Of("reset_peer"));
        await server.SendAsync("never seen"u8.ToArray());
        Assert.Equal(("", SocketError.ConnectionReset), await ReadToErrorAsync(client));
        Assert.Equal(SocketError.ConnectionReset, (await ReadToErrorAsync(server)).Error);
    }

    [Fact]
    public async Task Reset_peer_resets_in_the_middle_of_a_payload()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        rig.Proxy.Add(Of("reset_peer", ("bytes", 7)));
        await server.SendAsync("HTTP/1.1 200 OK"u8.ToArray());
        Assert.Equal(("HTTP/1.", SocketError.ConnectionReset), await ReadToErrorAsync(client));
    }

    [Fact]
    public async Task Reset_peer_waits_its_time_and_spares_the_connection_if_it_goes_before()
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("reset_peer", ("timeout", 200)));
        var (spared, sparedServer) = await rig.ConnectAsync();
        await rig.SendDownAsync(sparedServer, "spared");
        rig.Advance(199);
        rig.Proxy.Remove("reset_peer_downstream");
        Assert.Equal("spared", await ReadAsync(spared, 6));
        rig.Advance(1);
        rig.Proxy.Add(Of("reset_peer", ("timeout", 200)));
        var (client, server) = await rig.ConnectAsync();
        await rig.SendDownAsync(server, "lost");
        rig.Advance(200);
        Assert.Equal(("", SocketError.ConnectionReset), await ReadToErrorAsync(client));
        Assert.Equal(1, rig.Proxy.Open);
    }

    [Fact]
    public async Task Slicer_sends_small_pieces_some_time_apart()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        rig.Proxy.Add(Of("slicer", ("average_size", 4), ("delay", 10_000)));
        await rig.SendDownAsync(server, "abcdefghij");
        Assert.Equal("abcd", await ReadAsync(client, 4));
        await rig.SentDownAsync(4);
        rig.Advance(10);
        Assert.Equal("efgh", await ReadAsync(client, 4));
        rig.Advance(9);
        await rig.SentDownAsync(8);
        rig.Advance(1);
        Assert.Equal("ij", await ReadAsync(client, 2));
    }

    [Fact]
    public async Task Limit_data_closes_after_so_many_bytes_and_counts_on_when_the_limit_changes()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        rig.Proxy.Add(Of("limit_data", ("bytes", 10)));
        await server.SendAsync("12345"u8.ToArray());
        Assert.Equal("12345", await ReadAsync(client, 5));
        rig.Proxy.Update("limit_data_downstream", new Dictionary<string, long> { ["bytes"] = 8 });
        await server.SendAsync("67890"u8.ToArray());
        Assert.Equal("678", await ReadToEndAsync(client));
    }

    [Fact]
    public async Task Connect_hang_leaves_new_connections_without_an_answer_and_keeps_open_ones_and_its_place()
    {
        await using var rig = new ProxyRig();
        var (open, itsServer) = await rig.ConnectAsync();
        var address = rig.Proxy.Address;
        rig.Proxy.Add(Of("connect_hang"));
        var waiting = Enumerable.Range(0, 20).Select(_ => rig.Connecting()).ToList();
        Assert.DoesNotContain(waiting, client => client.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectWrite));
        await itsServer.SendAsync("still"u8.ToArray());
        Assert.Equal("still", await ReadAsync(open, 5));
        Assert.Equal(1, rig.Proxy.Counters.Accepted);

        rig.Proxy.Remove("connect_hang_downstream");
        Assert.Equal(address, rig.Proxy.Address);
        // The kernel asks again after a second, and those that come afterwards don't wait for it.
        await UntilAsync(() => waiting.TrueForAll(client => client.Poll(TimeSpan.Zero, SelectMode.SelectWrite)));
        foreach (var client in waiting)
        {
            var server = await rig.AcceptAsync();
            await server.SendAsync("late"u8.ToArray());
        }
        foreach (var client in waiting)
            Assert.Equal("late", await ReadAsync(client, 4));
        await rig.ConnectAsync();
        Assert.Equal(22, rig.Proxy.Counters.Accepted);
    }

    [Fact]
    public async Task Connect_hang_gives_way_to_refuse_and_comes_back_and_a_proxy_may_be_taken_down_meanwhile()
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("connect_hang"));
        rig.Proxy.Add(Of("refuse"));
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(rig.ClientAsync)).SocketErrorCode);
        rig.Proxy.Remove("refuse_downstream");
        Assert.False(rig.Connecting().Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectWrite));
        rig.Proxy.Enabled = false;
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(rig.ClientAsync)).SocketErrorCode);
        rig.Proxy.Enabled = true;
        Assert.False(rig.Connecting().Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectWrite));
        rig.Proxy.Reset();
        await rig.ConnectAsync();
    }

    [Fact]
    public async Task Connect_hang_meets_all_or_is_not_added()
    {
        await using var rig = new ProxyRig();
        foreach (var toxic in new[] { Of("connect_hang") with { Toxicity = 0.5 }, Of("connect_hang", ("first", 3)) })
            Assert.Equal(
                "connect_hang meets all connections, since none is known before it is answered; leave out toxicity and first, or take hang, which answers",
                Assert.Throws<ToxicException>(() => rig.Proxy.Add(toxic)).Message);
        await rig.ConnectAsync();
    }

    [Fact]
    public async Task Refuse_refuses_new_connections_and_keeps_open_ones_and_its_place()
    {
        await using var rig = new ProxyRig();
        var (client, server) = await rig.ConnectAsync();
        var address = rig.Proxy.Address;
        rig.Proxy.Add(Of("refuse"));
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(rig.ClientAsync)).SocketErrorCode);
        await server.SendAsync("open"u8.ToArray());
        Assert.Equal("open", await ReadAsync(client, 4));
        rig.Proxy.Remove("refuse_downstream");
        await rig.ConnectAsync();
        Assert.Equal(address, rig.Proxy.Address);
    }

    [Fact]
    public async Task Refuse_of_the_first_resets_them_and_takes_the_next()
    {
        await using var rig = new ProxyRig();
        rig.Proxy.Add(Of("refuse", ("first", 2)));
        for (var i = 0; i < 2; i++)
            Assert.Equal(SocketError.ConnectionReset, await rig.RefusedAsync());
        var (client, server) = await rig.ConnectAsync();
        await server.SendAsync("third"u8.ToArray());
        Assert.Equal("third", await ReadAsync(client, 5));
        Assert.Equal(2, rig.Proxy.Counters.Refused);
    }

    [Fact]
    public async Task Hang_accepts_and_reaches_no_server_until_it_is_removed()
    {
        await using var rig = new ProxyRig();
        var (open, openServer) = await rig.ConnectAsync();
        rig.Proxy.Add(Of("hang"));
        var client = await rig.ClientAsync();
        await rig.SendUpAsync(client, "anyone?");
        await rig.SendDownAsync(openServer, "held");
        rig.Advance(3_600_000);
        Assert.False(rig.SomeoneWaits);
        await rig.SentDownAsync(0);
        rig.Proxy.Remove("hang_downstream");
        Assert.Equal("held", await ReadAsync(open, 4));
        Assert.Equal("anyone?", await ReadAsync(await rig.AcceptAsync(), 7));
    }
}
