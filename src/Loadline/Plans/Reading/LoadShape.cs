using Loadline.Plans.Keys;
using Loadline.Plans.Quantities;
using Loadline.Plans.Traces;

namespace Loadline.Plans.Reading;

/// <summary>How many users or arrivals a load has when: from its keys <c>users</c>, <c>stages</c>, <c>rate</c>, <c>burst</c> or <c>replay</c>, of which there is one at most.</summary>
internal sealed class LoadShape(PlanValues values, string load, string folder, double timeScale)
{
    /// <summary>What was read.</summary>
    internal sealed record Times(int Users, Arrivals? Arrivals, IReadOnlyList<Ramp> Stages, TimeSpan Up, TimeSpan Hold, TimeSpan Down);

    /// <summary>The key that a problem is about.</summary>
    public string Path { get => field ?? load; private set; }

    /// <summary>Reads it; null where a rule is broken.</summary>
    public Times? Read(out string? why, out string? remedy)
    {
        (why, remedy) = (null, null);
        if (values.Has(load + ".stages"))
            return Staged(out why, out remedy);
        if (values.Has(load + ".rate"))
            return Rated(out why, out remedy);
        if (values.Has(load + ".burst"))
            return Burst();
        if (values.Has(load + ".replay"))
            return Replayed(out why, out remedy);
        var (users, settle) = (values.Number(load + ".users"), Settle());
        return new Times(
            users, null, settle == TimeSpan.Zero ? [] : [new Ramp(Phase("up"), 0, users), new Ramp(settle + Phase("hold"), users, users), new Ramp(Phase("down"), users, 0)],
            Phase("up") + settle, Phase("hold"), Phase("down"));
    }

    private TimeSpan Phase(string name) => values.Get<TimeSpan>($"{load}.phases.{name}") * timeScale;

    private TimeSpan Settle() => values.IsRead(load + ".phases.settle") ? Phase("settle") : TimeSpan.Zero;

    private Times? Staged(out string? why, out string? remedy)
    {
        Path = load + ".stages";
        (why, remedy) = (null, null);
        var stages = values.Get<List<object>>(Path).Cast<Stage>().ToList();
        var ramps = new List<Ramp>();
        var level = 0.0;
        foreach (var stage in stages)
        {
            ramps.Add(new Ramp(stage.For * timeScale, level, stage.To));
            level = stage.To;
        }
        var up = ramps.Count > 1 && ramps[0].To > 0 ? ramps[0].For : TimeSpan.Zero;
        var down = ramps.Count > 1 && level == 0 ? ramps[^1].For : TimeSpan.Zero;
        var hold = ramps.Aggregate(TimeSpan.Zero, (sum, ramp) => sum + ramp.For) - up - down;
        if (hold < TimeSpan.FromSeconds(1))
        {
            why = $"leaves a hold phase of {DurationQuantity.Text(Math.Max(0, hold.TotalSeconds))}, and it must be 1s at least: what lies between the first rise and the last fall to 0";
            remedy = "add a stage that holds the level, such as '1m to 200' after '10s to 200'";
            return null;
        }
        return stages[0].IsRate
            ? new Times(0, new RateArrivals(ramps, Law()), [], up, hold, down)
            : new Times((int)stages.Max(stage => stage.To), null, ramps, up, hold, down);
    }

    private Times? Rated(out string? why, out string? remedy)
    {
        (why, remedy) = (null, null);
        var rate = values.Get<double>(load + ".rate");
        var (rise, hold, down) = (Phase("up"), Phase("hold"), Phase("down"));
        var up = rise + Settle();
        IEnumerable<Ramp> middle = [new Ramp(hold, rate, rate)];
        if (values.Has(load + ".spike"))
        {
            Path = load + ".spike";
            var (at, lasts, to) = (values.Get<TimeSpan>(Path + ".at") * timeScale, values.Get<TimeSpan>(Path + ".for") * timeScale, values.Get<double>(Path + ".to"));
            if (at < up || at + lasts > up + hold)
            {
                why = $"lasts from {DurationQuantity.Text(at.TotalSeconds)} to {DurationQuantity.Text((at + lasts).TotalSeconds)}, and must lie within the hold phase, from {DurationQuantity.Text(up.TotalSeconds)} to {DurationQuantity.Text((up + hold).TotalSeconds)}";
                remedy = "change 'at', 'for' or the phases";
                return null;
            }
            middle = [new Ramp(at - up, rate, rate), new Ramp(lasts, to, to), new Ramp(up + hold - at - lasts, rate, rate)];
        }
        Ramp[] rates = [new Ramp(rise, 0, rate), new Ramp(up - rise, rate, rate), .. middle, new Ramp(down, rate, 0)];
        return new Times(0, new RateArrivals([.. rates.Where(ramp => ramp.For > TimeSpan.Zero)], Law()), [], up, hold, down);
    }

    private Times Burst()
    {
        var within = values.Get<TimeSpan>(load + ".burst.within");
        return new Times(
            0, new BurstArrivals(values.Number(load + ".burst.requests"), within, values.Number(load + ".burst.at-once")), [], TimeSpan.Zero, within, TimeSpan.Zero);
    }

    private Times? Replayed(out string? why, out string? remedy)
    {
        Path = load + ".replay";
        remedy = "name a file with a line such as {\"timestamp\": 82} for each request";
        var file = values.Get<string>(Path + ".file");
        var times = TraceReader.Read(System.IO.Path.Combine(folder, file), out why);
        if (times is null)
        {
            why = $"names the file '{file}', which {why}";
            return null;
        }
        var from = values.Get<TimeSpan>(Path + ".from").TotalSeconds;
        var speed = values.Get<double>(Path + ".speed");
        var rest = Math.Max(0, times[^1] - from);
        var length = values.IsRead(Path + ".for") ? values.Get<TimeSpan>(Path + ".for").TotalSeconds : rest;
        length *= timeScale;
        var due = times.Where(time => time >= from && time - from <= length).Select(time => Exactly((time - from) / speed)).ToList();
        // The last arrival lies on the end of the trace, and belongs to it.
        var lasts = Exactly(length / speed) + TimeSpan.FromTicks(1);
        if (due.Count > 0 && lasts >= TimeSpan.FromSeconds(1) && lasts <= TimeSpan.FromDays(7))
            return new Times(0, new ReplayArrivals(file, due, lasts), [], TimeSpan.Zero, lasts, TimeSpan.Zero);
        why = due.Count == 0
            ? $"begins {DurationQuantity.Text(from)} into the trace, and no request of '{file}' lies in the part that it names; the trace is {DurationQuantity.Text(times[^1])} long"
            : $"would take {DurationQuantity.Text(Math.Round(lasts.TotalSeconds, 3))}, and a load must take from 1s to 7d";
        remedy = "change 'from', 'for' or 'speed'";
        return null;
    }

    // TimeSpan.FromSeconds cuts off what is not a whole tick, which 604.603 s in binary is not.
    private static TimeSpan Exactly(double seconds) => new((long)Math.Round(seconds * TimeSpan.TicksPerSecond));

    private ArrivalLaw Law() => values.Get<ArrivalLaw>(load + ".arrivals");
}
