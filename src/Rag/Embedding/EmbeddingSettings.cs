using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Embedding;

/// <summary>What the configuration says of the built-in embedding: the section <c>embedding</c>.</summary>
internal static class EmbeddingSettings
{
    private static readonly Setting<int> Dimensions = Setting.Whole("embedding:dimensions", 384, 64, 4096, "Dimensions of the built-in embedding; another value is another model, whose vectors can't be compared with the old ones");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Dimensions];

    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static EmbeddingOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new EmbeddingOptions { Dimensions = reader.Read(Dimensions) };
        reader.ThrowIfWrong();
        return options;
    }
}
