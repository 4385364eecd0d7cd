using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Loadline.Processes;

/// <summary>
/// A process that Loadline started and answers for: its last lines are kept for error messages, it is asked to stop before it is made to,
/// and it is killed when its owner is disposed or the run is abandoned.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int KeptLines = 60;

    // A tenth of the weight of a process that yields to nobody (Linux, sched(7)).
    private const string Yielding = "10";
    private const string Nice = "/usr/bin/nice";

    private static readonly Lock AllLock = new();
    private static readonly List<ChildProcess> All = [];

    private readonly Process _process;
    private readonly Queue<string> _lines = new();
    private readonly Lock _linesLock = new();
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly ProcessLog? _log;

    private ChildProcess(string name, Process process, ProcessLog? log)
    {
        Name = name;
        _process = process;
        _log = log;
    }

    /// <summary>What the process is called in reports: <c>rag</c>, <c>llm</c>.</summary>
    public string Name { get; }

    /// <summary>The process id.</summary>
    public int Id { get; private set; }

    /// <summary>What the process reads, of one that outlives this process.</summary>
    public TextWriter Input => _process.StandardInput;

    /// <summary>Completes when the process has ended, for whatever reason.</summary>
    public Task Exited => _exited.Task;

    /// <summary>The exit code, or null while it runs.</summary>
    public int? ExitCode => _exited.Task.IsCompleted ? _process.ExitCode : null;

    /// <summary>The last lines that it wrote to standard output and error, oldest first.</summary>
    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_linesLock)
                return [.. _lines];
        }
    }

    /// <summary>Starts a .NET assembly with the runtime that runs this process.</summary>
    /// <param name="name">What it is called in reports.</param>
    /// <param name="assembly">Path of the assembly.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to add; null values are removed.</param>
    /// <param name="log">A file for all that it writes to standard output and error; null keeps the last lines only.</param>
    /// <param name="outlives">Whether it is left alone by <see cref="KillAll"/>, and reads from <see cref="Input"/>, which closes when this process ends: it acts then, and ends by itself.</param>
    /// <param name="yields">
    /// Whether it leaves the processor to others when all are busy (nice 10, inherited by what it starts): so that what is measured does not hold up what measures it. Without effect where there is no
    /// <c>nice</c> command.
    /// </param>
    /// <exception cref="IOException">The log can't be made.</exception>
    public static ChildProcess StartAssembly(
        string name, string assembly, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? log = null, bool outlives = false,
        bool yields = false)
    {
        yields &= File.Exists(Nice);
        var start = new ProcessStartInfo(yields ? Nice : DotNetHost())
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var word in yields ? ["-n", Yielding, DotNetHost()] : Array.Empty<string>())
            start.ArgumentList.Add(word);
        start.ArgumentList.Add(assembly);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (key, value) in environment ?? new Dictionary<string, string?>())
            if (value is null)
                start.Environment.Remove(key);
            else
                start.Environment[key] = value;

        var child = new ChildProcess(name, new Process { StartInfo = start, EnableRaisingEvents = true }, log is null ? null : new ProcessLog(log));
        child._process.Exited += (_, _) => child._exited.TrySetResult();
        child._process.OutputDataReceived += (_, e) => child.Take(e.Data);
        child._process.ErrorDataReceived += (_, e) => child.Take(e.Data);
        child._process.Start();
        child.Id = child._process.Id;
        if (!outlives)
            child._process.StandardInput.Close();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        if (!outlives)
            lock (AllLock)
                All.Add(child);
        return child;
    }

    /// <summary>Kills everything that is still running: the last resort of an abandoned run (second Ctrl-C, internal error).</summary>
    public static void KillAll()
    {
        ChildProcess[] children;
        lock (AllLock)
            children = [.. All];
        foreach (var child in children)
            child.Kill();
    }

    /// <summary>Asks the process to stop, and kills it when it hasn't within the patience given.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        if (!_exited.Task.IsCompleted)
        {
            if (!Signals.Send(Id, Signals.Terminate))
                Kill();
            try
            {
                await _exited.Task.WaitAsync(patience).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                Kill();
                await _exited.Task.ConfigureAwait(false);
            }
        }
    }

    /// <summary>Stops the process, with ten seconds of patience.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
        lock (AllLock)
            All.Remove(this);
        _process.Dispose();
        _log?.Dispose();
    }

    /// <summary>The <c>dotnet</c> that runs this process, whether it was started through it or through an apphost.</summary>
    private static string DotNetHost()
    {
        var file = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        // {root}/shared/Microsoft.NETCore.App/{version}/
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var beside = Path.Combine(root, file);
        return File.Exists(beside) ? beside : file;
    }

    private void Kill()
    {
        try
        {
            if (!_exited.Task.IsCompleted)
                _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself between the two lines.
        }
    }

    private void Take(string? line)
    {
        if (line is null)
            return;
        _log?.Write(line);
        lock (_linesLock)
        {
            _lines.Enqueue(line);
            if (_lines.Count > KeptLines)
                _lines.Dequeue();
        }
    }
}
