using Loadline.Probes;
using Loadline.Recording;
using Loadline.Tests.Recording;
using Xunit;

namespace Loadline.Tests.Probes;

public sealed class ProcessLooksTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Replicas_of_a_service_are_summed_and_containers_have_networks_of_their_own()
    {
        Process("self", "net:[1]", 0, 0, 0);
        Process("11", "net:[1]", 3, 1000, 500);
        Process("12", "net:[1]", 4, 1000, 500);
        Process("13", "net:[2]", 5, 70, 30);
        using (var log = new InsideLog(_folder.Path))
        {
            var looks = new ProcessLooks(log, _folder.Path);
            WatchedProcess[] processes = [new("loadline", 1), new("query-1", 11) { Service = "query" }, new("query-2", 12) { Service = "query" }, new("vectors-1", 13) { Service = "vectors" }, new("gone", 99) { Service = "gone" }];
            var samples = new Dictionary<string, ProcessSample> { ["loadline"] = new(1, 1), ["query-1"] = new(0.25, 100), ["query-2"] = new(0.5, 200), ["vectors-1"] = new(0.1, 50) };
            looks.Take(10, processes, samples);
            Process("11", "net:[1]", 3, 5000, 2500);
            Process("12", "net:[1]", 4, 5000, 2500);
            Process("13", "net:[2]", 6, 90, 30);
            looks.Take(12, processes, samples);
        }
        var seen = InsideLog.Read(_folder.Path).ToList();
        Assert.Equal(
            new Dictionary<string, double>
            {
                ["cpu{service:query}"] = 0.75,
                ["memory{service:query}"] = 300,
                ["files.open{service:query}"] = 7,
                ["cpu{service:vectors}"] = 0.1,
                ["memory{service:vectors}"] = 50,
                ["files.open{service:vectors}"] = 6,
            },
            seen[1].Levels!.ToDictionary());
        // The machine's interfaces once, however many processes see them: 4000 bytes in 2 s.
        Assert.Equal([4000.0, 2], seen[1].Rates!["network.in{network:machine}"]);
        Assert.Equal([2000.0, 2], seen[1].Rates!["network.out{network:machine}"]);
        Assert.Equal([20.0, 2], seen[1].Rates!["network.in{network:vectors}"]);
        Assert.Null(seen[0].Rates);
    }

    [Fact]
    public void Control_groups_tell_what_counts_against_their_limits()
    {
        Process("self", "net:[1]", 0, 0, 0);
        foreach (var id in new[] { "11", "12", "13", "14", "15" })
            Process(id, "net:[1]", 1, 0, 0);
        Group("self", "box/loadline");
        Group("11", "box/query");
        Group("12", "box/query");
        Group("13", "box/loadline");
        Group("14", "box/pod");
        Group("15", "box/pod");
        Counted("box/query", cpu: 5_000_000, periods: 100, throttled: 10, waited: 400_000, memory: 300, most: "1200", tasks: 20);
        Counted("box/loadline", cpu: 1_000_000, periods: 0, throttled: 0, waited: 0, memory: 70, most: "max", tasks: 3);
        Counted("box/pod", cpu: 9_000_000, periods: 0, throttled: 0, waited: 0, memory: 9, most: "max", tasks: 2);
        using (var log = new InsideLog(_folder.Path))
        {
            var looks = new ProcessLooks(log, _folder.Path);
            WatchedProcess[] processes =
            [
                new("query-1", 11) { Service = "query" }, new("query-2", 12) { Service = "query" }, new("search-1", 13) { Service = "search" },
                new("vectors-1", 14) { Service = "vectors" }, new("keywords-1", 15) { Service = "keywords" }, new("gone", 99) { Service = "gone" },
            ];
            var samples = processes.ToDictionary(process => process.Name, _ => new ProcessSample(0, 1));
            looks.Take(10, processes, samples);
            Counted("box/query", cpu: 8_000_000, periods: 120, throttled: 15, waited: 1_400_000, memory: 600, most: "1200", tasks: 24);
            Counted("box/loadline", cpu: 1_500_000, periods: 0, throttled: 0, waited: 0, memory: 80, most: "max", tasks: 3);
            // Made anew.
            Counted("box/pod", cpu: 1, periods: 0, throttled: 0, waited: 0, memory: 9, most: "max", tasks: 2);
            looks.Take(12, processes, samples);
        }
        var seen = InsideLog.Read(_folder.Path).ToList();
        Assert.Equal(
            new Dictionary<string, double>
            {
                ["group.memory{group:query}"] = 600,
                ["group.memory.use{group:query}"] = 50,
                ["group.tasks{group:query}"] = 24,
                ["group.memory{group:shared}"] = 80,
                ["group.tasks{group:shared}"] = 3,
                ["group.memory{group:pod}"] = 9,
                ["group.tasks{group:pod}"] = 2,
            },
            seen[1].Levels!.Where(level => level.Key.StartsWith("group", StringComparison.Ordinal)).ToDictionary());
        // 3 s of processor in 2 s; a second's waiting; 5 of 20 periods.
        var rates = seen[1].Rates!.Where(rate => rate.Key.StartsWith("group", StringComparison.Ordinal)).ToDictionary();
        Assert.Equal(["group.cpu{group:query}", "group.cpu{group:shared}", "group.throttled.time{group:query}"], rates.Keys.Order());
        Assert.Equal([3.0, 2], rates["group.cpu{group:query}"]);
        Assert.Equal([0.5, 2], rates["group.cpu{group:shared}"]);
        Assert.Equal([1.0, 2], rates["group.throttled.time{group:query}"].Select(value => Math.Round(value, 6)));
        Assert.Equal([5.0, 20], Assert.Single(seen[1].Shares!).Value);
    }

    [Theory]
    [InlineData("4:memory:/old")]
    [InlineData("0::/../elsewhere")]
    [InlineData("0::/")]
    public void Without_a_group_of_version_two_nothing_is_told(string line)
    {
        Process("self", "net:[1]", 0, 0, 0);
        Process("11", "net:[1]", 1, 0, 0);
        File.WriteAllText(_folder.File("proc/11/cgroup"), line + "\n");
        Directory.CreateDirectory(_folder.File("sys/fs/cgroup"));
        // As at the root of a machine.
        File.WriteAllText(_folder.File("sys/fs/cgroup/cpu.stat"), "usage_usec 5\n");
        using (var log = new InsideLog(_folder.Path))
            new ProcessLooks(log, _folder.Path).Take(1, [new("rag", 11) { Service = "rag" }], new Dictionary<string, ProcessSample> { ["rag"] = new(1, 1) });
        Assert.DoesNotContain(Assert.Single(InsideLog.Read(_folder.Path)).Levels!.Keys, key => key.StartsWith("group", StringComparison.Ordinal));
    }

    private void Group(string id, string group) => File.WriteAllText(_folder.File($"proc/{id}/cgroup"), $"1:name=systemd:/\n0::/{group}\n");

    private void Counted(string group, long cpu, int periods, int throttled, long waited, long memory, string most, int tasks)
    {
        var folder = Directory.CreateDirectory(_folder.File($"sys/fs/cgroup/{group}")).FullName;
        File.WriteAllText(Path.Combine(folder, "cpu.stat"), $"usage_usec {cpu}\nuser_usec 1\nsystem_usec 2\nnr_periods {periods}\nnr_throttled {throttled}\nthrottled_usec {waited}\n");
        File.WriteAllText(Path.Combine(folder, "memory.current"), $"{memory}\n");
        File.WriteAllText(Path.Combine(folder, "memory.max"), most + "\n");
        File.WriteAllText(Path.Combine(folder, "pids.current"), $"{tasks}\n");
    }

    private void Process(string id, string network, int files, long received, long sent)
    {
        var folder = Directory.CreateDirectory(_folder.File($"proc/{id}")).FullName;
        foreach (var name in new[] { "fd", "net", "ns" })
            Directory.CreateDirectory(Path.Combine(folder, name));
        for (var i = 0; i < files; i++)
            File.WriteAllText(Path.Combine(folder, "fd", $"{i}"), "");
        var link = Path.Combine(folder, "ns", "net");
        File.Delete(link);
        File.CreateSymbolicLink(link, network);
        File.WriteAllText(Path.Combine(folder, "net", "dev"), $"""
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo: {received - received / 2}     100    0    0    0     0          0         0 {sent - sent / 2}     100    0    0    0     0       0          0
              eth0:{received / 2}     100    0    0    0     0          0         0 {sent / 2}     100    0    0    0     0       0          0
            """);
    }
}
