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
        var load = plan.Load;
        var lines = new List<string>
        {
            $"{plan.Name}: {plan.Purpose.TrimEnd('.')}.",
            $"Target: {Target(plan.Target)}. {Seeding(plan.Data)}",
            $"{Count(load.Users, "user")} {(load.Up > TimeSpan.Zero ? $"start evenly over {Time(load.Up)}" : "start at once")}, stay for {Time(load.Hold)}, and {(load.Down > TimeSpan.Zero ? $"leave evenly over {Time(load.Down)}" : "stop together")}: {Time(load.Duration)} in all{Scaled(plan)}.",
            $"Each user sends a request, waits for its answer, thinks for {plan.Settings.GetValueOrDefault("load.think", Seconds(load.Think.Mean))} (mean {Seconds(load.Think.Mean)}), and sends the next.",
            $"Of 100 requests, {Mix(load.Mix)}.",
            Rate(plan),
            $"{Share(load.Stream)} of queries ask for a stream; an exchange without an end after {Time(load.Timeout)} counts as timed out.",
            $"A user keeps {Count(load.DocumentsPerUser, "document")}, then uploads next versions of the oldest; {Share(load.Watch)} of uploads are watched until they are searchable.",
            Generator(plan),
            $"Judged over the hold phase: {string.Join("; ", plan.Objectives.Select(objective => objective.Text))}.",
            $"Seed {plan.Seed.ToString(CultureInfo.InvariantCulture)}: the same seed gives the same users, documents, questions and think times.",
        };
        if (plan.Baseline is { } baseline)
            lines.Add($"Compared with the earlier run {baseline}.");
        // That nothing is compared with needs no line.
        var defaulted = plan.Defaulted.Where(path => path != "baseline" && (plan.Llm is not null || !path.StartsWith("llm.", StringComparison.Ordinal))).ToList();
        if (defaulted.Count > 0)
            lines.Add($"Left to defaults: {string.Join(", ", defaulted.Select(path => $"{path} = {PlanKeys.ByPath[path].Default}"))}.");
        return lines;
    }

    private static string Target(string target) => OwnTarget.Find(target) is { } own
        ? $"the RAG system that Loadline ships with, {own.About}, started for this run and stopped after it"
        : Uri.IsWellFormedUriString(target, UriKind.Absolute) ? $"{target}, which must be running" : $"the profile '{target}'";

    private static string Seeding(PlanData data) => data.Documents == 0
        ? "No documents are uploaded before the load."
        : $"Before the load it gets {Count(data.Documents, "document")} of about {data.Words.Mean.ToString("0", CultureInfo.InvariantCulture)} words on {Count(data.Topics, "topic")}.";

    private static string Rate(Plan plan)
    {
        var rate = OfferedRate.Of(plan);
        var ceiling = double.IsFinite(rate.Ceiling) ? $", {Round(rate.Ceiling)} if every answer came at once" : "";
        return $"That offers about {Round(rate.PerSecond)} requests/s, if an exchange takes {Seconds(Math.Round(rate.Response, 2))} on average{ceiling}.";
    }

    private static string Generator(Plan plan)
    {
        if (plan.Llm is not { } llm)
            return OwnTarget.Find(plan.Target) is not null ? "No llm section: queries are answered by the built-in extractive answerer, at once." : "No llm section: queries are answered by whatever the target uses.";
        var failing = llm.Failures > 0 ? $"; {Share(llm.Failures)} of its requests fail" : "";
        return $"Answers come from a simulated LLM: first token after about {Seconds(Math.Round(llm.FirstToken.Mean, 3))}, then {llm.OutputTokens.Mean.ToString("0", CultureInfo.InvariantCulture)} tokens or so, one every {Seconds(Math.Round(llm.PerToken.Mean, 4))} "
            + $"(up to {Numbers.Text(1 + llm.LoadFactor)} times that with all slots busy), {Count(llm.Slots, "answer")} at once and {llm.Queue} waiting{failing}.";
    }

    private static string Mix(IReadOnlyDictionary<string, double> mix)
    {
        var sum = mix.Values.Sum();
        return string.Join(", ", mix.Select(weight => $"{Numbers.Text(Math.Round(100 * weight.Value / sum, 1))} are {weight.Key}"));
    }

    private static string Scaled(Plan plan) => plan.TimeScale == 1 ? "" : $" (durations of the plan × {Numbers.Text(plan.TimeScale)}; rates, think times and time-outs are as written)";

    private static string Time(TimeSpan time) => DurationQuantity.Text(time.TotalSeconds);

    private static string Seconds(double seconds) => DurationQuantity.Text(seconds);

    private static string Share(double share) => Numbers.Text(share * 100) + "%";

    private static string Round(double value) => value.ToString(value < 10 ? "0.#" : "0", CultureInfo.InvariantCulture);

    private static string Count(int count, string noun) => $"{count.ToString("N0", CultureInfo.InvariantCulture)} {noun}{(count == 1 ? "" : "s")}";
}
