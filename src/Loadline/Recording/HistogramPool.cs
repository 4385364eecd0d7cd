using HdrHistogram;

namespace Loadline.Recording;

/// <summary>Hands out empty one-second histograms and takes them back: a run makes as many as one second needs, however long it lasts.</summary>
internal sealed class HistogramPool
{
    private readonly Lock _gate = new();
    private readonly Stack<IntHistogram> _free = [];

    /// <summary>How many were ever made.</summary>
    public int Made { get; private set; }

    public IntHistogram Rent()
    {
        lock (_gate)
        {
            if (_free.TryPop(out var histogram))
                return histogram;
            Made++;
        }
        return Histograms.NewInterval();
    }

    public void Return(IntHistogram histogram)
    {
        histogram.Reset();
        lock (_gate)
            _free.Push(histogram);
    }
}
