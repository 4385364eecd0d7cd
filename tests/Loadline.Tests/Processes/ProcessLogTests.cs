using Loadline.Processes;
using Xunit;

namespace Loadline.Tests.Processes;

public sealed class ProcessLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("loadline-log-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_written_is_in_the_file_at_once()
    {
        var path = Path.Combine(_folder, "logs", "rag.log");
        using var log = new ProcessLog(path);
        log.Write("first");
        log.Write("second");
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal(["first", "second"], reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void It_ends_at_its_limit_and_says_so()
    {
        var path = Path.Combine(_folder, "rag.log");
        using (var log = new ProcessLog(path))
            for (var mebibyte = 0; mebibyte < 70; mebibyte++)
                log.Write(new string('x', 1 << 20));
        Assert.InRange(new FileInfo(path).Length, 64 << 20, (64 << 20) + 200);
        Assert.EndsWith("its limit of 64 MiB)", File.ReadLines(path).Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_after_its_end_is_let_go()
    {
        var path = Path.Combine(_folder, "rag.log");
        var log = new ProcessLog(path);
        log.Write("first");
        log.Dispose();
        log.Write("late");
        Assert.Equal("first\n", File.ReadAllText(path));
    }
}
