using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
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
        if (!services.Any(service => service.ServiceType == typeof(IEmbedding) && !service.IsKeyedService))
        {
            var options = EmbeddingSettings.Read(configuration); // an engine's model has dimensions of its own
            services.AddSingleton<IEmbedding>(_ => new BuiltInEmbedding(options));
        }

        // Whatever answers, an engine or the built-in model, stands behind the choice of models.
        var own = services.Last(service => service.ServiceType == typeof(IEmbedding) && !service.IsKeyedService);
        services.Remove(own);
        services.AddKeyedSingleton(Name, (provider, _) => (IEmbedding)(own.ImplementationInstance ?? own.ImplementationFactory!(provider)));
        services.AddSingleton<IEmbedding>(provider => new EmbeddingByModel(provider.GetRequiredKeyedService<IEmbedding>(Name), provider.GetService<NextEmbedding>()?.Model));
    }
}
