using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Serialization;
using Xunit;

namespace EndToEnd.Tests.Services;

/// <summary><c>rag up</c> as a person runs it, on free loopback ports.</summary>
internal sealed class RagUp : IAsyncDisposable
{
    public const string Key = "key-key-key-key-key";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };

    public RagUp(string dataFolder, params string[] more)
        : this(dataFolder, new Dictionary<string, string>(), more)
    {
    }

    private RagUp(string dataFolder, IReadOnlyDictionary<string, string> settings, string[] more)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [Binaries.Rag, "up", "--urls", "http://127.0.0.1:0", "--data", dataFolder, "--dev-key", Key, .. more])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        foreach (var (name, value) in settings)
            _process.StartInfo.Environment[name] = value;
        _process.OutputDataReceived += (_, e) => Take(_output, e.Data);
        _process.ErrorDataReceived += (_, e) => Take(_errors, e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public IReadOnlyList<string> Output => [.. _output];

    public string Errors => string.Join('\n', _errors);

    /// <summary>Where the (first) gateway listens.</summary>
    public Uri Address => Announced("listening on ");

    /// <summary>Where the supervisor answers.</summary>
    public Uri Supervisor => Announced("status on ");

    /// <summary>Starts it and waits until all its processes are ready.</summary>
    public static Task<RagUp> StartAsync(string dataFolder, params string[] more) => StartAsync(dataFolder, new Dictionary<string, string>(), more);

    /// <summary>Starts it with further settings (<c>RAG_SECTION__KEY</c>) and waits until all its processes are ready.</summary>
    public static async Task<RagUp> StartAsync(string dataFolder, IReadOnlyDictionary<string, string> settings, params string[] more)
    {
        var up = new RagUp(dataFolder, settings, more);
        await Eventually.Async(() => up.Says("listening on ") || up._process.HasExited, Patience, () => $"rag up did not get ready; it said:\n{up.Errors}");
        Assert.True(!up._process.HasExited, $"rag up ended; it said:\n{up.Errors}");
        return up;
    }

    public async Task<Fleet> StatusAsync() => (await _http.GetFromJsonAsync<Fleet>(new Uri(Supervisor, "/status")))!;

    public async Task<Member> StatusAsync(string name) => (await StatusAsync()).Processes.Single(process => process.Name == name);

    /// <summary>Waits until a process has been restarted so often and is ready.</summary>
    public async Task RestartedAsync(string name, int restarts)
    {
        var watch = Stopwatch.StartNew();
        while (await StatusAsync(name) is var process && (process.Restarts < restarts || process.State != "ready"))
        {
            Assert.True(watch.Elapsed < Patience, $"{name} is {process.State} after {process.Restarts} restarts; rag up said:\n{Errors}");
            await Task.Delay(50);
        }
    }

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    public static void Signal(int id, string name)
    {
        using var kill = Process.Start("sh", ["-c", FormattableString.Invariant($"kill -s {name} {id}")]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
    }

    private static void Take(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null && lines.Count < 1000)
            lines.Enqueue(line);
    }

    private bool Says(string announcement) => _output.Any(line => line.StartsWith(announcement, StringComparison.Ordinal));

    private Uri Announced(string announcement) => new(_output.First(line => line.StartsWith(announcement, StringComparison.Ordinal))[announcement.Length..]);

    internal sealed record Fleet(bool Ready, IReadOnlyList<Member> Processes);

    internal sealed record Member(
        string Name, int? Pid, string State, int Restarts, string? Http, string? Grpc, [property: JsonPropertyName("last_exit_code")] int? LastExitCode);
}
