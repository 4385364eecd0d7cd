namespace Loadline.Plans.Reading;

/// <summary>Where a piece of a plan came from: a line of its file, or a command-line option.</summary>
internal readonly record struct Origin(string File, int Line, string? Option = null)
{
    public PlanProblem Problem(string path, string? received, string rule, string remedy) =>
        new(Option ?? $"{File}:{Line}", Option is null ? Line : null, path, received, rule, remedy);
}

/// <summary>A piece of a plan as written, before anything is known about its meaning.</summary>
internal abstract record PlanNode(Origin Origin);

/// <summary>One value.</summary>
internal sealed record ScalarNode(Origin Origin, string Text, bool Plain) : PlanNode(Origin)
{
    /// <summary>Nothing, or YAML's ways to write nothing.</summary>
    public bool IsEmpty => Plain && Text is "" or "~" or "null";
}

/// <summary>A list.</summary>
internal sealed record ListNode(Origin Origin, List<PlanNode> Items) : PlanNode(Origin);

/// <summary>Keys with values, in the file's order.</summary>
internal sealed record MapNode(Origin Origin, List<MapEntry> Entries) : PlanNode(Origin)
{
    public MapEntry? Find(string key) => Entries.Find(entry => entry.Key == key);
}

/// <summary>One key with its value.</summary>
internal sealed record MapEntry(string Key, Origin Origin, PlanNode Value);
