using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Extraction;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Generation;

/// <summary>The generation service: the built-in extractive answerer, unless the host has registered an engine before.</summary>
public sealed class GenerationModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "generation";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => [];

    /// <inheritdoc/>
    public override IReadOnlyList<Contract> Contracts => [GenerationContract.Instance];

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton<IGeneration>(_ => new ExtractiveAnswerer());
        // Whatever answers, an engine or the built-in answerer, is measured alike.
        var own = services.Last(service => service.ServiceType == typeof(IGeneration) && !service.IsKeyedService);
        services.Remove(own);
        // Whoever handed in a made one disposes of it.
        if (own.ImplementationInstance is IGeneration made)
            services.AddKeyedSingleton(Name, made);
        else
            services.AddKeyedSingleton(Name, (provider, _) => (IGeneration)own.ImplementationFactory!(provider));
        services.AddSingleton<IGeneration>(provider =>
        {
            var model = provider.GetRequiredKeyedService<IGeneration>(Name);
            var whose = configuration["generation:engine"] is { Length: > 0 } engine ? engine : model is ExtractiveAnswerer ? ExtractiveAnswerer.Model : "openai";
            return new MeasuredGeneration(model, new GenerationMetrics(whose), provider.GetRequiredService<TimeProvider>());
        });
    }
}
