using System.Globalization;

namespace Loadline.Verdicts;

/// <summary>Moments of a run as people read them.</summary>
internal static class Clock
{
    /// <summary>Seconds since the run's start as <c>1:30</c>, with hours where there are any.</summary>
    public static string Text(double seconds)
    {
        var span = TimeSpan.FromSeconds(Math.Round(seconds));
        return span.TotalHours >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}:{span:mm\\:ss}")
            : string.Create(CultureInfo.InvariantCulture, $"{span.Minutes}:{span:ss}");
    }
}
