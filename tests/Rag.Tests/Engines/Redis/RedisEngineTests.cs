using Microsoft.Extensions.DependencyInjection;
using Rag.Engines;
using Rag.Engines.Redis;
using StackExchange.Redis;
using Xunit;

namespace Rag.Tests.Engines.Redis;

public class RedisEngineTests
{
    [Fact]
    public async Task A_check_tells_version_memory_and_durability_and_how_to_mend_them()
    {
        if (EngineServer.Missing("redis") is { } why)
            Assert.Skip(why);
        await using var server = await EngineServer.StartAsync("redis");
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.Address + ",allowAdmin=true");
        var context = EngineContexts.Of(("redis:connection", server.Address));

        var cache = await new RedisCachingEngine().CheckAsync(context, default);
        Assert.Equal([true, false], cache.Select(finding => finding.Works));
        Assert.StartsWith("Redis 7.", cache[0].What, StringComparison.Ordinal);
        Assert.Contains("maxmemory", cache[1].Remedy, StringComparison.Ordinal);
        await admin.GetServers()[0].ConfigSetAsync("maxmemory", "100mb");
        Assert.Contains("allkeys-lru", (await new RedisCachingEngine().CheckAsync(context, default))[1].Remedy, StringComparison.Ordinal);
        await admin.GetServers()[0].ConfigSetAsync("maxmemory-policy", "allkeys-lru");
        Assert.All(await new RedisCachingEngine().CheckAsync(context, default), finding => Assert.True(finding.Works, finding.What));

        var queue = await new RedisQueueEngine().CheckAsync(context, default);
        Assert.Equal([true, true, false], queue.Select(finding => finding.Works)); // what suits a cache may evict a stream
        Assert.Contains("appendonly yes", queue[1].Remedy, StringComparison.Ordinal);
        await admin.GetServers()[0].ConfigSetAsync("appendonly", "yes");
        Assert.Null((await new RedisQueueEngine().CheckAsync(context, default))[1].Remedy);
    }

    [Fact]
    public async Task A_check_of_a_server_that_is_absent_or_wants_a_password_says_so_and_shows_none()
    {
        if (EngineServer.Missing("redis") is { } why)
            Assert.Skip(why);
        await using var server = await EngineServer.StartAsync("redis");
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.Address + ",allowAdmin=true");
        await admin.GetServers()[0].ConfigSetAsync("requirepass", "right-secret");
        foreach (var connection in (string[])["127.0.0.1:1,password=wrong-secret", server.Address + ",password=wrong-secret", server.Address])
        {
            var finding = Assert.Single(await new RedisCachingEngine().CheckAsync(EngineContexts.Of(("redis:connection", connection)), default));
            Assert.False(finding.Works);
            Assert.Contains("redis:connection", finding.Remedy, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", finding.What + finding.Remedy, StringComparison.Ordinal);
        }

        Assert.True((await new RedisCachingEngine().CheckAsync(EngineContexts.Of(("redis:connection", server.Address + ",password=right-secret")), default))[0].Works);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no=such,setting=secret")]
    [InlineData("host,connectTimeout=secret")]
    public void A_connection_that_cant_be_read_is_refused_and_not_shown(string connection)
    {
        foreach (var engine in (Engine[])[new RedisCachingEngine(), new RedisQueueEngine()])
        {
            var error = Assert.Throws<InvalidOperationException>(() => engine.Register(
                new ServiceCollection(), EngineContexts.Of(("redis:connection", connection), ("redis:prefix", "{x}"), ("redis:timeout_ms", "0"))));
            foreach (var part in (string[])["redis:connection", "redis:prefix", "redis:timeout_ms"])
                Assert.Contains(part, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        }
    }
}
