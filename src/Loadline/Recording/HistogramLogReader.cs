using System.Globalization;

namespace Loadline.Recording;

/// <summary>Reads a histogram log line by line: however long the run, one line is in memory.</summary>
internal static class HistogramLogReader
{
    /// <summary>The log's histograms, in the order of their seconds. A last line that a crash cut is left out, and so is what others wrote into the log.</summary>
    /// <param name="path">The log.</param>
    /// <param name="wanted">Which are to be read; the others are passed over without being decoded.</param>
    /// <exception cref="IOException">The log can't be read.</exception>
    public static IEnumerable<LoggedHistogram> Read(string path, Func<LogTag, bool> wanted)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
        using var reader = new StreamReader(file);
        var isCut = IsCut(file);
        var tags = new Dictionary<string, LogTag?>();
        while (reader.ReadLine() is { } line)
        {
            if (isCut && reader.Peek() < 0)
                yield break;
            if (!line.StartsWith("Tag=", StringComparison.Ordinal) || line.IndexOf(',') is not (> 0 and var comma))
                continue;
            var name = line[4..comma];
            if (!tags.TryGetValue(name, out var tag))
                tags[name] = tag = LogTag.Read(name);
            if (tag is not null && wanted(tag) && Parse(line, comma, tag) is { } histogram)
                yield return histogram;
        }
    }

    private static bool IsCut(FileStream file)
    {
        if (file.Length == 0)
            return false;
        file.Seek(-1, SeekOrigin.End);
        var last = file.ReadByte();
        file.Seek(0, SeekOrigin.Begin);
        return last != '\n';
    }

    // Tag=name,second,length,max,payload
    private static LoggedHistogram? Parse(string line, int comma, LogTag tag)
    {
        var end = line.IndexOf(',', comma + 1);
        var last = line.LastIndexOf(',');
        if (end < 0 || last <= end || !double.TryParse(line.AsSpan(comma + 1, end - comma - 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var second))
            return null;
        var payload = new byte[(line.Length - last) * 3 / 4];
        return Convert.TryFromBase64Chars(line.AsSpan(last + 1), payload, out var length) && length > 0
            ? new LoggedHistogram((long)second, tag, payload.AsMemory(0, length))
            : null;
    }
}
