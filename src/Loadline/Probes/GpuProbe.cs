using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Loadline.Probes;

/// <summary>Asks <c>nvidia-smi</c> how busy this machine's GPUs are.</summary>
internal sealed class GpuProbe
{
    private static readonly string[] Arguments = ["--query-gpu=index,utilization.gpu,memory.used", "--format=csv,noheader,nounits"];

    private const int LongestAnswer = 64 * 1024;

    /// <summary>Asks. What goes wrong is told in what comes back.</summary>
    public async Task<GpuLook> LookAsync(TimeSpan timeout, CancellationToken stop)
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(stop);
        within.CancelAfter(timeout);
        try
        {
            using var process = Process.Start(new ProcessStartInfo("nvidia-smi", Arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            try
            {
                var text = await process.StandardOutput.ReadToEndAsync(within.Token).ConfigureAwait(false);
                await process.WaitForExitAsync(within.Token).ConfigureAwait(false);
                return process.ExitCode == 0 ? Read(text) : new GpuLook([], $"exit code {process.ExitCode}");
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill();
            }
        }
        catch (OperationCanceledException)
        {
            return new GpuLook([], "timed out");
        }
        catch (Exception problem) when (problem is Win32Exception or InvalidOperationException or IOException)
        {
            return new GpuLook([], "nvidia-smi can't be run");
        }
    }

    /// <summary>Reads its answer: a line for each GPU, index, percent in use and MiB in use. Where a card does not tell a figure it says <c>[N/A]</c> or <c>[Not Supported]</c>.</summary>
    public static GpuLook Read(string text)
    {
        var gpus = new List<(string, double?, double?)>();
        foreach (var line in text[..Math.Min(text.Length, LongestAnswer)].Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (line.Split(',', StringSplitOptions.TrimEntries) is [var index, var use, var memory] && int.TryParse(index, CultureInfo.InvariantCulture, out _))
                gpus.Add((index, Number(use), Number(memory) * 1024 * 1024));
        return new GpuLook(gpus, gpus.Count == 0 ? "no GPU in its answer" : null);
    }

    private static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>What was seen of GPUs.</summary>
/// <param name="Gpus">Each: its index, percent in use, bytes in use; null where it doesn't tell.</param>
/// <param name="Problem">Why nothing was; null when something was.</param>
internal sealed record GpuLook(IReadOnlyList<(string Index, double? Use, double? Memory)> Gpus, string? Problem)
{
    /// <summary>Adds it to a look.</summary>
    public void AddTo(InsideDraft draft, Dictionary<string, string> failed)
    {
        if (Problem is not null)
            failed["nvidia-smi"] = Problem;
        foreach (var (index, use, memory) in Gpus)
        {
            if (use is { } percent)
                Level("gpu.use", percent);
            if (memory is { } bytes)
                Level("gpu.memory", bytes);

            void Level(string name, double value) => draft.Level(name, [new("gpu", index)], value);
        }
    }
}
