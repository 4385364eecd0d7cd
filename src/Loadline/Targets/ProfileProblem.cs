namespace Loadline.Targets;

/// <summary>One mistake in a profile.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Path">Where in the file, such as <c>operations.query.stream.delta</c>.</param>
/// <param name="Value">What was given; null when something is missing.</param>
/// <param name="Rule">What must hold.</param>
/// <param name="Remedy">What to write instead.</param>
public sealed record ProfileProblem(int Line, string Path, string? Value, string Rule, string Remedy)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"line {Line}: {Path}{(Value is null ? "" : $": '{Value}'")}: {Rule}; {Remedy}";
}

/// <summary>A profile that can't be used, with all its mistakes at once.</summary>
/// <param name="file">The file's name, for the message.</param>
/// <param name="problems">The mistakes, in the order of their lines; never empty.</param>
public sealed class TargetProfileException(string file, IReadOnlyList<ProfileProblem> problems)
    : Exception($"{file} has {(problems.Count == 1 ? "a mistake" : $"{problems.Count} mistakes")}:\n  {string.Join("\n  ", problems)}")
{
    /// <summary>The mistakes, in the order of their lines.</summary>
    public IReadOnlyList<ProfileProblem> Problems { get; } = problems;
}
