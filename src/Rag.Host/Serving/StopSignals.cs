using System.Runtime.InteropServices;

namespace Rag.Host.Serving;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks the server to stop (it drains for at most 5 s), the second ends the process at once. A process with a parent
/// (<c>--parent</c>) leaves Ctrl-C to it: a terminal sends it to all at once, and the parent stops its processes in an order of its own.
/// </summary>
internal sealed partial class StopSignals(IHostApplicationLifetime lifetime, IConfiguration configuration) : IHostLifetime, IDisposable
{
    private static readonly TimeSpan LongestExit = TimeSpan.FromSeconds(2);

    private readonly List<PosixSignalRegistration> _signals = [];
    private int _seen;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT];
        foreach (var signal in signals)
            _signals.Add(PosixSignalRegistration.Create(signal, Stop));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _signals.ForEach(signal => signal.Dispose());

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true; // the runtime would end the process here
        if (context.Signal == PosixSignal.SIGINT && configuration["parent"] is not null)
            return;
        if (Interlocked.Increment(ref _seen) > 1)
            EndNow();
        lifetime.StopApplication();
    }

    // What runs at an exit may wait for what this process is in the middle of; whoever asks twice does not wait for that.
    private static void EndNow()
    {
        if (!OperatingSystem.IsWindows())
            new Thread(static () =>
            {
                using var never = new ManualResetEventSlim();
                never.Wait(LongestExit);
                ExitAtOnce(ExitCode.Interrupted);
            })
            { IsBackground = true, Name = "exit" }.Start();
        Environment.Exit(ExitCode.Interrupted);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitAtOnce(int code);
}
