using Rag.Host.Telemetry;

namespace Rag.Host.Supervising;

/// <summary>Lines of several processes on one output, each after the name of who wrote it: <c>embedding-1 | …</c>.</summary>
internal sealed class LogLines(TextWriter output, IEnumerable<string> names, bool inColor, bool asEcs = false)
{
    // Of the sixteen, those that are readable on black and on white.
    private static readonly int[] Colors = [36, 33, 32, 35, 34, 31];

    private readonly Lock _lock = new();
    private readonly string[] _names = [.. names];
    private readonly int _width = names.Append("up").Max(name => name.Length);

    /// <summary>For the terminal that standard error is, if it is one: color only there, and not where <c>NO_COLOR</c> is set (no-color.org).</summary>
    public static LogLines OfConsole(IEnumerable<string> names, bool asEcs) =>
        new(Console.Error, names, !Console.IsErrorRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")), asEcs);

    /// <summary>Writes one line.</summary>
    /// <param name="name">Who says it.</param>
    /// <param name="line">What. A line that is a JSON object is passed on as it is: it says itself whose it is, and a head would keep programs from reading it.</param>
    public void Write(string name, string line)
    {
        var isJson = line.StartsWith('{') && line.EndsWith('}');
        if (isJson || asEcs)
        {
            var whole = isJson ? line : EcsFormatter.Note(TimeProvider.System, $"rag-{name}", line);
            lock (_lock)
                output.WriteLine(whole);
            return;
        }

        var head = name.PadRight(_width);
        if (inColor && Array.IndexOf(_names, name) is >= 0 and var at)
            head = FormattableString.Invariant($"\u001b[{Colors[at % Colors.Length]}m{head}\u001b[0m");
        lock (_lock)
            output.WriteLine($"{head} | {line}");
    }
}
