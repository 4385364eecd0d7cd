using System.Globalization;
using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>For CI logs, pipes and test output: one line a step, one line every five seconds of load.</summary>
/// <param name="write">Takes a line.</param>
public sealed class PlainProgress(Action<string> write) : IRunObserver
{
    private const int SecondsBetweenLines = 5;

    private int _lastTenth = -1;

    /// <inheritdoc/>
    public void Step(string text)
    {
        _lastTenth = -1;
        write(text);
    }

    /// <inheritdoc/>
    public void Advance(string text, long done, long total)
    {
        var tenth = total == 0 ? 10 : (int)(10 * done / total);
        if (tenth == _lastTenth)
            return;
        _lastTenth = tenth;
        write(string.Create(CultureInfo.InvariantCulture, $"  {text}: {done}/{total}"));
    }

    /// <inheritdoc/>
    public void Progress(RunProgress progress)
    {
        if ((int)progress.Elapsed.TotalSeconds % SecondsBetweenLines != 0)
            return;
        var operations = string.Join("  ", progress.Operations.Select(
            o => $"{o.Name} {Figures.Seconds(o.P50)}/{Figures.Seconds(o.P95)}/{Figures.Seconds(o.P99)} (service {Figures.Seconds(o.ServiceP95)}){(o.Errors > 0 ? $" {o.Errors} errors" : "")}"));
        write(string.Create(CultureInfo.InvariantCulture,
            $"  {(progress.IsPaused ? "held" : progress.Phase),-4} {Figures.Clock(progress.Elapsed)} (-{Figures.Clock(progress.Remaining)})  {progress.ActiveUsers,5} users  {progress.PerSecond,6:0} rps  {progress.ErrorShare:0.0%} errors  P50/P95/P99 (service P95): {operations}{Failing(progress)}"));
    }

    private static string Failing(RunProgress progress)
    {
        var failing = progress.Objectives.Where(objective => objective.Result == "FAIL").Select(objective => objective.Text).ToList();
        return failing.Count == 0 ? "" : $"  ✗ {string.Join("; ", failing)}";
    }

    /// <inheritdoc/>
    public void Warn(string text) => write("warning: " + text);
}
