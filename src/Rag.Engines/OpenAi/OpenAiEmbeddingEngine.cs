using Microsoft.Extensions.DependencyInjection;
using Rag.Embedding;
using Rag.Engines.ModelServers;
using Rag.Engines.Onnx;
using Rag.Hosting;

namespace Rag.Engines.OpenAi;

/// <summary>Embedding by an OpenAI-compatible server: OpenAI, vLLM, Ollama, llama.cpp, LiteLLM.</summary>
internal sealed class OpenAiEmbeddingEngine : Engine
{
    public override string Seam => "embedding";

    public override string Name => "openai";

    public override string Description => "an OpenAI-compatible server's /v1/embeddings: OpenAI, vLLM, Ollama, llama.cpp";

    public override IReadOnlyList<Setting> Settings => [.. ModelServerSettings.Embedding.All, OnnxSettings.Embedding.Model, OnnxSettings.QueryPrefix, OnnxSettings.PassagePrefix];

    public override void Register(IServiceCollection services, EngineContext context)
    {
        var options = Read(context);
        services.AddSingleton<IEmbedding>(provider => new OpenAiEmbedding(options, provider.GetRequiredService<TimeProvider>()));
    }

    public override ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken) => ModelServerCheck.RunAsync(async () =>
    {
        var options = Read(context);
        using var embedding = new OpenAiEmbedding(options, context.Time);
        var model = await embedding.DescribeAsync(cancellationToken).ConfigureAwait(false);
        return $"embedding: {options.Url.Authority} (OpenAI-compatible): model {model.Id}, {model.Dimensions} dimensions";
    });

    private static ModelServerOptions Read(EngineContext context) => ModelServerOptions.Read(ModelServerSettings.Embedding, "openai", needsModel: true, context.Configuration);
}
