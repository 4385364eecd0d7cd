using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Loadline.Plans.Reading;

/// <summary>
/// Reads YAML into nodes that remember their lines. Unlike YamlDotNet's own tree it reports duplicate keys beside all other problems in place of stopping at
/// the first, and refuses what a plan has no use for: aliases (which make small files huge), several documents, and nesting deeper than any plan's.
/// </summary>
internal sealed class PlanTree
{
    private const int DeepestNesting = 12;
    private const int LongestFile = 1 << 20;

    private readonly string _file;
    private readonly string? _option;
    private readonly List<PlanProblem> _problems;

    private PlanTree(string file, string? option, List<PlanProblem> problems) => (_file, _option, _problems) = (file, option, problems);

    /// <summary>The file's nodes; null when its syntax is broken, which is then among the problems.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">The name that problems show.</param>
    /// <param name="option">The command-line option that the text came by, or null.</param>
    /// <param name="problems">Takes what is wrong.</param>
    public static PlanNode? Read(string text, string file, string? option, List<PlanProblem> problems) => new PlanTree(file, option, problems).Read(text);

    private PlanNode? Read(string text)
    {
        if (text.Length > LongestFile)
            return Refuse(1, $"is longer than {LongestFile} characters", "a plan is a page of YAML; name one");
        if (text.AsSpan().ContainsAny('\0', '\uFFFD'))
            return Refuse(1, "is not a text file in UTF-8", "name a plan in YAML");
        if (string.IsNullOrWhiteSpace(text))
            return Refuse(1, "is empty", "a plan has at least a name, a purpose and objectives: 'loadline list' shows plans to start from");

        var clean = ReplaceTabs(text);
        var parser = new Parser(new StringReader(clean));
        try
        {
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
                return Refuse(1, "holds nothing but comments", "a plan has at least a name, a purpose and objectives: 'loadline list' shows plans to start from");
            var root = ReadNode(parser, 0);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second))
                _problems.Add(At(second.Start).Problem("", null, "a second document begins here", "write one plan per file and remove the line '---'"));
            return root;
        }
        catch (YamlException broken)
        {
            return Refuse((int)broken.Start.Line, "is not YAML: " + Reason(broken), "check indentation, quotes and brackets on this line and the one before it");
        }
        catch (Exception broken) when (broken is ArgumentException or InvalidOperationException)
        {
            // Some broken texts YamlDotNet refuses with an exception that has no position: the last good one is near.
            return Refuse((int)(parser.Current?.End.Line ?? 1), "is not YAML: " + broken.Message.TrimEnd('.').ReplaceLineEndings(" "), "check quotes and brackets from here on, and remove tags ('!…'), which plans don't have");
        }
    }

    private PlanNode ReadNode(Parser parser, int depth)
    {
        var at = At(parser.Current!.Start);
        if (depth > DeepestNesting)
            throw new YamlException(parser.Current!.Start, parser.Current!.End, $"nested more than {DeepestNesting} deep");
        if (parser.TryConsume<Scalar>(out var scalar))
            return new ScalarNode(at, scalar.Value, scalar.Style == ScalarStyle.Plain);
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            _problems.Add(at.Problem("", "*" + alias.Value, "is an alias, and plans have none", "write the value out"));
            return new ScalarNode(at, "", true);
        }
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<PlanNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(ReadNode(parser, depth + 1));
            return new ListNode(at, items);
        }
        parser.Consume<MappingStart>();
        var map = new MapNode(at, []);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var keyAt = At(parser.Current!.Start);
            var key = ReadNode(parser, depth + 1);
            var value = ReadNode(parser, depth + 1);
            if (key is not ScalarNode { Text: var name })
                _problems.Add(keyAt.Problem("", null, "a key must be a word", "write 'key: value'"));
            else if (map.Find(name) is { } first)
                _problems.Add(keyAt.Problem(name, name, $"is given a second time (first on line {first.Origin.Line})", "remove one of the two"));
            else
                map.Entries.Add(new MapEntry(name, keyAt, value));
        }
        return map;
    }

    // Tabs are a problem each, and spaces for the rest of the reading, so that the other problems are found in the same go.
    private string ReplaceTabs(string text)
    {
        if (!text.Contains('\t'))
            return text;
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var indent = lines[i].Length - lines[i].TrimStart(' ', '\t').Length;
            if (!lines[i].AsSpan(0, indent).Contains('\t') || lines[i].AsSpan(indent).Trim() is "" or ['#', ..])
                continue;
            _problems.Add(new Origin(_file, i + 1, _option).Problem("", null, "a tab is in the indentation, and YAML indents with spaces", "replace each tab with two spaces"));
            lines[i] = lines[i].Replace("\t", "  ", StringComparison.Ordinal);
        }
        return string.Join('\n', lines);
    }

    private PlanNode? Refuse(int line, string rule, string remedy)
    {
        _problems.Add(new Origin(_file, Math.Max(1, line), _option).Problem("", null, "the text " + rule, remedy));
        return null;
    }

    private Origin At(Mark mark) => new(_file, (int)mark.Line, _option);

    // YamlDotNet begins its messages with the position, which the problem has already.
    private static string Reason(YamlException broken)
    {
        var message = broken.InnerException?.Message ?? broken.Message;
        var end = message.IndexOf("): ", StringComparison.Ordinal);
        return (message.StartsWith('(') && end > 0 ? message[(end + 3)..] : message).TrimEnd('.').ReplaceLineEndings(" ");
    }
}
