using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Loadline.Targets;

/// <summary>Turns a text into one YAML tree, or says why not. Depth is bounded (a tree is walked by recursion) and aliases are refused (they make small files huge).</summary>
internal static class YamlText
{
    /// <summary>The tree; null when there is none, which was then said.</summary>
    /// <param name="text">The text.</param>
    /// <param name="deepest">How deep it may be nested.</param>
    /// <param name="problem">Takes line, rule and remedy.</param>
    internal static YamlNode? Read(string text, int deepest, Action<int, string, string> problem)
    {
        if (text.AsSpan().ContainsAny('\0', '\uFFFD'))
        {
            problem(1, "is not a text file in UTF-8", "name a file in YAML");
            return null;
        }
        var parser = new Parser(new StringReader(text));
        try
        {
            if (!IsModest(parser, deepest, problem))
                return null;
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents is [var only])
                return only.RootNode;
            problem(1, stream.Documents.Count == 0 ? "is empty" : "holds several documents", "write one, and no line '---' after its beginning");
        }
        catch (YamlException e)
        {
            problem(Math.Max(1, (int)e.Start.Line), $"is not YAML: {Reason(e)}", "correct the indentation, quotes or the repeated key");
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException)
        {
            // Some broken texts YamlDotNet refuses with an exception that has no position: the last good one is near.
            problem(Math.Max(1, (int)(parser.Current?.End.Line ?? 1)), $"is not YAML: {e.Message.ReplaceLineEndings(" ")}", "check quotes, brackets and tags ('!…') from here on");
        }
        return null;
    }

    private static bool IsModest(Parser parser, int deepest, Action<int, string, string> problem)
    {
        var depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            // The stream and the document are two levels themselves.
            if (depth > deepest + 2)
            {
                problem((int)parser.Current.Start.Line, $"is nested more than {deepest} deep", "write it flatter");
                return false;
            }
            if (parser.Current is AnchorAlias alias)
            {
                problem((int)alias.Start.Line, $"uses the alias '*{alias.Value}'", "write the value out");
                return false;
            }
        }
        return true;
    }

    // YamlDotNet begins its messages with the position, which the problem has already.
    private static string Reason(YamlException broken)
    {
        var message = broken.InnerException?.Message ?? broken.Message;
        var end = message.IndexOf("): ", StringComparison.Ordinal);
        return (message.StartsWith('(') && end > 0 ? message[(end + 3)..] : message).TrimEnd('.').ReplaceLineEndings(" ");
    }
}
