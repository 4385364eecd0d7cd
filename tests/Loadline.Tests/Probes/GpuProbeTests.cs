using Loadline.Probes;
using Xunit;

namespace Loadline.Tests.Probes;

public class GpuProbeTests
{
    // As nvidia-smi writes with --format=csv,noheader,nounits; the last card is one that does not tell its use.
    private const string Recorded = "0, 87, 61234\n1, 0, 4\n2, [N/A], 512\n3, [Not Supported], [N/A]\n";

    [Fact]
    public void Each_card_has_its_use_in_percent_and_its_memory_in_bytes()
    {
        var (draft, failed) = (new InsideDraft(), new Dictionary<string, string>());
        GpuProbe.Read(Recorded).AddTo(draft, failed);
        Assert.Empty(failed);
        Assert.Equal(
            new Dictionary<string, double> { ["gpu.use{gpu:0}"] = 87, ["gpu.memory{gpu:0}"] = 61234.0 * 1024 * 1024, ["gpu.use{gpu:1}"] = 0, ["gpu.memory{gpu:1}"] = 4 << 20, ["gpu.memory{gpu:2}"] = 512 << 20 },
            draft.Point(0, 0).Levels!.ToDictionary());
    }

    [Theory]
    [InlineData("No devices were found")]
    [InlineData("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.")]
    [InlineData("")]
    public void An_answer_without_a_card_is_a_failed_look(string answer)
    {
        var (draft, failed) = (new InsideDraft(), new Dictionary<string, string>());
        GpuProbe.Read(answer).AddTo(draft, failed);
        Assert.Equal("no GPU in its answer", failed["nvidia-smi"]);
        Assert.Null(draft.Point(0, 0).Levels);
    }
}
