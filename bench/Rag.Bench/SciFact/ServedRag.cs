using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Rag.Bench.SciFact;

/// <summary>A <c>rag serve</c> of our own: a child process with a throwaway data folder on a free loopback port. Leaves nothing behind.</summary>
internal sealed class ServedRag : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _data;

    private ServedRag(Process process, string data, Uri url, string key) => (_process, _data, Url, Key) = (process, data, url, key);

    public Uri Url { get; }

    public string Key { get; }

    public static async Task<ServedRag> StartAsync(CancellationToken cancellationToken, params string[] more)
    {
        // …/bench/Rag.Bench/bin/Release/net10.0 → …/src/Rag.Host/bin/Release/net10.0
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var dll = Path.Combine(own.Parent!.Parent!.Parent!.Parent!.Parent!.FullName, "src", "Rag.Host", "bin", own.Parent.Name, own.Name, "Rag.Host.dll");
        if (!File.Exists(dll))
            throw new FileNotFoundException($"{dll} is not there; build it: dotnet build -c Release src/Rag.Host");

        var data = Directory.CreateTempSubdirectory("rag-scifact-").FullName;
        var url = new Uri($"http://127.0.0.1:{FreePort()}");
        var key = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
        var start = new ProcessStartInfo("dotnet", [dll, "serve", "--urls", url.ToString().TrimEnd('/'), "--data", data, "--dev-key", key, "--limit", "1000000/min", "--parent", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), .. more])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var served = new ServedRag(Process.Start(start)!, data, url, key);
        var output = new Queue<string>();
        DataReceivedEventHandler keep = (_, line) =>
        {
            lock (output)
            {
                output.Enqueue(line.Data ?? "");
                if (output.Count > 30)
                    output.Dequeue();
            }
        };
        served._process.OutputDataReceived += keep;
        served._process.ErrorDataReceived += keep;
        served._process.BeginOutputReadLine();
        served._process.BeginErrorReadLine();
        try
        {
            await served.WaitUntilReady(output, cancellationToken);
            return served;
        }
        catch
        {
            await served.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private async Task WaitUntilReady(Queue<string> output, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(2) };
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < StartLimit; await Task.Delay(100, cancellationToken))
        {
            if (_process.HasExited)
                lock (output)
                    throw new InvalidOperationException($"rag serve ended with exit code {_process.ExitCode}:\n{string.Join('\n', output)}");
            try
            {
                using var reply = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancellationToken);
                if (reply.IsSuccessStatusCode)
                    return;
            }
            catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // Not listening yet.
            }
        }

        throw new TimeoutException($"rag serve was not ready after {StartLimit.TotalSeconds:0} s");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
