using System.Globalization;
using Loadline.Plans.Keys;
using Loadline.Plans.Quantities;
using static Loadline.Plans.PlanExplanation;

namespace Loadline.Plans;

/// <summary>Says in plain sentences what one load of a plan will do.</summary>
/// <param name="plan">The plan.</param>
/// <param name="scenario">The load.</param>
/// <param name="named">Whether its name goes before its first sentence.</param>
internal sealed class LoadExplanation(Plan plan, Scenario scenario, bool named)
{
    private Load Load => scenario.Load;

    /// <summary>In the order of the run.</summary>
    public IEnumerable<string> Lines()
    {
        yield return (named ? $"{scenario.Name}, from {Time(scenario.Start)} to {Time(scenario.End)}{Tags()}: " : "") + What() + Ends();
        yield return Behaviour();
        yield return $"Of 100 requests, {Mix(Load.Mix)}.";
        if (Load.Arrivals is null)
            yield return Rate();
        if (Load.Retry is { } retry)
            yield return Retries(retry);
        yield return $"{Share(Load.Stream)} of queries ask for a stream; an exchange without an end after {Time(Load.Timeout)} counts as timed out.";
        yield return $"A user keeps {Count(Load.DocumentsPerUser, "document")}, then uploads next versions of the oldest; {Share(Load.Watch)} of uploads are watched until they are searchable.";
        yield return $"The target is asked to keep the traces of {Share(Load.Traced)} of requests.";
    }

    /// <summary>The load in a few words, without its length: <c>1,000 users</c>, <c>120/s (poisson), at most 2,000 users</c>.</summary>
    public static string Brief(Load load) => load.Arrivals switch
    {
        RateArrivals rate => $"{Rates(rate.Rates)} ({rate.Law.ToString().ToLowerInvariant()} arrivals), at most {Count(load.Users, "user")} at once",
        BurstArrivals burst => $"{Count(burst.Requests, "request")} within {Time(burst.Within)}, at most {Count(load.Users, "user")} at once",
        ReplayArrivals replay => $"{Count(replay.Times.Count, "request")} as in {replay.File}, at most {Count(load.Users, "user")} at once",
        _ => load.Stages.Count > 0 ? $"up to {Count(load.Users, "user")}" : Count(load.Users, "user"),
    };

    private string What() => Load.Arrivals switch
    {
        RateArrivals rate => $"{Noun("begin")} at a rate that {Course(rate.Rates, RateKind.Text)}, {(rate.Law == ArrivalLaw.Poisson ? "as independent people come (poisson)" : "evenly (constant)")}",
        BurstArrivals burst => $"{Count(burst.Requests, Noun())} {(burst.Requests == 1 ? "begins" : "begin")} within {Time(burst.Within)}, {(burst.AtOnce > 1 ? $"at least {burst.AtOnce} at once" : "evenly spaced")}",
        ReplayArrivals replay => $"{Count(replay.Times.Count, Noun())} begin as in {replay.File}, over {Time(replay.Length)}",
        _ when Load.Stages.Count > 0 => $"Users whose number {Course(Load.Stages, users => users.ToString("N0", CultureInfo.InvariantCulture))}",
        _ => $"{Count(Load.Users, "user")} {(Load.Up > TimeSpan.Zero ? $"start evenly over {Time(Load.Up)}" : "start at once")}, stay for {Time(Load.Hold)}, and {(Load.Down > TimeSpan.Zero ? $"leave evenly over {Time(Load.Down)}" : "stop together")}",
    };

    private string Ends() => named ? "." : $": {Time(Load.Duration)} in all{Scaled(plan)}.";

    private string Tags() => scenario.Tags.Count == 0 ? "" : $" ({string.Join(", ", scenario.Tags.Select(tag => $"{tag.Key} {tag.Value}"))})";

    private string Noun() => Load.Turns is null ? "request" : "session";

    private string Noun(string verb) => (Load.Turns is null ? "Requests " : "Sessions ") + verb;

