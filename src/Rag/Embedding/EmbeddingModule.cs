using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Embedding;

/// <summary>The embedding service: texts to vectors.</summary>
public sealed class EmbeddingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "embedding";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => [];

    /// <inheritdoc/>
    public override IReadOnlyList<Contract> Contracts => [EmbeddingContract.Instance];

    /// <inheritdoc/>
    public override IReadOnlyList<Setting> Settings => EmbeddingSettings.All;

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        var options = EmbeddingSettings.Read(configuration);
        services.TryAddSingleton<IEmbedding>(_ => new BuiltInEmbedding(options));
    }
}
