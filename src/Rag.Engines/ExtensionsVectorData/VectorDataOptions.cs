using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Engines.ExtensionsVectorData;

/// <summary>How a provider of Microsoft.Extensions.VectorData is used; the configuration section <c>vector_data</c>.</summary>
/// <param name="Collection">What the names of all collections begin with.</param>
/// <param name="Key">The type of a record's key: <see cref="string"/> or <see cref="Guid"/>.</param>
/// <param name="Distance">The distance function that the provider is asked for, a name of <c>DistanceFunction</c>.</param>
/// <param name="IndexKind">The kind of index that it is asked for; null leaves it to the provider.</param>
/// <param name="Timeout">How long one call to the provider may take.</param>
/// <param name="MostAsked">The most records that one search of the provider is asked for.</param>
internal sealed record VectorDataOptions(string Collection, Type Key, string Distance, string? IndexKind, TimeSpan Timeout, int MostAsked)
{
    private static readonly Setting<string?> CollectionSetting = Setting.Text(
        "vector_data:collection", "loadline", "What the names of the provider's collections begin with. 1 to 20 of a-z 0-9 _, a letter first");

    private static readonly Setting<string> KeySetting = Setting.Choice(
        "vector_data:key", "string", ["string", "guid"], "The type of records' keys; guid for providers that take no texts, such as Qdrant's and Weaviate's. Fixed once there is data");

    private static readonly Setting<string> DistanceSetting = Setting.Choice(
        "vector_data:distance", "CosineSimilarity", ["CosineSimilarity", "CosineDistance", "DotProductSimilarity"],
        "What the provider compares by; vectors have length 1, so all three give the same order. Take one that the provider knows. Fixed once there is data");

    private static readonly Setting<string?> IndexKindSetting = Setting.Text(
        "vector_data:index_kind", null, "The kind of index that the provider is asked for, such as Hnsw; default: the provider's own. Fixed once there is data");

    private static readonly Setting<TimeSpan> TimeoutSetting = Setting.Seconds("vector_data:timeout_seconds", 10, 0.05, 600, "How long one call to the provider may take");

    private static readonly Setting<int> MostAskedSetting = Setting.Whole(
        "vector_data:most_asked", 1000, 100, 100_000, "The most records that the provider is asked for in one search; past them vectors are compared here");

    /// <summary>All that is read.</summary>
    public static IReadOnlyList<Setting> Settings { get; } = [CollectionSetting, KeySetting, DistanceSetting, IndexKindSetting, TimeoutSetting, MostAskedSetting];

    /// <summary>Reads the section.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted, all at once.</exception>
    public static VectorDataOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var collection = reader.Read(CollectionSetting)!;
        if (collection.Length > 20 || !char.IsAsciiLetterLower(collection[0]) || !collection.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'))
            reader.Refuse($"{CollectionSetting.Path}: '{collection}' is not permitted; expected 1 to 20 of a-z 0-9 _, a letter first");
        var options = new VectorDataOptions(
            collection, reader.Read(KeySetting) == "guid" ? typeof(Guid) : typeof(string), reader.Read(DistanceSetting), reader.Read(IndexKindSetting), reader.Read(TimeoutSetting), reader.Read(MostAskedSetting));
        reader.ThrowIfWrong();
        return options;
    }
}
