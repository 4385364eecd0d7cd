using System.Diagnostics;
using System.Text;

namespace EndToEnd.Tests.Durability;

/// <summary>`rag serve` as a process of its own on a free loopback port; killed, never asked to stop.</summary>
internal sealed class RagServer : IAsyncDisposable
{
    private const string Announcement = "listening on ";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private RagServer(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Starts it and waits until it says where it listens.</summary>
    public static async Task<RagServer> StartAsync(string dataFolder, string key)
    {
        var start = new ProcessStartInfo(FindBinary(), ["serve", "--urls", "http://127.0.0.1:0", "--data", dataFolder, "--dev-key", key])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The test asks more of one user than the default of 100 requests a minute.
        start.Environment["identity__requests_per_minute"] = "1000000";
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

    /// <summary>The binary of the configuration that the tests were built in; the build puts it there.</summary>
    private static string FindBinary()
    {
        var name = OperatingSystem.IsWindows() ? "rag.exe" : "rag";
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var (framework, configuration) = (output.Name, output.Parent!.Name);
        for (var folder = output; folder is not null; folder = folder.Parent)
        {
            var binary = Path.Combine(folder.FullName, "src", "Rag.Host", "bin", configuration, framework, name);
            if (File.Exists(binary))
                return binary;
        }

        throw new FileNotFoundException($"'{name}' ({configuration}, {framework}) lies in no src/Rag.Host/bin above {output.FullName}; build the solution first");
    }
}
