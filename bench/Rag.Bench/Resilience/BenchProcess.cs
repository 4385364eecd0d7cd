using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Rag.Bench.Resilience;

/// <summary>A program of this repository as a child process: started from its build, killed at the end, its last lines kept for the message when it fails.</summary>
internal sealed partial class BenchProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private const int KeptLines = 40;

    private readonly Process _process;
    private readonly Queue<string> _lines = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Uri> _status = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TextWriter? _log;

    private BenchProcess(Process process, TextWriter? log) => (_process, _log) = (process, log);

    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>The last lines that it wrote.</summary>
    public string LastLines
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    /// <summary>Where it says that it listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Where <c>rag up</c> says that its status is.</summary>
    public Task<Uri> Status => _status.Task;

    /// <summary>Starts <c>src/PROJECT</c> and waits for its line "listening on …". All its lines go to <paramref name="log"/> as well, if there is one.</summary>
    public static async Task<BenchProcess> StartAsync(
        string project, IEnumerable<string> arguments, CancellationToken cancellationToken, IEnumerable<(string Name, string Value)>? environment = null, TextWriter? log = null)
    {
        var child = Launch(project, [.. arguments, "--parent", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)], environment, log);
        try
        {
            child.Address = await child._listening.Task.WaitAsync(StartLimit, cancellationToken);
            return child;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            await child.DisposeAsync();
            throw new InvalidOperationException($"{error.Message}; its last lines:\n{child.LastLines}", error);
        }
    }

    /// <summary>Starts <c>src/PROJECT</c> and waits for nothing: for what listens nowhere.</summary>
    public static BenchProcess Launch(string project, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)>? environment = null, TextWriter? log = null)
    {
        // …/bench/Rag.Bench/bin/Release/net10.0 → …/src/PROJECT/bin/Release/net10.0
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var dll = Path.Combine(own.Parent!.Parent!.Parent!.Parent!.Parent!.FullName, "src", project, "bin", own.Parent.Name, own.Name, project + ".dll");
        if (!File.Exists(dll))
            throw new FileNotFoundException($"{dll} is not there; build the solution");
        var start = new ProcessStartInfo("dotnet", [dll, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? [])
            start.Environment[name] = value;
        var child = new BenchProcess(new Process { StartInfo = start, EnableRaisingEvents = true }, log);
        child._process.OutputDataReceived += (_, e) => child.Take(e.Data);
        child._process.ErrorDataReceived += (_, e) => child.Take(e.Data);
        child._process.Exited += (_, _) => child._listening.TrySetException(new InvalidOperationException($"{project} ended before it listened"));
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Asks it to stop, and kills it when it has not after 15 s.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Signal(_process.Id, 15);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Signal(int processId, int signal);

    private void Take(string? line)
    {
        if (line is null)
            return;
        lock (_lines)
        {
            _log?.WriteLine(line);
            _lines.Enqueue(line);
            if (_lines.Count > KeptLines)
                _lines.Dequeue();
        }

        if (Listening().Match(line) is { Success: true } at)
            _listening.TrySetResult(new Uri(at.Groups[1].Value));
        if (StatusOn().Match(line) is { Success: true } status)
            _status.TrySetResult(new Uri(status.Groups[1].Value));
    }

    [GeneratedRegex(@"^listening on (http://\S+)")]
    private static partial Regex Listening();

    [GeneratedRegex(@"status on (http://\S+)")]
    private static partial Regex StatusOn();
}
