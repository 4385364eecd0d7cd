using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Engines.Chroma;

/// <summary>How to reach a Chroma server; the configuration section <c>chroma</c>.</summary>
/// <param name="Url">The server's address.</param>
/// <param name="Collection">What the names of all collections begin with.</param>
/// <param name="Timeout">How long one request may take.</param>
/// <param name="Connections">The most connections; further requests wait for one within <paramref name="Timeout"/>.</param>
public sealed record ChromaOptions(Uri Url, string Collection, TimeSpan Timeout, int Connections)
{
    private static readonly Setting<Uri?> UrlSetting = Setting.Address("chroma:url", "http://127.0.0.1:8000", "The address of the Chroma server (1.0 or later)");

    private static readonly Setting<string?> CollectionSetting = Setting.Text(
        "chroma:collection", "loadline", "What the names of all collections begin with; systems that share a server need different ones. 1 to 400 of a-z A-Z 0-9 . _ -, a letter or digit first");

    private static readonly Setting<TimeSpan> TimeoutSetting = Setting.Seconds("chroma:timeout_seconds", 10, 0.05, 600, "How long one request to Chroma may take");

    private static readonly Setting<int> ConnectionsSetting = Setting.Whole("chroma:connections", 32, 1, 1024, "The most connections to Chroma; further requests wait for one");

    /// <summary>All that is read.</summary>
    public static IReadOnlyList<Setting> Settings { get; } = [UrlSetting, CollectionSetting, TimeoutSetting, ConnectionsSetting];

    /// <summary>Reads the section.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted, all at once.</exception>
    public static ChromaOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var collection = reader.Read(CollectionSetting)!;
        if (collection.Length > 400 || !char.IsAsciiLetterOrDigit(collection[0]) || !collection.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            reader.Refuse($"{CollectionSetting.Path}: '{collection}' is not permitted; expected 1 to 400 of a-z A-Z 0-9 . _ -, a letter or digit first");
        var options = new ChromaOptions(reader.Read(UrlSetting)!, collection, reader.Read(TimeoutSetting), reader.Read(ConnectionsSetting));
        reader.ThrowIfWrong();
        return options;
    }
}
