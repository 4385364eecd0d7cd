using Xunit;

namespace EndToEnd.Tests;

public class SkeletonTests
{
    [Fact]
    public void The_embedded_target_lies_beside_the_tester() =>
        Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, "Loadline.Cli.dll")));
}
