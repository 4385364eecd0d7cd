using System.Diagnostics;
using System.Text;

namespace EndToEnd.Tests;

/// <summary>`rag serve` as a process of its own on a free loopback port; killed, never asked to stop.</summary>
internal sealed class RagServer : IAsyncDisposable
{
    private const string Announcement = "listening on ";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private RagServer(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Starts it and waits until it says where it listens.</summary>
    public static async Task<RagServer> StartAsync(string dataFolder, string key, params string[] more)
    {
        var start = new ProcessStartInfo("dotnet", [Binaries.Rag, "serve", "--urls", "http://127.0.0.1:0", "--data", dataFolder, "--dev-key", key, .. more])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var output = new StringBuilder();
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        void Read(string? line)
        {
            if (line is null)
                return;
            lock (output)
                if (output.Length < 16_384)
                    output.AppendLine(line);
            var at = line.IndexOf(Announcement, StringComparison.Ordinal);
            if (at >= 0 && Uri.TryCreate(line[(at + Announcement.Length)..].Trim(), UriKind.Absolute, out var address))
                listening.TrySetResult(address);
        }

        process.OutputDataReceived += (_, e) => Read(e.Data);
        process.ErrorDataReceived += (_, e) => Read(e.Data);
        process.Exited += (_, _) => listening.TrySetException(new InvalidOperationException("rag serve ended before it listened"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            return new RagServer(process, await listening.Task.WaitAsync(StartTimeout));
        }
        catch (Exception error)
        {
            process.Kill();
            lock (output)
                throw new InvalidOperationException($"rag serve did not start: {error.Message}; it said:{Environment.NewLine}{output}", error);
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }
}
