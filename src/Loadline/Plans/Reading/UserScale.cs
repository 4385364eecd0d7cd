using System.Globalization;
using Loadline.Plans.Keys;

namespace Loadline.Plans.Reading;

/// <summary>
/// What <c>--users N</c> does to a plan whose users stand in more than one place: levels of stages and users of scenarios are multiplied by one factor, so that the
/// highest level, or the sum of the scenarios, is N. Open loads stay as they are: their rate is not of users.
/// </summary>
internal static class UserScale
{
    private static readonly string[] Open = ["rate", "burst", "replay"];

    /// <summary>Applies it.</summary>
    /// <param name="root">The plan.</param>
    /// <param name="users">The option's value.</param>
    /// <param name="otherwise">What to do where there is one place, or nothing to scale: write the number there, so that the plan's own rules judge it.</param>
    public static void Apply(MapNode root, ScalarNode users, Action otherwise)
    {
        var loads = root.Find("scenarios")?.Value is MapNode scenarios
            ? scenarios.Entries.Select(entry => entry.Value).OfType<MapNode>().ToList()
            : root.Find("load")?.Value is MapNode load && load.Find("stages") is not null ? [load] : [];
        var heights = loads.Select(one => (Load: one, Height: Height(one))).Where(one => one.Height > 0).ToList();
        var kind = PlanKeys.Find("load.users")!.Kind!;
        if (heights.Count == 0 || !kind.TryRead(users.Text, out var wanted, out _))
        {
            otherwise();
            return;
        }
        var factor = (ulong)wanted / heights.Sum(one => one.Height);
        foreach (var (one, _) in heights)
            Scale(one, factor, users.Origin);
    }

    // 0 for an open load, and for one that can't be read: its own rules say why.
    private static double Height(MapNode load) => load switch
    {
        _ when Open.Any(key => load.Find(key) is not null) => 0,
        _ when load.Find("stages")?.Value is ListNode stages => stages.Items.Select(Level).DefaultIfEmpty(0).Max() ?? 0,
        _ when load.Find("users")?.Value is ScalarNode own => Number(own.Text) ?? 0,
        _ => Number(PlanKeys.Find("load.users")!.Default!)!.Value,
    };

    private static void Scale(MapNode load, double factor, Origin origin)
    {
        if (load.Find("stages")?.Value is ListNode stages)
        {
            for (var i = 0; i < stages.Items.Count; i++)
                if (stages.Items[i] is ScalarNode stage && Level(stage) is > 0 and var level)
                    stages.Items[i] = new ScalarNode(origin, $"{stage.Text[..(stage.Text.LastIndexOf(' ') + 1)]}{Whole(level * factor)}", true);
            return;
        }
        var entry = new MapEntry("users", origin, new ScalarNode(origin, Whole(Height(load) * factor), true));
        var at = load.Entries.FindIndex(own => own.Key == "users");
        if (at < 0)
            load.Entries.Add(entry);
        else
            load.Entries[at] = entry;
    }

    // Of "1m to 200" 200; null of a rate.
    private static double? Level(PlanNode stage) => stage is ScalarNode { Text: var text } ? Number(text.Trim()[(text.Trim().LastIndexOf(' ') + 1)..]) : null;

    private static double? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Whole(double users) => Math.Max(1, (int)Math.Round(users)).ToString(CultureInfo.InvariantCulture);
}