    private string Behaviour()
    {
        var session = Load.Turns is null ? "" : $" A session is {Setting("turns")} requests (mean {Numbers.Text(Math.Round(Load.Turns.Mean, 2))}) with one history.";
        var think = $"{Setting("think", Seconds(Load.Think.Mean))} (mean {Seconds(Load.Think.Mean)})";
        if (Load.Arrivals is not null)
        {
            var between = Load.Turns is null ? "" : $" Between its turns a user thinks for {think}.";
            return $"An arrival takes one of {Count(Load.Users, "user")}; if all are busy it waits, and its response time counts from when it was due; if {Count(Load.WaitingAtMost, "arrival")} wait already it is dropped and counted.{session}{between}";
        }
        var often = Load.Intensity == 1 ? "" : $", {Numbers.Text(Load.Intensity)} times as often as that alone would give";
        return (Load.Pace is { } pace
            ? $"A user's requests begin {Setting("pace", Seconds(pace.Mean))} apart (mean {Seconds(pace.Mean)}){often}, or as soon as the answer is there, if that is later."
            : $"Each user sends a request, waits for its answer, thinks for {think}, and sends the next{often}.") + session;
    }

    private string Rate()
    {
        var rate = OfferedRate.Of(Load, plan.Llm);
        var ceiling = double.IsFinite(rate.Ceiling) ? $", {Round(rate.Ceiling)} if every answer came at once" : "";
        return $"That offers about {Round(rate.PerSecond)} requests/s{(Load.Stages.Count > 0 ? " at the height" : "")}, if an exchange takes {Seconds(Math.Round(rate.Response, 2))} on average{ceiling}.";
    }

    private static string Retries(RetryPolicy retry) =>
        $"A request that is refused, fails or times out is tried up to {Count(retry.Attempts, "time")} in all, after {Time(retry.Backoff.First)}, doubling up to {Time(retry.Backoff.Longest)}"
        + retry.Jitter switch { Jitter.Full => ", anywhere from nothing to that", Jitter.Half => ", anywhere from half to all of that", _ => "" }
        + (retry.LongestRetryAfter > TimeSpan.Zero ? $"; a Retry-After is honoured up to {Time(retry.LongestRetryAfter)}." : "; a Retry-After is ignored.");

    private static string Rates(IReadOnlyList<Ramp> rates) =>
        rates.Select(ramp => ramp.To).Where(rate => rate > 0).Distinct().ToList() is [var one] ? RateKind.Text(one) : $"up to {RateKind.Text(rates.Max(ramp => Math.Max(ramp.From, ramp.To)))}";

    private static string Course(IReadOnlyList<Ramp> ramps, Func<double, string> text)
    {
        var parts = new List<string>();
        var level = 0.0;
        foreach (var ramp in ramps)
        {
            if (ramp.For == TimeSpan.Zero || (ramp.From != level && parts.Count > 0))
                parts.Add($"jumps to {text(ramp.For == TimeSpan.Zero ? ramp.To : ramp.From)}");
            if (ramp.For > TimeSpan.Zero)
                parts.Add(ramp.From == ramp.To ? $"stays at {text(ramp.To)} for {Time(ramp.For)}" : $"{(ramp.To > ramp.From ? "rises" : "falls")} to {text(ramp.To)} over {Time(ramp.For)}");
            level = ramp.To;
        }
        return parts.Count == 1 ? parts[0] : string.Join(", ", parts.SkipLast(1)) + " and " + parts[^1];
    }

    private static string Mix(IReadOnlyDictionary<string, double> mix)
    {
        var sum = mix.Values.Sum();
        return string.Join(", ", mix.Select(weight => $"{Numbers.Text(Math.Round(100 * weight.Value / sum, 1))} are {weight.Key}"));
    }

    private string Setting(string key, string otherwise = "") =>
        plan.Settings.GetValueOrDefault($"{(plan.Settings.ContainsKey("load.mix") ? "load" : "scenarios." + scenario.Name)}.{key}", otherwise);

    private static string Round(double value) => value.ToString(value < 10 ? "0.#" : "0", CultureInfo.InvariantCulture);
}
