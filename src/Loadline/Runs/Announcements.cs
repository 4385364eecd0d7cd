using System.Text.RegularExpressions;
using Loadline.Processes;

namespace Loadline.Runs;

/// <summary>What a started process says of itself: a line of its own, with an address.</summary>
internal static partial class Announcements
{
    /// <summary>It is ready, and users are to send their requests there.</summary>
    [GeneratedRegex(@"^listening on (http://\S+)$")]
    public static partial Regex Listening();

    /// <summary>It runs processes of its own, and tells there which.</summary>
    [GeneratedRegex(@"^status on (http://\S+)$")]
    public static partial Regex Status();

    /// <summary>Waits for a line.</summary>
    /// <param name="process">Whose.</param>
    /// <param name="line">The line; its first group is the address.</param>
    /// <param name="patience">How long.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TargetException">The process ended, or said nothing in time; the message has its last lines.</exception>
    public static async Task<Uri> WaitAsync(ChildProcess process, Regex line, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(patience);
        while (true)
        {
            foreach (var said in process.LastLines)
                if (line.Match(said) is { Success: true } match)
                    return new Uri(match.Groups[1].Value);
            if (process.Exited.IsCompleted)
                throw new TargetException($"'{process.Name}' ended with exit code {process.ExitCode} before it was ready; its last lines:\n{Lines(process)}");
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), waiting.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TargetException($"'{process.Name}' was not ready after {patience.TotalSeconds:0} s; its last lines:\n{Lines(process)}");
            }
        }
    }

    private static string Lines(ChildProcess process) =>
        process.LastLines.Count == 0 ? "  (none)" : string.Join('\n', process.LastLines.TakeLast(15).Select(line => "  " + line));
}
