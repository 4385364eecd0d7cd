using Loadline.Processes;
using Xunit;

namespace Loadline.Tests.Processes;

/// <summary>Processes that Loadline starts.</summary>
public class ChildProcessTests
{
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 10)]
    public async Task What_is_measured_yields_the_processor_to_what_measures_it(bool yields, int more)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/nice"), "priorities are read from /proc");
        // The tests' own runner, which waits for a debugger until it is stopped.
        await using var child = ChildProcess.StartAssembly("child", typeof(ChildProcessTests).Assembly.Location, ["-waitForDebugger"], yields: yields);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        // Once it runs as .NET it is what it was made to be.
        while (child.LastLines.Count == 0)
            await Task.Delay(20, deadline.Token);
        Assert.Equal(NiceOf(Environment.ProcessId) + more, NiceOf(child.Id));
    }

    // Field 19 of /proc/PID/stat, proc(5); the command before it is in parentheses and may hold spaces.
    private static int NiceOf(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16], System.Globalization.CultureInfo.InvariantCulture);
    }
}
