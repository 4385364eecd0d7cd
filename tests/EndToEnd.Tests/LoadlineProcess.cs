using System.Diagnostics;
using System.Text;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>The <c>loadline</c> command as a person runs it: a process of its own. Killed, with its children, when the test ends.</summary>
internal sealed class LoadlineProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    public LoadlineProcess(params string[] arguments)
        : this(new Dictionary<string, string>(), arguments)
    {
    }

    public LoadlineProcess(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Binaries.Loadline);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Take(e.Data);
        _process.ErrorDataReceived += (_, e) => Take(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Ids of the processes that it started and that still run.</summary>
    public IReadOnlyList<int> Children() => ChildrenOf(Id);

    public async Task<int> ExitAsync(TimeSpan patience)
    {
        using var cancel = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(cancel.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"loadline did not end within {patience}; its output:\n{Output}");
        }

        return _process.ExitCode;
    }

    /// <summary>Waits until its output has a text.</summary>
    public Task SaysAsync(string text, TimeSpan patience) =>
        Eventually.Async(() => Output.Contains(text, StringComparison.Ordinal), patience, () => $"loadline did not say '{text}'; its output:\n{Output}");

    public void Signal(string name)
    {
        using var kill = Process.Start("sh", ["-c", FormattableString.Invariant($"kill -s {name} {Id}")]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    public static bool IsRunning(int id) => Directory.Exists($"/proc/{id}") && !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);

    private static List<int> ChildrenOf(int parent) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!)).Where(id => ParentOf(id) == parent)];

    private static int ParentOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private void Take(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }
}
