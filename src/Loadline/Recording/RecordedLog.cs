using System.Text.Json;

namespace Loadline.Recording;

/// <summary>
/// A run's recording as its folder has it: sums over phases, spans, scenarios and windows, made of the histogram log and the series. Memory is that of one sum,
/// however long the run.
/// </summary>
/// <param name="Folder">The run folder.</param>
/// <param name="Operations">The operations, in the plan's order.</param>
/// <param name="Times">The planned phases.</param>
/// <param name="Spans">Named stretches.</param>
/// <param name="EndedAt">When the load ended, nanoseconds since the run's start.</param>
public sealed record RecordedLog(string Folder, IReadOnlyList<string> Operations, PhaseTimes Times, IReadOnlyList<RunSpan> Spans, long EndedAt)
{
    /// <summary>Everything of a selection.</summary>
    /// <exception cref="IOException">The folder can't be read.</exception>
    /// <exception cref="InvalidDataException">A histogram is damaged.</exception>
    public PhaseTotals Sum(Selection selection) => Windows(selection, null).First().Totals;

    /// <summary>
    /// A selection in windows of equal length, in order, from its beginning: to the second, by when exchanges ended. The last window takes what is left: the rest of
    /// the division, and what was due in the selection and ended after it. Without a length, or with one that is longer than the selection, one window.
    /// </summary>
    /// <exception cref="IOException">The folder can't be read.</exception>
    /// <exception cref="InvalidDataException">A histogram is damaged.</exception>
    public IEnumerable<Window> Windows(Selection selection, TimeSpan? length)
    {
        var (start, end) = Bounds(selection);
        var width = length?.TotalSeconds ?? Math.Max(1, end - start);
        var count = Math.Max(1, (long)((end - start + 1e-6) / width));
        var users = Users();
        var windows = new WindowSums(this, selection, start, end, width, count, users);
        // Availability is of whole seconds, so it counts every exchange that ended in one, also those due outside of the selection.
        foreach (var logged in HistogramLogReader.Read(Path.Combine(Folder, RecordingFiles.Histograms), tag => selection.IsOf(tag) && (selection.Covers(tag) || tag.Measure <= Measure.ResponseTimedOut)))
        {
            if (logged.Second < selection.FromSecond)
                continue;
            while (windows.IsPast(logged.Second))
                yield return windows.Close();
            windows.Take(logged);
        }
        while (windows.Any)
            yield return windows.Close();
    }

    /// <summary>The series, point by point.</summary>
    /// <exception cref="IOException">The folder can't be read.</exception>
    public IEnumerable<SeriesPoint> Series()
    {
        using var reader = new StreamReader(new FileStream(Path.Combine(Folder, RecordingFiles.Series), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
            if (line.EndsWith('}'))
                yield return JsonSerializer.Deserialize(line, RecordingJson.Default.SeriesPoint)!;
    }

    /// <summary>The looks at the target from inside, one by one; none where nothing looked.</summary>
    /// <exception cref="IOException">The folder can't be read.</exception>
    public IEnumerable<InsidePoint> Inside() => InsideLog.Read(Folder);

    /// <summary>When a selection begins and ends, in seconds since the run's start; it ends with the run at the latest.</summary>
    /// <exception cref="ArgumentException">There is no span of that name.</exception>
    public (double Start, double End) Bounds(Selection selection)
    {
        var (from, to) = selection switch
        {
            { Span: { } name } => Spans.Where(span => span.Name == name).ToList() is { Count: > 0 } found
                ? (found.Min(span => span.Start), found.Max(span => span.End))
                : throw new ArgumentException($"the run has no span '{name}'"),
            { Phase: Phase.Up } => (0L, Times.HoldStart),
            { Phase: Phase.Hold } => (Times.HoldStart, Times.HoldEnd),
            _ => (Times.HoldEnd, Times.End),
        };
        var start = Math.Max(Math.Min(from, EndedAt) / 1e9, selection.FromSecond);
        return (start, Math.Max(start, Math.Min(to, EndedAt) / 1e9));
    }

    // A second's line has the users of a moment in it.
    private List<(double At, int Users)> Users() => [.. Series().Select(point => ((double)point.T, point.Users))];

    private sealed class WindowSums(RecordedLog log, Selection selection, double start, double end, double width, long count, List<(double At, int Users)> users)
    {
        private long _index;
        private PhaseTotals _totals = new(selection.Phase, log.Operations);
        private (long Second, long Answered, long Asked) _second = (-1, 0, 0);

        public bool Any => _index < count;

        public bool IsPast(long second) => _index < count - 1 && second + 0.5 >= start + ((_index + 1) * width);

        public void Take(LoggedHistogram logged)
        {
            if (logged.Tag.Measure <= Measure.ResponseTimedOut)
                CountSecond(logged);
            if (selection.Covers(logged.Tag))
                _totals.Add(logged);
        }

        public Window Close()
        {
            EndSecond();
            var from = start + (_index * width);
            var to = _index == count - 1 ? end : from + width;
            _totals.Seconds = to - from;
            // The last users start as the phase begins, and may do so a moment late.
            var seen = users.Where(sample => sample.At >= from + (_index == 0 ? 1 : 0) && sample.At + 1 <= to).ToList();
            if (seen.Count > 0)
                (_totals.LeastUsers, _totals.UserSamples) = (seen.Min(sample => sample.Users), seen.Count);
            var closed = new Window(from, to, _totals);
            _totals = new PhaseTotals(selection.Phase, log.Operations);
            _index++;
            return closed;
        }

        private void CountSecond(LoggedHistogram logged)
        {
            if (logged.Second != _second.Second)
            {
                EndSecond();
                _second = (logged.Second, 0, 0);
            }
            if (logged.Tag.Measure == Measure.ResponseThrottled)
                return;
            var samples = logged.Count();
            _second.Asked += samples;
            if (logged.Tag.Measure is Measure.ResponseOk or Measure.ResponseDegraded)
                _second.Answered += samples;
        }

        private void EndSecond()
        {
            if (_second.Asked > 0 && _second.Second >= start && _second.Second + 1 <= end)
            {
                _totals.CountedSeconds++;
                if (_second.Answered * 2 >= _second.Asked)
                    _totals.AvailableSeconds++;
            }
            _second = (-1, 0, 0);
        }
    }
}
