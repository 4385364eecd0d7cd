using System.Globalization;

namespace Rag.Crashes;

/// <summary>What happens at a failpoint, and when.</summary>
/// <param name="Pauses">False: the process dies, as if by <c>kill -9</c>. True: whoever came stands still for <c>failpoints:pause_ms</c>, like a worker that was frozen.</param>
/// <param name="At">On this arrival, counted from 1, and no other; null where <paramref name="Probability"/> holds.</param>
/// <param name="Probability">On each arrival with this probability.</param>
internal sealed record FailpointRule(bool Pauses, int? At, double Probability)
{
    /// <summary>What is permitted, in words that complete "expected …".</summary>
    public const string Rule = "kill@N or pause@N (on the N-th arrival, from 1), or kill:P or pause:P (on each with probability P, from 0 to 1)";

    /// <summary>Reads <c>kill@3</c>, <c>pause:0.01</c> and the like; null where the text is none of it.</summary>
    public static FailpointRule? Parse(string text)
    {
        var at = text.IndexOfAny(['@', ':']);
        if (at < 0 || text[..at] is not ("kill" or "pause"))
            return null;
        var (pauses, number) = (text[..at] == "pause", text[(at + 1)..]);
        if (text[at] == '@')
            return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var arrival) && arrival > 0 ? new FailpointRule(pauses, arrival, 0) : null;
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var probability) && probability is >= 0 and <= 1
            ? new FailpointRule(pauses, null, probability) : null;
    }
}
