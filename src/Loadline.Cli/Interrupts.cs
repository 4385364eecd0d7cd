using System.Runtime.InteropServices;
using Loadline.Processes;

namespace Loadline.Cli;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks the run to end (users leave, the folder is written, the target is stopped), the second ends everything at once.
/// </summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    private readonly string _says;

    /// <param name="says">What the first signal does, in the words of the message.</param>
    public Interrupts(string says)
    {
        _says = says;
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
            _registrations.Add(PosixSignalRegistration.Create(signal, Take));
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    /// <summary>Asks the run to end, as the first signal does; nothing once it was asked.</summary>
    public void Ask()
    {
        if (!_source.IsCancellationRequested)
            _source.Cancel();
    }

    private void Take(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_source.IsCancellationRequested)
        {
            ChildProcess.KillAll();
            Environment.Exit(ExitCode.Interrupted);
        }
        Console.Error.WriteLine($"interrupted: {_says}; once more ends it at once");
        _source.Cancel();
    }
}
