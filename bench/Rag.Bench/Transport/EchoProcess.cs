using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Rag.Host.Serving;

namespace Rag.Bench.Transport;

/// <summary>The services in a process of their own: this program once more, with another command.</summary>
internal sealed class EchoProcess : IDisposable
{
    private const string Ready = "ready ";

    private readonly Process _process;

    private EchoProcess(Process process, string address) => (_process, Address) = (process, address);

    /// <summary>Where it is reached.</summary>
    public string Address { get; }

    /// <summary>CPU time that it has had.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<EchoProcess> StartAsync(string command, string address)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(EchoProcess).Assembly.Location, command, address])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var line = await process.StandardOutput.ReadLineAsync();
        return line?.StartsWith(Ready, StringComparison.Ordinal) == true
            ? new EchoProcess(process, line[Ready.Length..])
            : throw new InvalidOperationException($"the server did not start at {address}");
    }

    /// <summary>What the other process does: serves until its input ends, which it does when its parent is gone.</summary>
    public static async Task<int> ServeAsync(string address)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["grpc"] = address, ["urls"] = "" }).Build();
        await using var app = RagApp.Build(configuration, [new EchoServices()], _ => { });
        await app.StartAsync();
        await Console.Out.WriteLineAsync(Ready + (address.StartsWith("unix:", StringComparison.Ordinal) ? address : app.Urls.Single()));
        await Console.In.ReadToEndAsync();
        return 0;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
            _process.Kill();
        _process.Dispose();
    }
}
