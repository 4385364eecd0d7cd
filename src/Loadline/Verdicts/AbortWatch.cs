using Loadline.Plans;
using Loadline.Recording;

namespace Loadline.Verdicts;

/// <summary>
/// Watches a running load for <c>abort when …</c>: each second it sums the last seconds of each rule's window from the histograms as they are logged. Memory is
/// bounded by the longest window.
/// </summary>
public sealed class AbortWatch
{
    private readonly IReadOnlyList<ObjectiveLine> _rules;
    private readonly Dictionary<ObjectiveLine, Observation> _seen = [];
    private readonly Queue<(long Second, IReadOnlyList<LoggedHistogram> Histograms)> _seconds = new();
    private readonly IReadOnlyList<string> _operations;
    private readonly Action _abort;
    private readonly Lock _gate = new();
    private readonly int _longest;

    /// <summary>A watch over a plan's rules.</summary>
    /// <param name="objectives">The plan's objectives; only rules are looked at.</param>
    /// <param name="context">What the plan has that they name.</param>
    /// <param name="abort">Called once, as the first rule is crossed.</param>
    /// <exception cref="ArgumentException">An objective that is none.</exception>
    public AbortWatch(IReadOnlyList<Objective> objectives, ObjectiveContext context, Action abort)
    {
        _rules = [.. objectives.Select(objective => Judge.Understand(objective, context)).Where(line => line.Demand == Demand.AbortWhen)];
        (_operations, _abort) = ([.. context.Operations], abort);
        _longest = _rules.Count == 0 ? 0 : _rules.Max(rule => (int)rule.Scope.Over!.Value.TotalSeconds);
    }

    /// <summary>Why the run was aborted, a clause such as "errors was 45% over the 10 s up to 0:42, and the run is aborted when it is &gt; 20%"; null when it was not.</summary>
    public string? Crossed { get; private set; }

    /// <summary>Takes in a second that is over.</summary>
    public void Take(long second, IReadOnlyList<LoggedHistogram> histograms)
    {
        lock (_gate)
        {
            if (_longest == 0 || Crossed is not null)
                return;
            _seconds.Enqueue((second, histograms));
            while (_seconds.Peek().Second <= second - _longest)
                _seconds.Dequeue();
            foreach (var rule in _rules)
                Look(rule, second);
        }
        if (Crossed is not null)
            _abort();
    }

    /// <summary>The value of a rule's metric that came nearest to crossing, or crossed; null when no window had enough samples.</summary>
    internal Observation? Of(ObjectiveLine rule)
    {
        lock (_gate)
            return _seen.FirstOrDefault(pair => pair.Key.Text == rule.Text).Value;
    }

    private void Look(ObjectiveLine rule, long second)
    {
        var length = (long)rule.Scope.Over!.Value.TotalSeconds;
        if (second + 1 < length)
            return;
        var selection = rule.Scope.Selection(0);
        var totals = new PhaseTotals(selection.Phase, _operations) { Seconds = length };
        foreach (var (at, histograms) in _seconds)
            if (at > second - length)
                foreach (var histogram in histograms)
                    if (selection.IsOf(histogram.Tag) && (rule.Scope.During is null || selection.Covers(histogram.Tag)))
                        totals.Add(histogram);
        var measured = rule.Metric.Measure(totals, Judge.OperationOf(rule.Of, totals), rule.Statistic);
        if (measured.Value is not { } value || Judge.LimitOf(rule.Limit, rule.Of, rule.Name, totals, null) is not { } limit || measured.Samples < rule.Metric.SamplesNeeded(rule.Statistic, limit))
            return;
        var crossed = rule.Comparison.Holds(value, limit);
        var upward = rule.Comparison.Sign is not ("<" or "<=");
        if (crossed || !_seen.TryGetValue(rule, out var before) || (upward ? value > before.Value : value < before.Value))
            _seen[rule] = new Observation(value, limit, measured.Samples, second + 1, crossed);
        if (crossed && Crossed is null)
            Crossed = $"{rule.Name} was {rule.Metric.Unit.Text(value)} over the {length} s up to {Clock.Text(second + 1)}, and the run is aborted when it is {rule.Comparison.Sign} {rule.Metric.Unit.Text(limit)}";
    }

    /// <summary>What a rule saw.</summary>
    internal sealed record Observation(double Value, double Limit, long Samples, long At, bool Crossed);
}
