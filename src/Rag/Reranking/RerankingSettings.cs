using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Reranking;

/// <summary>What the configuration says of the built-in reranking: the section <c>reranking</c>.</summary>
internal static class RerankingSettings
{
    private static readonly Setting<double> Weight = Setting.Number("reranking:weight", 0.5, 0, 10, "How much the closer look counts beside the score that a candidate came with; 0 keeps the order");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Weight];

    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static RerankingOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new RerankingOptions { Weight = reader.Read(Weight) };
        reader.ThrowIfWrong();
        return options;
    }
}
