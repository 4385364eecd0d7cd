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
