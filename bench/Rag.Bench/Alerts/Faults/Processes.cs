using System.Diagnostics;
using Rag.Bench.Resilience;

namespace Rag.Bench.Alerts.Faults;

/// <summary>Processes of a <c>rag up</c>, frozen or killed.</summary>
internal static class Processes
{
    private const int SigKill = 9, SigContinue = 18, SigStop = 19; // Linux
    private static readonly TimeSpan RestartLimit = TimeSpan.FromSeconds(60);

    /// <summary>Stops the clockwork of all processes of services: connections stay and nothing answers.</summary>
    public static async Task<IAsyncDisposable> FreezeAsync(Stage stage, IReadOnlyList<string> services, CancellationToken cancellationToken)
    {
        var frozen = await stage.ProcessesAsync(services, cancellationToken);
        foreach (var process in frozen)
            _ = BenchProcess.Signal(process.Pid, SigStop);
        return new Undo(() =>
        {
            foreach (var process in frozen)
                _ = BenchProcess.Signal(process.Pid, SigContinue);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>Kills all processes of services, and waits until the supervisor has others ready in their place.</summary>
    /// <exception cref="InvalidOperationException">They did not come back.</exception>
    public static async Task KillAsync(Stage stage, IReadOnlyList<string> services, CancellationToken cancellationToken)
    {
        var killed = await stage.ProcessesAsync(services, cancellationToken);
        foreach (var process in killed)
            _ = BenchProcess.Signal(process.Pid, SigKill);
        var since = Stopwatch.GetTimestamp();
        bool IsBack(FleetProcess now) => now.State == "ready" && killed.All(was => was.Pid != now.Pid);
        while (!(await stage.ProcessesAsync(services, cancellationToken)).All(IsBack))
        {
            if (Stopwatch.GetElapsedTime(since) > RestartLimit)
                throw new InvalidOperationException($"{string.Join(", ", services)} did not come back after kill -9");
            await Task.Delay(50, cancellationToken);
        }
    }
}
