using System.Globalization;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Reading;

/// <summary>Makes the fault timeline of a plan from its values, and checks what no key's own rule can: which keys go together, and what lies within the run.</summary>
/// <param name="values">The values.</param>
/// <param name="root">Where the plan begins.</param>
/// <param name="timeScale">What times are multiplied by.</param>
/// <param name="problems">Takes what is wrong.</param>
internal sealed class FaultReader(PlanValues values, Origin root, double timeScale, List<PlanProblem> problems)
{
    private static readonly Dictionary<string, FaultKind> Kinds = Enum.GetValues<FaultKind>().ToDictionary(kind => kind.ToString().ToLowerInvariant());

    private static readonly string[] OfToxics = ["on", "stream"];
    private static readonly string[] OfBoth = ["share", "with"];
    private const int Most = 50;

    private static readonly TimeSpan LongestInjection = TimeSpan.FromMinutes(15);

    /// <summary>Names that mean something else behind <c>during</c>.</summary>
    private static readonly string[] Taken = ["up", "hold", "down", Scenario.Default];

    /// <summary>Reads all faults, in the order in which they begin. Where a problem was found the result is of no use.</summary>
    /// <param name="scenarios">The plan's loads.</param>
    public IReadOnlyList<PlanFault> Read(IReadOnlyList<Scenario> scenarios)
    {
        var before = problems.Count;
        var faults = new List<PlanFault>();
        foreach (var path in values.Named("faults"))
        {
            CheckName(path, scenarios);
            if (Kind(path) is not { } kind)
                continue;
            CheckKeys(path, kind);
            if (problems.Count == before && scenarios.Count > 0)
                faults.AddRange(Times(path, kind));
        }
        if (faults.Count > Most)
            Problem("faults", null, $"come {faults.Count} times in all, which may be at most {Most}", "lower their 'times'");
        if (problems.Count == before && scenarios.Count > 0)
            CheckEnds(faults, RunPhases.Of(scenarios).End);
        return [.. faults.OrderBy(fault => fault.At)];
    }

    private static string Name(string path) => path["faults.".Length..];

    private bool Has(string path, string key) => values.Has($"{path}.{key}");

    private void Problem(string path, string? received, string rule, string remedy) => problems.Add(values.OriginOf(path, root).Problem(path, received, rule, remedy));

    private void CheckName(string path, IReadOnlyList<Scenario> scenarios)
    {
        if (Taken.Contains(Name(path)) || scenarios.Any(scenario => scenario.Name == Name(path)))
            Problem(path, Name(path), "is the name of a phase or a scenario already, and objectives could not tell them apart", "give the fault another name, such as outage");
    }

    private FaultKind? Kind(string path)
    {
        var given = Kinds.Keys.Where(kind => Has(path, kind)).ToList();
        if (given.Count == 0)
            Problem(path, null, "does not say what it does", $"add one of {string.Join(", ", Kinds.Keys)}, such as kill: embedding");
        foreach (var second in given.Skip(1))
            Problem($"{path}.{second}", null, $"is given together with '{given[0]}', and a fault does one thing", "make it a fault of its own");
        return given.Count == 1 && values.IsRead($"{path}.{given[0]}") ? Kinds[given[0]] : null;
    }

    private void CheckKeys(string path, FaultKind kind)
    {
        foreach (var key in OfToxics.Concat(OfBoth).Append("undo"))
        {
            var belongs = key == "undo" ? kind == FaultKind.Command : kind == FaultKind.Toxic || (kind == FaultKind.Inject && OfBoth.Contains(key));
            if (Has(path, key) && !belongs)
                Problem($"{path}.{key}", null, $"does not belong to '{kind.ToString().ToLowerInvariant()}'", "remove it");
            if (!belongs)
                values.Forget($"{path}.{key}");
        }
        values.Forget(path + ".times");
        if (kind == FaultKind.Command && !Has(path, "undo"))
            Problem(path, null, "runs a command and does not say how to undo it", "add 'undo:' with the command that undoes it, or 'undo: \"true\"' where nothing is to be undone");
        if (values.IsRead(path + ".times") && values.Number(path + ".times") > 1 && !Has(path, "every"))
            Problem(path + ".times", null, "says that it comes several times, and not how far apart", "add, for example, every: exponential(mean 1m)");
        if (Has(path, "every") && values.IsRead(path + ".times") && values.Number(path + ".times") == 1)
            Problem(path + ".every", null, "says how far apart several are, and it comes once", "add, for example, times: 5");
    }

    // Each name draws from numbers of its own: a fault more or less leaves the others where they were.
    private IEnumerable<PlanFault> Times(string path, FaultKind kind)
    {
        var random = new Random(Mix(values.IsRead("seed") ? values.Get<ulong>("seed") : 0, Name(path)));
        TimeSpan Draw(string key) => TimeSpan.FromSeconds(values.Get<Distribution>($"{path}.{key}").Sample(random)) * timeScale;
        if (!values.IsRead(path + ".at") || !values.IsRead(path + ".for"))
            yield break;
        var at = Draw("at");
        for (var i = 0; i < values.Number(path + ".times"); i++)
        {
            if (i > 0)
                at += Draw("every");
            var length = Draw("for");
            if (kind is not (FaultKind.Kill or FaultKind.Stop) && length < TimeSpan.FromMilliseconds(100))
                Problem(path + ".for", DurationQuantity.Text(length.TotalSeconds), "is too short: a fault that ends by itself lasts for 100ms at least, after the time scale", "write, for example, for: 30s");
            if (kind == FaultKind.Inject && length > LongestInjection)
                Problem(path + ".for", DurationQuantity.Text(length.TotalSeconds), "is longer than a service lets a fault be injected, which is 15m", "shorten it");
            yield return new PlanFault
            {
                Name = Name(path),
                Kind = kind,
                Where = Where(path, kind),
                At = at,
                For = length,
                Toxic = kind == FaultKind.Toxic ? values.Get<string>(path + ".toxic") : null,
                Stream = values.Get<FaultStream>(path + ".stream"),
                Share = values.Get<double>(path + ".share"),
                With = values.IsRead(path + ".with") ? values.Get<Dictionary<string, string>>(path + ".with") : new Dictionary<string, string>(),
                Undo = values.IsRead(path + ".undo") ? values.Get<string>(path + ".undo") : null,
            };
            at += length;
        }
    }

    private string Where(string path, FaultKind kind)
    {
        var key = $"{path}.{(kind == FaultKind.Toxic ? "on" : kind.ToString().ToLowerInvariant())}";
        return kind switch
        {
            FaultKind.Cpu => values.Number(key).ToString(CultureInfo.InvariantCulture),
            FaultKind.Memory => values.Get<long>(key).ToString(CultureInfo.InvariantCulture),
            _ => values.Get<string>(key),
        };
    }

    private void CheckEnds(List<PlanFault> faults, TimeSpan end)
    {
        foreach (var fault in faults.Where(fault => fault.End > end).DistinctBy(fault => fault.Name))
            Problem($"faults.{fault.Name}", null,
                $"would last until {DurationQuantity.Text(Math.Round(fault.End.TotalSeconds, 1))}, and the load ends at {DurationQuantity.Text(Math.Round(end.TotalSeconds, 1))}", "let it begin earlier, or shorten it");
    }

    // FNV-1a over the name: the same on every machine, which string.GetHashCode is not.
    private static int Mix(ulong seed, string name)
    {
        var hash = 14695981039346656037UL ^ seed;
        foreach (var letter in name)
            hash = (hash ^ letter) * 1099511628211UL;
        return (int)(hash ^ (hash >> 32));
    }
}
