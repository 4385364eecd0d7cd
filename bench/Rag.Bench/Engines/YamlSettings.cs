using System.Text;

namespace Rag.Bench.Engines;

/// <summary>Settings by their paths as the text of a <c>rag.yaml</c>.</summary>
internal static class YamlSettings
{
    /// <param name="settings">Values by paths such as <c>kafka:client:broker.version.fallback</c>; a path is not the beginning of another.</param>
    public static string Write(IEnumerable<KeyValuePair<string, string>> settings)
    {
        var text = new StringBuilder();
        Write(text, [.. settings.Select(setting => (setting.Key.Split(':'), setting.Value))], 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, List<(string[] Path, string Value)> settings, int depth)
    {
        foreach (var section in settings.GroupBy(setting => setting.Path[depth]))
        {
            text.Append(' ', 2 * depth).Append('"').Append(section.Key).Append("\":");
            var first = section.First();
            if (first.Path.Length == depth + 1)
            {
                text.Append(" '").Append(first.Value.Replace("'", "''", StringComparison.Ordinal)).Append("'\n");
                continue;
            }

            text.Append('\n');
            Write(text, [.. section], depth + 1);
        }
    }
}
