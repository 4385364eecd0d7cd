using System.Text;
using System.Text.RegularExpressions;
using Loadline.Probes;
using Loadline.Targets;
using Loadline.Tests.Plans;
using Xunit;

namespace Loadline.Tests.Probes;

/// <summary>The rules for known exporters in docs/targets.md, on lines as those exporters write them.</summary>
public partial class ExporterTests
{
    private const string Before = """
        redis_keyspace_hits_total 100
        redis_keyspace_misses_total 50
        container_cpu_usage_seconds_total{container_label_a="b",cpu="total",id="/docker/1",image="rag",name="query"} 10.5
        container_network_receive_bytes_total{id="/docker/1",interface="eth0",name="query"} 1000
        container_network_receive_bytes_total{id="/docker/1",interface="eth1",name="query"} 10
        vllm:generation_tokens_total{engine="0",model_name="llama"} 1000.0
        te_embed_count 5
        """;

    private const string Now = """
        # HELP pg_stat_activity_count number of connections in this state
        # TYPE pg_stat_activity_count gauge
        pg_stat_activity_count{application_name="rag",backend_type="client backend",datname="rag",server="db:5432",state="active",usename="rag",wait_event="",wait_event_type=""} 7
        pg_stat_activity_count{application_name="rag",backend_type="client backend",datname="rag",server="db:5432",state="idle",usename="rag",wait_event="ClientRead",wait_event_type="Client"} 12
        pg_stat_activity_count{application_name="rag",backend_type="client backend",datname="rag",server="db:5432",state="idle in transaction",usename="rag",wait_event="ClientRead",wait_event_type="Client"} 2
        redis_keyspace_hits_total 160
        redis_keyspace_misses_total 70
        kafka_consumergroup_lag{consumergroup="ingestion",partition="0",topic="jobs"} 4
        kafka_consumergroup_lag{consumergroup="ingestion",partition="1",topic="jobs"} 5
        kafka_consumergroup_lag{consumergroup="other",partition="0",topic="jobs"} 500
        DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-1",pci_bus_id="00000000:17:00.0",device="nvidia0",modelName="NVIDIA A100-SXM4-80GB",Hostname="node"} 93
        DCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-1",pci_bus_id="00000000:17:00.0",device="nvidia0",modelName="NVIDIA A100-SXM4-80GB",Hostname="node"} 1024
        container_cpu_usage_seconds_total{container_label_a="b",cpu="total",id="/docker/1",image="rag",name="query"} 13.5
        container_memory_rss{container_label_a="b",id="/docker/1",image="rag",name="query"} 4096
        container_network_receive_bytes_total{id="/docker/1",interface="eth0",name="query"} 3000
        container_network_receive_bytes_total{id="/docker/1",interface="eth1",name="query"} 30
        vllm:generation_tokens_total{engine="0",model_name="llama"} 1500.0
        te_embed_count 25
        """;

    [Fact]
    public void Each_rule_makes_its_metric()
    {
        var rules = TargetProfileReader.Read($"name: a\nabout: b\nprobes:\n  prometheus: /metrics\n  metrics:\n{Block().Match(Repository.Text("docs/targets.md")).Groups[1].Value}\noperations:\n  ask: {{ request: GET / }}\n").Probes!.Readings;
        var intake = new SeriesIntake(rules, new Dictionary<string, string>());
        Take(intake, Before);
        intake.End(0, new InsideDraft());
        Take(intake, Now);
        var draft = new InsideDraft();
        intake.End(2, draft);
        var look = draft.Point(2, 2);

        Assert.Equal(
            new Dictionary<string, double>
            {
                ["db.connections"] = 7,
                ["db.connections.idle"] = 14,
                ["queue.depth{queue:jobs}"] = 9,
                ["gpu.use{gpu:0}"] = 93,
                ["gpu.memory{gpu:0}"] = 1 << 30,
                ["memory{service:query}"] = 4096,
            }.OrderBy(level => level.Key), look.Levels!.OrderBy(level => level.Key));
        Assert.Equal([60.0, 80], look.Shares!["cache.hit{level:redis}"]);
        Assert.Equal([3.0, 2], look.Rates!["cpu{service:query}"]);
        Assert.Equal([2020.0, 2], look.Rates["network.in{network:query}"]);
        Assert.Equal([500.0, 2], look.Rates["generation.tokens{model:llama}"]);
        Assert.Equal([20.0, 2], look.Rates["embedding.rate"]);
    }

    private static void Take(SeriesIntake intake, string text)
    {
        intake.Begin();
        foreach (var line in text.Split('\n'))
            intake.Take(Encoding.UTF8.GetBytes(line));
    }

    [GeneratedRegex("```yaml\n(    # postgres_exporter.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
