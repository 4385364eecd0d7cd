using System.Globalization;
using Loadline.Plans.Keys;
using Loadline.Plans.Quantities;

namespace Loadline.Plans;

/// <summary>Says in plain sentences what a plan will do, defaults included.</summary>
public static class PlanExplanation
{
    /// <summary>One sentence or two an item, in the order of the run.</summary>
    public static IReadOnlyList<string> Explain(this Plan plan)
    {
        var lines = new List<string>
        {
            $"{plan.Name}: {plan.Purpose.TrimEnd('.')}.",
            $"Target: {Target(plan.Target)}. {Seeding(plan.Data)}",
        };
        if (plan.Variant.Choices.Count > 0)
            lines.Insert(1, $"This is the variant {plan.Variant.Text}; its run is called {plan.RunName}.");
        var several = plan.Scenarios is not [{ Name: Scenario.Default }];
        foreach (var scenario in plan.Scenarios)
            lines.AddRange(new LoadExplanation(plan, scenario, several).Lines());
        if (several)
        {
            var (from, to, end) = RunPhases.Of(plan.Scenarios);
            lines.Add($"Together they take {Time(end)}{Scaled(plan)}; the hold phase is from {Time(from)} to {Time(to)}.");
        }
        lines.Add(Generator(plan));
        lines.AddRange(plan.Faults.Select(fault => $"Fault '{fault.Name}' at {Time(Rounded(fault.At))}: {FaultText.Of(fault)}."));
        lines.Add($"Judged over the hold phase: {string.Join("; ", plan.Objectives.Select(objective => objective.Text))}.");
        if (plan.Baseline is { } baseline)
            lines.Add($"Compared with the earlier run {baseline}.");
        lines.Add($"Seed {plan.Seed.ToString(CultureInfo.InvariantCulture)}: the same seed gives the same users, documents, questions and think times.");
        // That nothing is compared with needs no line.
        var defaulted = plan.Defaulted.Where(path => path != "baseline" && (plan.Llm is not null || !path.StartsWith("llm.", StringComparison.Ordinal))).ToList();
        if (defaulted.Count > 0)
            lines.Add($"Left to defaults: {string.Join(", ", defaulted.Select(path => $"{path} = {PlanKeys.Find(path)!.Default}"))}.");
        return lines;
    }

    // What was drawn has more digits than anybody reads.
    private static TimeSpan Rounded(TimeSpan time) => TimeSpan.FromMilliseconds(Math.Round(time.TotalMilliseconds));

    private static string Target(string target) => OwnTarget.Find(target) is { } own
        ? $"the RAG system that Loadline ships with, {own.About}, started for this run and stopped after it"
        : Uri.IsWellFormedUriString(target, UriKind.Absolute) ? $"{target}, which must be running" : $"the profile '{target}'";

    private static string Seeding(PlanData data) => data.Documents == 0
        ? "No documents are uploaded before the load."
        : $"Before the load it gets {Count(data.Documents, "document")} of about {data.Words.Mean.ToString("0", CultureInfo.InvariantCulture)} words on {Count(data.Topics, "topic")}.";

    private static string Generator(Plan plan)
    {
        if (plan.Llm is not { } llm)
            return OwnTarget.Find(plan.Target) is not null ? "No llm section: queries are answered by the built-in extractive answerer, at once." : "No llm section: queries are answered by whatever the target uses.";
        var failing = llm.Failures > 0 ? $"; {Share(llm.Failures)} of its requests fail" : "";
        return $"Answers come from a simulated LLM: first token after about {Seconds(Math.Round(llm.FirstToken.Mean, 3))}, then {llm.OutputTokens.Mean.ToString("0", CultureInfo.InvariantCulture)} tokens or so, one every {Seconds(Math.Round(llm.PerToken.Mean, 4))} "
            + $"(up to {Numbers.Text(1 + llm.LoadFactor)} times that with all slots busy), {Count(llm.Slots, "answer")} at once and {llm.Queue} waiting{failing}.";
    }

    internal static string Scaled(Plan plan) => (plan.TimeScale == 1, plan.IsTimeScaleRaised) switch
    {
        (true, false) => "",
        (true, true) => " (durations as written: the plan bears no smaller time scale)",
        (false, var raised) => $" (durations of the plan × {Numbers.Text(plan.TimeScale)}{(raised ? ", the least that it bears" : "")}; rates, think times and time-outs are as written)",
    };

    internal static string Time(TimeSpan time) => DurationQuantity.Text(time.TotalSeconds);

    internal static string Seconds(double seconds) => DurationQuantity.Text(seconds);

    internal static string Share(double share) => Numbers.Text(share * 100) + "%";

    internal static string Count(int count, string noun) => $"{count.ToString("N0", CultureInfo.InvariantCulture)} {noun}{(count == 1 ? "" : "s")}";
}
