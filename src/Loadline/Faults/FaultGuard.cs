using System.Globalization;
using Loadline.Processes;

namespace Loadline.Faults;

/// <summary>
/// A process of its own that undoes a run's faults when this one is killed or hangs: it reads the journal, and holds a pipe whose other end closes with this process.
/// </summary>
public sealed class FaultGuard : IAsyncDisposable
{
    /// <summary>What this process says to the guard when all is well.</summary>
    internal const string Done = "done";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly ChildProcess _process;

    private FaultGuard(ChildProcess process) => _process = process;

    /// <summary>Starts the guard of a run, and returns when it watches.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="adminKeyVariable">The environment variable by which it is given the target's admin key.</param>
    /// <param name="adminKey">The key; null for none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="FaultException">It could not be started: then nothing may be injected.</exception>
    public static async Task<FaultGuard> StartAsync(string folder, string adminKeyVariable, string? adminKey, TimeProvider time, CancellationToken cancellationToken)
    {
        var process = ChildProcess.StartAssembly("fault guard", OwnCommand.Assembly, ["guard", Path.GetFullPath(folder)], new Dictionary<string, string?> { [adminKeyVariable] = adminKey }, outlives: true);
        var guard = new FaultGuard(process);
        try
        {
            for (var began = time.GetTimestamp(); !process.LastLines.Contains(GuardLoop.Watching); await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false))
                if (process.Exited.IsCompleted || time.GetElapsedTime(began) > Patience)
                    throw new FaultException($"the fault guard, without which nothing is injected, did not start{(process.ExitCode is { } code ? $", and ended with {code.ToString(CultureInfo.InvariantCulture)}" : "")}: {string.Join(' ', process.LastLines)}");
            return guard;
        }
        catch
        {
            await guard.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Tells the guard that all is well; it undoes what the journal has open all the same, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _process.Input.WriteLineAsync(Done).ConfigureAwait(false);
            _process.Input.Close();
            await _process.Exited.WaitAsync(Patience).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is IOException or TimeoutException)
        {
            // It has ended already, or is stopped below.
        }
        await _process.DisposeAsync().ConfigureAwait(false);
    }
}
