using Microsoft.Extensions.DependencyInjection;
using Rag.Generation;
using Rag.Hosting;

namespace Rag.Engines.OpenAi;

/// <summary>Generation by an OpenAI-compatible server: vLLM, TGI, Ollama, llama.cpp, OpenAI, Azure.</summary>
internal sealed class OpenAiGenerationEngine : Engine
{
    public override string Seam => "generation";

    public override string Name => "openai";

    public override string Description => "an OpenAI-compatible server: vLLM, TGI, Ollama, llama.cpp, OpenAI, Azure";

    public override IReadOnlyList<Setting> Settings => OpenAiSettings.All;

    public override bool IsImpliedBy(EngineContext context) => context.Configuration["generation:url"] is { Length: > 0 };

    public override void Register(IServiceCollection services, EngineContext context)
    {
        var options = OpenAiSettings.Read(context.Configuration);
        services.AddSingleton<IGeneration>(provider => new OpenAiGeneration(options, provider.GetRequiredService<TimeProvider>()));
    }
}
