using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Generation;

namespace Rag.Engines.OpenAi;

/// <summary>Registers generation by an OpenAI-compatible server.</summary>
public static class OpenAiEngine
{
    /// <summary>Registers it when <c>generation:url</c> is set; otherwise leaves generation to the built-in answerer. Call before <see cref="GenerationModule"/>.</summary>
    public static IServiceCollection AddOpenAiGeneration(this IServiceCollection services, IConfiguration configuration)
    {
        if (OpenAiOptions.Read(configuration) is { } options)
            services.AddSingleton<IGeneration>(provider => new OpenAiGeneration(options, provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
