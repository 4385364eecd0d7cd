using System.Text;
using System.Text.Json;
using Loadline.Reports;

namespace Loadline.Live;

/// <summary>The live page: the report's components, fed each second instead of once.</summary>
internal static class LivePage
{
    public static string Render(LiveSubject subject) => PageAssets.Fill("live.html", new()
    {
        ["head"] = PageAssets.Head($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(subject.Folder))} · Loadline live", "; connect-src 'self'"),
        ["part"] = subject.Part is null ? "" : Html.Of($"<p class=\"what\">{subject.Part}</p>").ToString(),
        ["about"] = About(),
        ["charting"] = PageAssets.Charting,
        ["script"] = PageAssets.Scripts("live.js"),
    });

    private static string About()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            SpreadSection.About(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
