using System.Diagnostics;

namespace Loadline.Faults;

/// <summary>Commands by <c>sh -c</c>.</summary>
internal static class ShellCommand
{
    private const int LongestSaid = 300;

    /// <summary>Runs a command to its end.</summary>
    /// <returns>What went wrong, a clause; null when it ended with 0.</returns>
    public static async Task<string?> RunAsync(string line, TimeSpan patience, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(line);
        using var process = new Process { StartInfo = start };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            process.Start();
            process.StandardInput.Close();
            var said = process.StandardError.ReadToEndAsync(limit.Token);
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            var why = (await said.ConfigureAwait(false)).Trim();
            if (why.Length == 0)
                why = (await output.ConfigureAwait(false)).Trim();
            return process.ExitCode == 0 ? null : $"'{line}' ended with {process.ExitCode}{(why.Length == 0 ? "" : ": " + why[..Math.Min(why.Length, LongestSaid)].ReplaceLineEndings(" "))}";
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            return $"'{line}' did not end within {patience.TotalSeconds:0} s, and was killed";
        }
        catch (System.ComponentModel.Win32Exception problem)
        {
            return $"'{line}' can't be started: {problem.Message}";
        }
    }
}
