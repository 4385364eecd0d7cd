using System.Diagnostics;

namespace Loadline.Cli;

/// <summary>The process that a command was started by, and must not outlive.</summary>
internal static class ParentProcess
{
    /// <summary>Completes when the process with this id has ended; without an id never, before it is cancelled.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled first.</exception>
    public static async Task GoneAsync(int? parent, CancellationToken cancellationToken)
    {
        if (parent is not { } id)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            using var process = Process.GetProcessById(id);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            // It had ended already.
        }
    }
}
