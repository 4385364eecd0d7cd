using Microsoft.Extensions.DependencyInjection;
using Rag.Generation;

namespace Rag.Engines.OpenAi;

/// <summary>Generation by an OpenAI-compatible server: vLLM, TGI, Ollama, llama.cpp, OpenAI, Azure.</summary>
internal sealed class OpenAiGenerationEngine : Engine
{
    public override string Seam => "generation";

    public override string Name => "openai";

    public override string Description => "an OpenAI-compatible server: vLLM, TGI, Ollama, llama.cpp, OpenAI, Azure";

    public override bool IsImpliedBy(EngineContext context) => context.Configuration["generation:url"] is { Length: > 0 };

    public override void Register(IServiceCollection services, EngineContext context)
    {
        var options = OpenAiOptions.Read(context.Configuration)
            ?? throw new InvalidOperationException("generation:url: nothing is set, but generation:engine is openai; expected the server's address, such as http://127.0.0.1:9000/v1");
        services.AddSingleton<IGeneration>(provider => new OpenAiGeneration(options, provider.GetRequiredService<TimeProvider>()));
    }
}
