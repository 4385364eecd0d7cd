using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rag.Tests.Engines;

/// <summary>
/// A real engine as a child process: installed and run by <c>eng/engines/NAME.sh</c>, with throwaway data on a free loopback port. It can be killed, frozen and
/// started again on the same port with the same data. Where it isn't installed, <see cref="Missing"/> says why.
/// </summary>
internal sealed partial class EngineServer : IAsyncDisposable
{
    private const int SigInterrupt = 2, SigKill = 9, SigTerm = 15, SigContinue = 18, SigStop = 19;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly string _script;
    private readonly string _folder;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly List<string> _said = [];
    private Process? _process;
    private bool _yields;

    private EngineServer(string script, int port, IReadOnlyDictionary<string, string> environment)
    {
        (_script, Port, _environment) = (script, port, environment);
        _folder = Directory.CreateTempSubdirectory($"loadline-{Path.GetFileNameWithoutExtension(script)}-").FullName;
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101); // the server may be another user's
    }

    /// <summary>Where it listens on 127.0.0.1; kept over restarts.</summary>
    public int Port { get; }

    /// <summary><c>127.0.0.1:PORT</c>.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>The server's process.</summary>
    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("it doesn't run");

    /// <summary>Its data, kept over restarts.</summary>
    public string Data => Path.Combine(_folder, "data");

    /// <summary>Why an engine can't be run here, in one line; null when it can.</summary>
    public static string? Missing(string engine)
    {
        var (code, said) = Ask(ScriptOf(engine), "installed");
        return code == 0 ? null : said;
    }

    /// <summary>Its name and version.</summary>
    public static string VersionOf(string engine) => Ask(ScriptOf(engine), "installed").Said;

    /// <summary>Starts an engine and waits until it listens.</summary>
    /// <param name="engine">The script's name without <c>.sh</c>.</param>
    /// <param name="environment">Further variables for the script.</param>
    /// <param name="yields">Whether it yields the processor (<c>nice</c> 10), as a system does that Loadline starts: whoever measures on the same machine keeps its time.</param>
    public static async Task<EngineServer> StartAsync(string engine, IReadOnlyDictionary<string, string>? environment = null, bool yields = false)
    {
        var server = new EngineServer(ScriptOf(engine), FreePort(), environment ?? new Dictionary<string, string>()) { _yields = yields };
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it once more, on the data and the port that it had.</summary>
    public async Task StartAgainAsync()
    {
        string[] command = [.. _yields ? new[] { "nice", "-n", "10" } : [], "bash", _script, "run", Data, Port.ToString(CultureInfo.InvariantCulture)];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PARENT"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in _environment)
            start.Environment[name] = value;
        var process = _process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var started = Stopwatch.GetTimestamp();
        while (!await ListensAsync())
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(started) > StartLimit)
                throw new InvalidOperationException($"{Path.GetFileName(_script)} did not listen on {Address}: {string.Join("; ", Said())}");
            await Task.Delay(20);
        }
    }

    /// <summary>Ends it as a power cut would, and waits until it is gone.</summary>
    public Task KillAsync() => EndAsync(SigKill);

    /// <summary>Asks it to end, and waits until it is gone; kills it after ten seconds.</summary>
    public Task StopAsync() => EndAsync(IsPostgres ? SigInterrupt : SigTerm);

    /// <summary>Stops its clockwork: connections stay and nothing answers.</summary>
    public void Freeze() => SignalAll(ProcessId, SigStop);

    /// <summary>Ends a <see cref="Freeze"/>.</summary>
    public void Thaw() => SignalAll(ProcessId, SigContinue);

    public async ValueTask DisposeAsync()
    {
        await EndAsync(SigKill);
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A child of the server is still closing a file; the folder is a temporary one.
        }
    }

    // SIGTERM is its "smart" shutdown, which waits for clients that hold their connections; what its own tools send by default is SIGINT.
    private bool IsPostgres => Path.GetFileName(_script) is "postgres.sh" or "pgvector.sh";

    internal static string Repository([CallerFilePath] string here = "")
    {
        var folder = Path.GetDirectoryName(here);
        while (folder is not null && !File.Exists(Path.Combine(folder, "Loadline.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("there is no Loadline.slnx above the tests");
    }

    private static string ScriptOf(string engine) => Path.Combine(Repository(), "eng", "engines", engine + ".sh");

    private static (int Code, string Said) Ask(string script, string word)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/bin/bash"))
            return (1, "engines are run by bash scripts, on Linux");
        using var process = Process.Start(new ProcessStartInfo("bash", [script, word]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.WaitForExit();
        return (process.ExitCode, (process.ExitCode == 0 ? output : error).Result.Trim());
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> ListensAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task EndAsync(int signal)
    {
        if (_process is not { } process)
            return;
        _process = null;
        if (!process.HasExited)
        {
            var all = signal == SigKill ? Tree(process.Id) : [process.Id];
            var frozen = Tree(process.Id);
            foreach (var one in all)
                Signal(one, signal);
            foreach (var one in frozen)
                Signal(one, SigContinue);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
            }
        }

        process.Dispose();
    }

    private void Note(string? line)
    {
        lock (_said)
            if (line is not null && _said.Count < 50)
                _said.Add(line);
    }

    private string[] Said()
    {
        lock (_said)
            return [.. _said];
    }

    private static void SignalAll(int process, int signal)
    {
        foreach (var one in Tree(process))
            Signal(one, signal);
    }

    /// <summary>A process and those that it started, as PostgreSQL does for each connection: a power cut takes them all.</summary>
    private static List<int> Tree(int root)
    {
        var parents = new List<(int Process, int Parent)>();
        foreach (var folder in Directory.GetDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var process))
                try
                {
                    // PID (NAME) STATE PARENT …; the name may hold anything.
                    var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                    parents.Add((process, int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture)));
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    // It ended meanwhile.
                }

        var tree = new List<int> { root };
        for (var i = 0; i < tree.Count; i++)
            tree.AddRange(parents.Where(p => p.Parent == tree[i]).Select(p => p.Process));
        return tree;
    }

    private static void Signal(int process, int signal) => _ = Kill(process, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
