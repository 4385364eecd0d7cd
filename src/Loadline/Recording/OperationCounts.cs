using System.Runtime.InteropServices;
using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>What is counted of one operation. Written under its owner's lock.</summary>
public sealed class OperationCounts
{
    // A target that puts ids into its errors must not fill the memory.
    private const int MostReasons = 64;

    private readonly long[] _outcomes = new long[5];
    private readonly Dictionary<string, long> _reasons = [];

    /// <summary>How many exchanges ended so.</summary>
    public long this[Outcome outcome] => _outcomes[(int)outcome];

    /// <summary>All exchanges.</summary>
    public long Total => _outcomes[0] + _outcomes[1] + _outcomes[2] + _outcomes[3] + _outcomes[4];

    /// <summary>Exchanges that were answered: ok and degraded.</summary>
    public long Answered => this[Outcome.Ok] + this[Outcome.Degraded];

    /// <summary>Exchanges that were not answered and not refused by a limit: failed and timed out.</summary>
    public long Errors => this[Outcome.Failed] + this[Outcome.TimedOut];

    /// <summary>Answers that were right, where the data say what is right.</summary>
    public long Correct { get; private set; }

    /// <summary>Answers that were wrong.</summary>
    public long Wrong { get; private set; }

    /// <summary>Tokens received.</summary>
    public long Tokens { get; private set; }

    /// <summary>Body bytes sent.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Body bytes received.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>How often each reason came; past 64 reasons the rest are <c>other</c>.</summary>
    public IReadOnlyDictionary<string, long> Reasons => _reasons;

    internal void Count(Exchange exchange)
    {
        _outcomes[(int)exchange.Outcome]++;
        Tokens += exchange.Tokens;
        BytesSent += exchange.BytesSent;
        BytesReceived += exchange.BytesReceived;
        if (exchange.Correct is { } correct)
        {
            if (correct)
                Correct++;
            else
                Wrong++;
        }
        if (exchange.Reason is { } reason)
            CountReason(reason, 1);
    }

    // From the log alone: each exchange has one response time, and each answer that can be told right from wrong one entry.
    internal void Add(Measure measure, LoggedCounts counts)
    {
        if (measure <= Measure.ResponseTimedOut)
            _outcomes[(int)measure] += counts.All;
        else if (measure == Measure.Correct)
        {
            Correct += counts.Ones;
            Wrong += counts.All - counts.Ones;
        }
    }

    /// <summary>Takes over what the log doesn't have: reasons.</summary>
    internal void TakeUnlogged(OperationCounts longer)
    {
        foreach (var (reason, count) in longer._reasons)
            CountReason(reason, count);
    }

    internal void Add(OperationCounts other)
    {
        for (var i = 0; i < _outcomes.Length; i++)
            _outcomes[i] += other._outcomes[i];
        Correct += other.Correct;
        Wrong += other.Wrong;
        Tokens += other.Tokens;
        BytesSent += other.BytesSent;
        BytesReceived += other.BytesReceived;
        foreach (var (reason, count) in other._reasons)
            CountReason(reason, count);
    }

    private void CountReason(string reason, long count) =>
        CollectionsMarshal.GetValueRefOrAddDefault(_reasons, _reasons.Count < MostReasons || _reasons.ContainsKey(reason) ? reason : "other", out _) += count;
}
