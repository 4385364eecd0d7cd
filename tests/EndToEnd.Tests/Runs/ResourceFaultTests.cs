using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace EndToEnd.Tests.Runs;

/// <summary>Faults that take the machine's processors, its memory or a disk's room, in real runs: they take what they say, and give it back when their time is over and when Loadline is killed.</summary>
public sealed class ResourceFaultTests
{
    private const long Mebibyte = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Clean = TimeSpan.FromSeconds(10);

    public static TheoryData<string, bool> Faults { get; } = new()
    {
        { "cpu: 2", false }, { "cpu: 2", true },
        { "memory: 256MiB", false }, { "memory: 256MiB", true },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task What_a_process_takes_it_gives_back(string fault, bool killed)
    {
        using var folder = new TemporaryFolder();
        using var llm = new LoadlineProcess("llm", "--port", "0");
        using var run = await RunAsync(llm, folder, fault, killed);
        await run.SaysAsync("Fault 'planted': ", Patience);
        var burner = Assert.Single(run.Children(), IsBurner);
        await Eventually.Async(
            () => fault.StartsWith("cpu", StringComparison.Ordinal) ? UsedProcessor(burner) > TimeSpan.FromSeconds(1) && Threads(burner) >= 2 : Resident(burner) >= 256 * Mebibyte,
            Clean, () => $"the burner has used {UsedProcessor(burner)} and has {Resident(burner) / Mebibyte} MiB");

        await EndAsync(run, killed);
        await Eventually.Async(() => !LoadlineProcess.IsRunning(burner), Clean, () => "what takes it outlived the fault");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_disk_that_is_full_has_its_room_again(bool killed)
    {
        using var folder = new TemporaryFolder();
        using var disk = await SmallDisk.MakeAsync(folder["disk"], Patience);
        using var llm = new LoadlineProcess("llm", "--port", "0");
        using var run = await RunAsync(llm, folder, $"fill: {disk.Path}", killed);
        await run.SaysAsync("Fault 'planted': ", Patience);
        Assert.Equal(0, new DriveInfo(disk.Path).AvailableFreeSpace);
        Assert.Throws<IOException>(() => File.WriteAllText(Path.Combine(disk.Path, "more"), new string('x', 10_000)));
        File.Delete(Path.Combine(disk.Path, "more"));

        await EndAsync(run, killed);
        await Eventually.Async(() => new DriveInfo(disk.Path).AvailableFreeSpace == SmallDisk.Size, Clean, () => string.Join(", ", Directory.EnumerateFiles(disk.Path)));
        Assert.Empty(Directory.EnumerateFiles(disk.Path));
    }

    [Fact]
    public async Task A_disk_that_is_too_large_is_not_filled_and_the_run_is_invalid()
    {
        using var folder = new TemporaryFolder();
        // A limit, not memory that is there.
        using var disk = await SmallDisk.MakeAsync(folder["disk"], Patience, 20 * 1024 * Mebibyte);
        using var llm = new LoadlineProcess("llm", "--port", "0");
        using var run = await RunAsync(llm, folder, $"fill: {disk.Path}", killed: false);
        await run.SaysAsync($"20 GiB are free on the disk of {disk.Path}, and at most 16 are filled", Patience);
        run.Signal("INT");
        Assert.Equal(105, await run.ExitAsync(Patience));
        Assert.Contains("the fault 'planted' was not injected", run.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(disk.Path));
    }

    private static async Task EndAsync(LoadlineProcess run, bool killed)
    {
        if (killed)
        {
            run.Signal("KILL");
            return;
        }
        await run.SaysAsync("Fault 'planted' has ended", Patience);
    }

    private static Task<LoadlineProcess> RunAsync(LoadlineProcess llm, TemporaryFolder folder, string fault, bool killed) => PlantedFault.RunAsync(llm, folder, fault, killed ? "100s" : "20s");

    private static bool IsBurner(int id) => File.ReadAllText($"/proc/{id}/cmdline").Split('\0').Contains("burn");

    // Of one that has ended: nothing, as its time limit is what the test is about.
    private static TimeSpan UsedProcessor(int id)
    {
        if (!LoadlineProcess.IsRunning(id))
            return TimeSpan.Zero;
        using var process = Process.GetProcessById(id);
        return process.TotalProcessorTime;
    }

    // Those that are running or want to.
    private static int Threads(int id) => Directory.EnumerateDirectories($"/proc/{id}/task").Count(thread => File.ReadAllText(Path.Combine(thread, "stat")) is var stat && stat[(stat.LastIndexOf(')') + 2)..].StartsWith('R'));

    private static long Resident(int id) => 4096 * long.Parse(File.ReadAllText($"/proc/{id}/statm").Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>A disk of its own, small unless asked for: a file system in memory, in the namespaces of a process that holds it. No privileges are needed where users may make namespaces.</summary>
    private sealed class SmallDisk : IDisposable
    {
        public const long Size = 16 * Mebibyte;

        private readonly Process _holder;

        private SmallDisk(Process holder, string path) => (_holder, Path) = (holder, FormattableString.Invariant($"/proc/{holder.Id}/root{path}"));

        /// <summary>Where everybody sees it.</summary>
        public string Path { get; }

        public static async Task<SmallDisk> MakeAsync(string path, TimeSpan patience, long size = Size)
        {
            Directory.CreateDirectory(path);
            var start = new ProcessStartInfo("unshare", ["-r", "-m", "sh", "-c", $"mount -t tmpfs -o size={size} tmpfs '{path}' && echo mounted && exec sleep 600"]) { RedirectStandardOutput = true, RedirectStandardError = true };
            var holder = Process.Start(start)!;
            using var limit = new CancellationTokenSource(patience);
            if (await holder.StandardOutput.ReadLineAsync(limit.Token) != "mounted")
                Assert.Fail($"a file system can't be mounted here: {await holder.StandardError.ReadToEndAsync(limit.Token)}");
            return new SmallDisk(holder, path);
        }

        public void Dispose()
        {
            _holder.Kill();
            _holder.WaitForExit();
            _holder.Dispose();
        }
    }
}
