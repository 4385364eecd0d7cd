using Microsoft.Extensions.DependencyInjection;
using Rag.Engines.Kafka;
using Rag.Errors;
using Rag.Ingestion;
using Xunit;

namespace Rag.Tests.Engines.Kafka;

public class KafkaQueueEngineTests(EngineServers servers)
{
    private readonly KafkaQueueEngine _engine = new();
    private readonly string _topic = $"check-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_check_names_what_is_missing_and_a_migration_brings_it_once()
    {
        var context = Context((await servers.GetAsync("kafka")).Address);
        var before = await _engine.CheckAsync(context, default);
        Assert.Equal([true, false, false, true], before.Select(finding => finding.Works));
        Assert.Contains("rag migrate", before[1].Remedy, StringComparison.Ordinal);
        Assert.Equal(2, (await _engine.MigrateAsync(context, default)).Count);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await _engine.CheckAsync(context, default)).Any(finding => !finding.Works)) // the old broker makes topics in the background
            await Task.Delay(50, limit.Token);
        Assert.Empty(await _engine.MigrateAsync(context, default));
    }

    [Fact]
    public async Task A_check_of_old_brokers_says_exactly_what_to_set_and_is_content_when_it_is_set()
    {
        var address = (await servers.GetAsync("kafka")).Address;
        var unset = Assert.Single(await _engine.CheckAsync(Bare(address), default));
        Assert.False(unset.Works);
        Assert.Contains("older than 0.10", unset.What, StringComparison.Ordinal);
        Assert.Equal("set kafka:client:api.version.request: \"false\", kafka:client:broker.version.fallback: \"0.9.0\", kafka:client:enable.idempotence: \"false\"", unset.Remedy);

        var half = await _engine.CheckAsync(Bare(address, ("kafka:client:api.version.request", "false"), ("kafka:client:broker.version.fallback", "0.9.0")), default);
        var lacking = Assert.Single(half, finding => finding.What.Contains("idempotent", StringComparison.Ordinal));
        Assert.Equal((false, "set kafka:client:enable.idempotence: \"false\""), (lacking.Works, lacking.Remedy));

        var whole = await _engine.CheckAsync(Context(address), default);
        Assert.DoesNotContain(whole, finding => !finding.Works && finding.Remedy?.Contains("kafka:client", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Old_brokers_are_asked_for_topics_at_once()
    {
        // With a time-out that a wait for it would make plain.
        var context = EngineContexts.Of(
            ("kafka:bootstrap_servers", (await servers.GetAsync("kafka")).Address), ("kafka:topic", _topic), ("kafka:timeout_ms", "300000"), ("kafka:client:api.version.request", "false"),
            ("kafka:client:broker.version.fallback", "0.9.0"), ("kafka:client:enable.idempotence", "false"));
        var done = await _engine.MigrateAsync(context, default).AsTask().WaitAsync(TimeSpan.FromSeconds(100));
        Assert.Equal(2, done.Count(line => line.Contains("asked for", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_check_of_absent_brokers_says_so_within_its_time_out()
    {
        var context = Context("127.0.0.1:1");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var finding = Assert.Single(await _engine.CheckAsync(context, default));
        Assert.False(finding.Works);
        Assert.Contains("kafka:bootstrap_servers", finding.Remedy, StringComparison.Ordinal);
        await Assert.ThrowsAsync<RagException>(() => _engine.MigrateAsync(context, default).AsTask());
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    [Fact]
    public void All_wrong_settings_are_told_at_once_and_no_address_is_one()
    {
        var error = Assert.Throws<InvalidOperationException>(() => _engine.Register(new ServiceCollection(), EngineContexts.Of(
            ("kafka:bootstrap_servers", "a:1,,b:2"), ("kafka:topic", "two words"), ("kafka:timeout_ms", "soon"))));
        foreach (var part in (string[])["kafka:bootstrap_servers: 'a:1,,b:2'", "kafka:topic: 'two words'", "kafka:timeout_ms: 'soon'"])
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => _engine.Register(new ServiceCollection(), EngineContexts.Of()));
    }

    [Fact]
    public void The_clients_own_settings_are_passed_on_and_go_before_ours()
    {
        var options = KafkaOptions.Read(Context("a:1", ("kafka:client:acks", "1"), ("kafka:client:security.protocol", "ssl"), ("kafka:client:ssl:ca:location", "/ca")).Configuration);
        Assert.Equal(("1", "ssl", "/ca"), (options.Producer().Get("acks"), options.Producer().Get("security.protocol"), options.Producer().Get("ssl.ca.location")));
        Assert.Equal("ssl", options.Consumer().Get("security.protocol"));
        Assert.Equal("False", options.Consumer().Get("enable.auto.offset.store"));
    }

    [Fact]
    public void Each_side_is_registered_where_its_service_is()
    {
        foreach (var (service, announces) in new[] { ("documents", true), ("ingestion", false) })
        {
            var services = new ServiceCollection();
            _engine.Register(services, Context("a:1") with { Hosts = name => name == service });
            Assert.Equal((announces, !announces), (services.Any(s => s.ServiceType == typeof(IJobAnnouncer)), services.Any(s => s.ServiceType == typeof(IJobReceiver))));
        }
    }

    private Rag.Engines.EngineContext Bare(string servers, params (string, string)[] further) => EngineContexts.Of(
        [("kafka:bootstrap_servers", servers), ("kafka:topic", _topic), ("kafka:timeout_ms", "2000"), .. further]);

    private Rag.Engines.EngineContext Context(string servers, params (string, string)[] further) => EngineContexts.Of(
    [
        ("kafka:bootstrap_servers", servers), ("kafka:topic", _topic), ("kafka:timeout_ms", "2000"), ("kafka:client:api.version.request", "false"),
        ("kafka:client:broker.version.fallback", "0.9.0"), ("kafka:client:enable.idempotence", "false"), .. further,
    ]);
}
