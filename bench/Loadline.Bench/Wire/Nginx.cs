using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Loadline.Bench.Wire;

/// <summary>nginx (Debian: nginx-light) that answers everything with 62 bytes, on one core, on free ports of the loopback.</summary>
internal sealed class Nginx : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loadline-bench-");
    private readonly Process _process;

    public Nginx(int core, int ports = 1)
    {
        Ports = FreePorts(ports);
        var listen = string.Concat(Ports.Select(port => $"listen 127.0.0.1:{port} backlog=4096; "));
        var body = "{\"answer\":\"" + new string('x', 49) + "\"}";
        File.WriteAllText(Path.Combine(_folder.FullName, "nginx.conf"), $$"""
            daemon off; master_process off; pid nginx.pid; error_log stderr crit; worker_rlimit_nofile 200000;
            events { worker_connections 65536; }
            http {
              access_log off; keepalive_requests 1000000000; keepalive_timeout 3600s; default_type application/json;
              server { {{listen}} location / { return 200 '{{body}}'; } }
            }
            """);
        _process = Process.Start("taskset", ["-c", $"{core}", "nginx", "-p", _folder.FullName, "-c", "nginx.conf", "-e", "stderr"]);
        WaitUntilItListens();
    }

    public IReadOnlyList<int> Ports { get; }

    public string Url => $"http://127.0.0.1:{Ports[0]}/";

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private void WaitUntilItListens()
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var probe = new TcpClient();
                probe.Connect(IPAddress.Loopback, Ports[^1]);
                return;
            }
            catch (SocketException) when (tries < 100 && !_process.HasExited)
            {
                _process.WaitForExit(50);
            }
        }
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        listeners.ForEach(listener => listener.Stop());
        return ports;
    }
}
