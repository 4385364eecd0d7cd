using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>
/// What metrics of recovery need to know beside the histograms, tenth of a second by tenth: of exchanges sent under a fault how many were left hanging, and when
/// watched uploads became searchable. Bounded: a fault's bins are as many as its tenths, and of uploads <see cref="MostUploads"/> are kept.
/// </summary>
public sealed class FaultWatch
{
    /// <summary>The length of a bin, nanoseconds.</summary>
    public const long Bin = 100_000_000;

    /// <summary>Past this a failure was not fast: its user was left hanging.</summary>
    public const long Fast = 1_000_000_000;

    /// <summary>A fault that is over at once is watched for so long all the same.</summary>
    public const long Least = 30_000_000_000;

    // 16 bytes each.
    private const int MostUploads = 1_000_000;

    private readonly List<(long Accepted, long Searchable)> _uploads = [];
    private readonly Lock _gate = new();
    private readonly Window[] _windows;

    /// <summary>Watches stretches of a run.</summary>
    /// <param name="faults">The faults, by their planned times: nanoseconds since the run's start.</param>
    public FaultWatch(IReadOnlyList<RunSpan> faults) => _windows = [.. faults.Select(fault => new Window(fault.Start, Math.Max(fault.End, fault.Start + Least)))];

    /// <summary>Uploads that were watched: accepted, and found searchable or given up, nanoseconds since the run's start.</summary>
    public IReadOnlyList<(long Accepted, long Searchable)> Uploads
    {
        get
        {
            lock (_gate)
                return [.. _uploads];
        }
    }

    /// <summary>Takes an exchange.</summary>
    public void Record(Exchange exchange)
    {
        if (exchange.End < 0)
            return;
        var sent = exchange.Sent >= 0 ? exchange.Sent : exchange.Due;
        var hung = exchange.Outcome == Outcome.TimedOut || (exchange.Outcome == Outcome.Failed && exchange.End - sent > Fast);
        foreach (var window in _windows)
            window.Count(sent, hung);
    }

    /// <summary>Takes a watched upload.</summary>
    /// <param name="accepted">When it was accepted.</param>
    /// <param name="searchable">When it was found searchable, or given up.</param>
    public void RecordSearchable(long accepted, long searchable)
    {
        lock (_gate)
            if (_uploads.Count < MostUploads)
                _uploads.Add((accepted, searchable));
    }

    /// <summary>The bins of a fault, from its planned beginning on, a second past its planned end: all exchanges sent in each, and those of them that were left hanging.</summary>
    /// <param name="fault">Its place among the faults.</param>
    public IReadOnlyList<(int Sent, int Hung)> Of(int fault) => _windows[fault].Bins();

    private sealed class Window
    {
        private readonly long _start;
        private readonly int[] _sent;
        private readonly int[] _hung;

        // A fault may begin and end some moments late.
        public Window(long start, long end) => (_start, _sent, _hung) = (start, new int[((end - start) / Bin) + 20], new int[((end - start) / Bin) + 20]);

        public void Count(long at, bool hung)
        {
            var bin = (at - _start) / Bin;
            if (at < _start || bin >= _sent.Length)
                return;
            Interlocked.Increment(ref _sent[bin]);
            if (hung)
                Interlocked.Increment(ref _hung[bin]);
        }

        public IReadOnlyList<(int Sent, int Hung)> Bins() => [.. _sent.Zip(_hung)];
    }
}
