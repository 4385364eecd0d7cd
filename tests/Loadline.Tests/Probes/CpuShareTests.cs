using Loadline.Probes;
using Xunit;

namespace Loadline.Tests.Probes;

public sealed class CpuShareTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("loadline-cpu-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Without_control_groups_it_is_the_affinity() => Assert.Equal(4, CpuShare.Read(_root, 4));

    [Theory]
    [InlineData("150000 100000", 1.5)]
    [InlineData("max 100000", 4.0)]
    [InlineData("800000 100000", 4.0)]
    [InlineData("damaged", 4.0)]
    public void A_quota_of_version_2_makes_it_less(string quota, double cores)
    {
        Write("proc/self/cgroup", "0::/job/step\n");
        Write("sys/fs/cgroup/job/step/cpu.max", quota + "\n");
        Assert.Equal(cores, CpuShare.Read(_root, 4));
    }

    [Fact]
    public void The_least_quota_of_the_groups_above_counts()
    {
        Write("proc/self/cgroup", "0::/job/step\n");
        Write("sys/fs/cgroup/job/step/cpu.max", "max 100000\n");
        Write("sys/fs/cgroup/job/cpu.max", "50000 100000\n");
        Assert.Equal(0.5, CpuShare.Read(_root, 4));
    }

    [Fact]
    public void Version_1_has_quota_and_period_apart()
    {
        Write("proc/self/cgroup", "9:memory:/x\n4:cpu,cpuacct:/\n");
        Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "120000\n");
        Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        Assert.Equal(1.2, CpuShare.Read(_root, 4));
    }

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
