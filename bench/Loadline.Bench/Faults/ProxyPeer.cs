using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Loadline.Faults.Proxy.Api;

namespace Loadline.Bench.Faults;

/// <summary>The proxies of <see cref="ProxyBench"/>: as <c>loadline proxy</c> serves them, in a process of its own; it ends by itself after ten minutes.</summary>
internal sealed class ProxyPeer : IDisposable
{
    private readonly Process _process;
    private readonly HttpClient _api;

    private ProxyPeer(Process process, string address) => (_process, _api) = (process, new HttpClient { BaseAddress = new Uri(address) });

    public static Command Create()
    {
        var command = new Command("proxy-server", "The proxies of 'proxy'; started by it.") { Hidden = true };
        command.SetAction(async (_, _) =>
        {
            await using var server = await ProxyServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), null, TimeProvider.System, 1, default);
            Console.WriteLine(server.Address);
            await Task.Delay(TimeSpan.FromMinutes(10));
        });
        return command;
    }

    public static async Task<ProxyPeer> StartAsync()
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["proxy-server"]) { RedirectStandardOutput = true })!;
        return new ProxyPeer(process, (await process.StandardOutput.ReadLineAsync())!);
    }

    /// <summary>User and system time so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>A new proxy before a server.</summary>
    /// <returns>Its port.</returns>
    public async Task<int> ProxyAsync(string name, int upstream)
    {
        var made = await (await _api.PostAsJsonAsync("proxies", new { name, upstream = $"127.0.0.1:{upstream}" })).Content.ReadFromJsonAsync<Made>();
        return IPEndPoint.Parse(made!.Listen).Port;
    }

    public async Task AddAsync(string proxy, string type, object attributes) => (await _api.PostAsJsonAsync($"proxies/{proxy}/toxics", new { type, attributes })).EnsureSuccessStatusCode();

    public async Task RemoveAsync(string proxy, string type) => (await _api.DeleteAsync($"proxies/{proxy}/toxics/{type}_downstream")).EnsureSuccessStatusCode();

    public void Dispose()
    {
        _api.Dispose();
        _process.Kill();
        _process.Dispose();
    }

    private sealed record Made(string Listen);
}
