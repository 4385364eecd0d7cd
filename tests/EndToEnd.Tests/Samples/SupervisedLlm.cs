using System.Net;
using System.Net.Sockets;

namespace EndToEnd.Tests.Samples;

/// <summary>A simulated LLM that is started again on its port whenever it ends, as a service manager does.</summary>
internal sealed class SupervisedLlm : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private LoadlineProcess _process;
    private Task _supervising = Task.CompletedTask;

    private SupervisedLlm(int port) => (Port, _process) = (port, Run(port));

    /// <summary>Its port on 127.0.0.1, kept over restarts.</summary>
    public int Port { get; }

    /// <summary>Its address, without the <c>/v1</c>.</summary>
    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; } = 1;

    /// <summary>Starts one on a free port.</summary>
    public static async Task<SupervisedLlm> StartAsync()
    {
        var llm = new SupervisedLlm(FreePort());
        await llm._process.SaysAsync("listening on ", Limit);
        llm._supervising = llm.SuperviseAsync();
        return llm;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _process.Signal("KILL");
        await _supervising;
        _process.Dispose();
        _stop.Dispose();
    }

    private async Task SuperviseAsync()
    {
        while (!_stop.IsCancellationRequested && Starts < 1000)
        {
            await _process.ExitAsync(TimeSpan.FromMinutes(5));
            if (_stop.IsCancellationRequested)
                return;
            _process.Dispose();
            (_process, Starts) = (Run(Port), Starts + 1);
        }
    }

    private static LoadlineProcess Run(int port) => new("llm", "--port", $"{port}", "--set", "llm.first-token=50ms..100ms");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
