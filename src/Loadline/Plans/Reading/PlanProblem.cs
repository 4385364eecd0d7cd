namespace Loadline.Plans.Reading;

/// <summary>One thing that is wrong with a plan, for the person who must put it right.</summary>
/// <param name="Where"><c>file:line</c>, or the command-line option that brought it.</param>
/// <param name="Line">Its line from 1; null when an option brought it.</param>
/// <param name="Path">The key's path from the plan's root; empty for the file as a whole.</param>
/// <param name="Received">What was found; null when something is missing.</param>
/// <param name="Rule">The rule that is broken, with units and range; continues a sentence about the value.</param>
/// <param name="Remedy">What to write.</param>
public sealed record PlanProblem(string Where, int? Line, string Path, string? Received, string Rule, string Remedy)
{
    private const int LongestEcho = 80;

    /// <summary>The problem on one line, in the form that editors make clickable.</summary>
    public override string ToString()
    {
        var echo = Received is { Length: > LongestEcho } ? Received[..LongestEcho] + "…" : Received;
        var subject = Path.Length == 0 ? "" : $"{Path}: ";
        return $"{Where}: {subject}{(echo is null ? "" : $"'{echo.ReplaceLineEndings(" ")}' ")}{Rule}; {Remedy}";
    }
}
