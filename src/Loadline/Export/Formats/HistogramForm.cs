namespace Loadline.Export.Formats;

/// <summary>How histograms are pushed.</summary>
public enum HistogramForm
{
    /// <summary>As native histograms: one series each, every bucket 4.4 % wide. Prometheus takes them with <c>--enable-feature=native-histograms</c>.</summary>
    Native,

    /// <summary>As <c>_bucket</c>, <c>_sum</c> and <c>_count</c> with a few fixed bounds, for servers that know no native ones.</summary>
    Classic,
}
