using System.Globalization;

namespace Rag.Host.Serving;

/// <summary>Stops the server when another process is gone, so that whoever started it leaves nothing behind, even when killed.</summary>
internal sealed class ParentWatch(int parent, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var identity = Identity(parent);
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            // The start time tells the parent from a later process that was given the same number.
            while (identity is not null && Identity(parent) == identity)
                await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lifetime.StopApplication();
    }

    /// <summary>A text that no other process has, or null when the process is gone (or a zombie, which is as good as gone).</summary>
    private static string? Identity(int process)
    {
        if (!OperatingSystem.IsLinux())
            return OtherIdentity(process);
        try
        {
            // proc(5): after the command in parentheses come the state (field 3) … and the start time (field 22).
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : fields[19];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? OtherIdentity(int process)
    {
        try
        {
            using var found = System.Diagnostics.Process.GetProcessById(process);
            return found.HasExited ? null : found.StartTime.Ticks.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
