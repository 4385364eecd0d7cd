using System.Globalization;
using System.Text;

namespace Loadline.Targets;

/// <summary>A path into JSON: <c>$</c>, then <c>.name</c>, <c>["any name"]</c>, <c>[0]</c> or <c>[*]</c>; the part of RFC 9535 that needs no backtracking.</summary>
public sealed class JsonPath
{
    private JsonPath(string source, IReadOnlyList<Step> steps)
    {
        Source = source;
        Steps = steps;
    }

    /// <summary>The path as written.</summary>
    public string Source { get; }

    internal IReadOnlyList<Step> Steps { get; }

    /// <summary>Reads a path.</summary>
    /// <exception cref="FormatException">The text is no such path; the message says where and what is legal.</exception>
    public static JsonPath Parse(string source)
    {
        if (source.Length == 0 || source[0] != '$')
            throw Wrong(source, 0);
        var steps = new List<Step>();
        var at = 1;
        while (at < source.Length)
        {
            if (source[at] == '.')
            {
                var end = at + 1;
                while (end < source.Length && source[end] is not ('.' or '['))
                    end++;
                if (end == at + 1)
                    throw Wrong(source, at);
                var name = source[(at + 1)..end];
                steps.Add(name == "*" ? Step.Any : Step.Named(name));
                at = end;
                continue;
            }
            var close = source[at] == '[' ? source.IndexOf(']', at) : -1;
            if (close < 0)
                throw Wrong(source, at);
            var inner = source[(at + 1)..close];
            if (inner == "*")
                steps.Add(Step.Any);
            else if (inner.Length > 2 && inner[0] is '"' or '\'' && inner[^1] == inner[0])
                steps.Add(Step.Named(inner[1..^1]));
            else if (int.TryParse(inner, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                steps.Add(new Step(null, index));
            else
                throw Wrong(source, at);
            at = close + 1;
        }
        return new JsonPath(source, steps);
    }

    /// <inheritdoc/>
    public override string ToString() => Source;

    /// <summary>Whether two paths are the same text.</summary>
    public override bool Equals(object? obj) => obj is JsonPath other && other.Source == Source;

    /// <inheritdoc/>
    public override int GetHashCode() => Source.GetHashCode(StringComparison.Ordinal);

    private static FormatException Wrong(string source, int at) =>
        new($"'{source}' is no path at character {at + 1}; a path is $ followed by .name, [\"name\"], [0] or [*], such as $.choices[0].delta.content");

    /// <summary>One step: a name, an index, or (both null) every element.</summary>
    internal readonly record struct Step(byte[]? Name, int? Index)
    {
        internal static Step Any => default;

        internal static Step Named(string name) => new(Encoding.UTF8.GetBytes(name), null);
    }
}
