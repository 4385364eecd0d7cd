namespace Rag.Host.Supervising;

/// <summary>Lines of several processes on one output, each after the name of who wrote it: <c>embedding-1 | …</c>.</summary>
internal sealed class LogLines(TextWriter output, IEnumerable<string> names, bool inColor)
{
    // Of the sixteen, those that are readable on black and on white.
    private static readonly int[] Colors = [36, 33, 32, 35, 34, 31];

    private readonly Lock _lock = new();
    private readonly string[] _names = [.. names];
    private readonly int _width = names.Append("up").Max(name => name.Length);

    /// <summary>For the terminal that standard error is, if it is one: color only there, and not where <c>NO_COLOR</c> is set (no-color.org).</summary>
    public static LogLines OfConsole(IEnumerable<string> names) =>
        new(Console.Error, names, !Console.IsErrorRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));

    /// <summary>Writes one line.</summary>
    /// <param name="name">Who says it.</param>
    /// <param name="line">What.</param>
    public void Write(string name, string line)
    {
        var head = name.PadRight(_width);
        if (inColor && Array.IndexOf(_names, name) is >= 0 and var at)
            head = FormattableString.Invariant($"\u001b[{Colors[at % Colors.Length]}m{head}\u001b[0m");
        lock (_lock)
            output.WriteLine($"{head} | {line}");
    }
}
