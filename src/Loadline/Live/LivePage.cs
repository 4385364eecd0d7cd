using System.Text;
using System.Text.Json;
using Loadline.Reports;

namespace Loadline.Live;

/// <summary>The live page: the report's components, fed each second instead of once.</summary>
internal static class LivePage
{
    public static string Render(string folder) => PageAssets.Fill("live.html", new()
    {
        ["head"] = PageAssets.Head($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))} · Loadline live", "; connect-src 'self'"),
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
