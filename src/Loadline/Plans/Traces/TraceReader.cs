using System.Globalization;
using System.Text.Json;

namespace Loadline.Plans.Traces;

/// <summary>
/// Reads when requests came from a trace: a JSON object a line with a <c>timestamp</c>, in seconds (a number, or a text that holds one) or as a date and time
/// of ISO 8601. Only the times are taken; what was asked is not replayed.
/// </summary>
internal static class TraceReader
{
    private const int MostArrivals = 10_000_000;
    private const int LongestLine = 1 << 20;

    /// <summary>The times in seconds since the first, in order; null, and why, when the file can't be read as a trace.</summary>
    public static double[]? Read(string path, out string? why)
    {
        var times = new List<double>();
        try
        {
            var number = 0;
            foreach (var line in File.ReadLines(path))
            {
                number++;
                if (string.IsNullOrWhiteSpace(line))
                    continue;
                if (line.Length > LongestLine)
                {
                    why = $"has a line {number} of more than {LongestLine} characters";
                    return null;
                }
                if (Timestamp(line) is not { } time)
                {
                    why = $"has no timestamp on line {number}: each line must be a JSON object with a timestamp in seconds or as a date and time";
                    return null;
                }
                times.Add(time);
                if (times.Count > MostArrivals)
                {
                    why = $"has more than {MostArrivals} lines";
                    return null;
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            why = "can't be read: " + failure.Message.TrimEnd('.');
            return null;
        }
        why = times.Count == 0 ? "holds no line" : null;
        if (why is not null)
            return null;
        times.Sort();
        var first = times[0];
        return [.. times.Select(time => time - first)];
    }

    private static double? Timestamp(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("timestamp", out var value))
                return null;
            if (value.ValueKind == JsonValueKind.Number)
                return value.GetDouble();
            if (value.ValueKind != JsonValueKind.String)
                return null;
            var text = value.GetString()!;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && double.IsFinite(seconds))
                return seconds;
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? (date - DateTimeOffset.UnixEpoch).TotalSeconds : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
