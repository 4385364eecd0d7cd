namespace Loadline.Targets;

/// <summary>What a variable of a profile stands for.</summary>
/// <param name="Text">Its text.</param>
/// <param name="IsJson">Whether the text is a JSON number, true or false, which a JSON body takes without quotes.</param>
public readonly record struct VariableValue(string Text, bool IsJson = false)
{
    /// <summary>The value of a scalar as YAML or JSON has it: numbers and booleans without quotes stay what they are.</summary>
    internal static VariableValue OfPlain(string text) => new(text, text is "true" or "false" || IsNumber(text));

    // JSON's own grammar: 007 and 1. are no numbers in a body.
    private static bool IsNumber(string text)
    {
        if (text.Length is 0 or > 40 || (text[0] != '-' && !char.IsAsciiDigit(text[0])))
            return false;
        var reader = new System.Text.Json.Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(text));
        try
        {
            return reader.Read() && reader.TokenType == System.Text.Json.JsonTokenType.Number && !reader.Read();
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }
}

/// <summary>Where a variable's value comes from.</summary>
public abstract record VariableSource
{
    /// <summary>The profile itself: no secret.</summary>
    public sealed record Literal(VariableValue Value) : VariableSource;

    /// <summary>An environment variable: a secret.</summary>
    public sealed record Environment(string Name) : VariableSource;

    /// <summary>The text of a file, without white space around it: a secret.</summary>
    public sealed record File(string Path) : VariableSource;
}

/// <summary>The names that a profile's templates may ask for beside the placeholders: its variables and what its setup captures.</summary>
internal sealed class VariableNames
{
    /// <summary>What every run has: a text that no other run has, for names of things that are made for it.</summary>
    internal const string Run = "run";

    private const string Environment = "env.";

    private readonly SortedSet<string> _names = new(StringComparer.Ordinal) { Run };

    internal IEnumerable<string> All => _names;

    internal bool Add(string name) => _names.Add(name);

    internal bool Knows(string name) => _names.Contains(name) || EnvironmentName(name) is not null;

    /// <summary><c>NAME</c> of <c>env.NAME</c>; null for another variable.</summary>
    internal static string? EnvironmentName(string variable) =>
        variable.StartsWith(Environment, StringComparison.Ordinal) && variable.Length > Environment.Length && variable.AsSpan(Environment.Length).IndexOfAnyExcept(Word) < 0
            ? variable[Environment.Length..]
            : null;

    /// <summary>Whether a text can name a variable: a letter, then letters, digits and underscores, and none of the placeholders' names.</summary>
    internal static bool IsName(string text) =>
        text.Length is > 0 and <= 64 && char.IsAsciiLetter(text[0]) && text.AsSpan().IndexOfAnyExcept(Word) < 0 && !Placeholders.ByName.ContainsKey(text);

    private static readonly System.Buffers.SearchValues<char> Word =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
}
