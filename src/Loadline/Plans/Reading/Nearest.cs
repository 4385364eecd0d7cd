namespace Loadline.Plans.Reading;

/// <summary>Finds what a person probably meant.</summary>
public static class Nearest
{
    /// <summary>The candidate within a third of the word's length, rounded up, and at most 3 edits (swapped neighbours are one edit), or null.</summary>
    public static string? To(string word, IEnumerable<string> candidates)
    {
        var allowed = Math.Clamp((word.Length + 2) / 3, 1, 3);
        return candidates
            .Select(candidate => (candidate, Distance: Edits(word.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .Where(pair => pair.Distance <= allowed)
            .OrderBy(pair => pair.Distance)
            .Select(pair => pair.candidate)
            .FirstOrDefault();
    }

    /// <summary>The sentence " did you mean 'x'?" or the list of legal words.</summary>
    public static string Advice(string word, IReadOnlyCollection<string> candidates, string noun) =>
        To(word, candidates) is { } near ? $"did you mean '{near}'?" : $"the {noun} here are: {string.Join(", ", candidates)}";

    /// <summary>The same with its end, where another sentence follows.</summary>
    public static string Sentence(string word, IReadOnlyCollection<string> candidates, string noun) => Advice(word, candidates, noun) is var advice && advice.EndsWith('?') ? advice : advice + ".";

    // Optimal string alignment: insert, delete, replace, swap neighbours.
    private static int Edits(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 3 || a.Length > 100)
            return int.MaxValue;
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        return d[a.Length, b.Length];
    }
}
