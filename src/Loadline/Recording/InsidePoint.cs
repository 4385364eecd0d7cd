using System.Text.Json.Serialization;

namespace Loadline.Recording;

/// <summary>
/// One look at the target from inside: a line of <c>inside.jsonl</c>. Keys are metrics and what they are of (<c>cpu{service:embedding}</c>). What grows is told as its growth since the
/// look before, so that any stretch of the run is a sum.
/// </summary>
public sealed record InsidePoint
{
    /// <summary>When, in seconds since the run's start.</summary>
    public required double T { get; init; }

    /// <summary>How many seconds the growth is of; 0 at the first look.</summary>
    public double Over { get; init; }

    /// <summary>How many places were asked; 0 for a look at processes.</summary>
    public int Asked { get; init; }

    /// <summary>Those that did not answer, and why; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Failed { get; init; }

    /// <summary>Values of that moment.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Levels { get; init; }

    /// <summary>Growth, and the seconds that it took.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double[]>? Rates { get; init; }

    /// <summary>Growth of a part, and of the whole.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double[]>? Shares { get; init; }

    /// <summary>Growth of histograms.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, InsideBuckets>? Times { get; init; }
}

/// <summary>What came into a histogram's buckets.</summary>
/// <param name="Bounds">Upper bounds of the buckets in seconds, ascending; one more bucket is above them.</param>
/// <param name="Counts">How many came into each; one longer than <paramref name="Bounds"/>.</param>
/// <param name="Sum">The sum of the values.</param>
public sealed record InsideBuckets(double[] Bounds, double[] Counts, double Sum)
{
    /// <summary>How many values.</summary>
    [JsonIgnore]
    public double Count => Counts.Sum();

    /// <summary>Both together. Where bounds differ, those that both have remain: below them counts are exact, between them nobody knows.</summary>
    public InsideBuckets Plus(InsideBuckets other)
    {
        if (Bounds.AsSpan().SequenceEqual(other.Bounds))
            return new(Bounds, [.. Counts.Zip(other.Counts, (a, b) => a + b)], Sum + other.Sum);
        var common = Bounds.Intersect(other.Bounds).ToArray();
        return Within(common).Plus(other.Within(common));
    }

    /// <summary>
    /// A quantile: the value within its bucket as if values lay evenly in it, as Prometheus computes it; so it is as exact as the buckets are narrow. Null without values;
    /// positive infinity above the last bound, where nobody knows it.
    /// </summary>
    /// <param name="share">0–1.</param>
    public double? Quantile(double share)
    {
        var rank = share * Count;
        if (Count <= 0)
            return null;
        var below = 0.0;
        for (var i = 0; i < Bounds.Length; i++)
        {
            if (Counts[i] > 0 && below + Counts[i] >= rank)
            {
                var from = i == 0 ? Math.Min(0, Bounds[0]) : Bounds[i - 1];
                return from + ((Bounds[i] - from) * Math.Clamp((rank - below) / Counts[i], 0, 1));
            }
            below += Counts[i];
        }
        return double.PositiveInfinity;
    }

    private InsideBuckets Within(double[] bounds)
    {
        var counts = new double[bounds.Length + 1];
        for (var i = 0; i < Counts.Length; i++)
        {
            var at = i < Bounds.Length ? Array.BinarySearch(bounds, Bounds[i]) : bounds.Length;
            counts[at < 0 ? ~at : at] += Counts[i];
        }
        return new(bounds, counts, Sum);
    }
}
