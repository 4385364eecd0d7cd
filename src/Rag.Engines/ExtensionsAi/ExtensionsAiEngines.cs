using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Rag.Embedding;
using Rag.Engines.ModelServers;
using Rag.Engines.Onnx;
using Rag.Engines.OpenAi;
using Rag.Generation;
using Rag.Hosting;

namespace Rag.Engines.ExtensionsAi;

/// <summary>
/// Embedding by a provider of Microsoft.Extensions.AI. A host of one's own adds the provider's <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> to its services before the engines
/// (<c>docs/models.md</c> has the lines) and sets <c>embedding:engine</c> to <c>extensions-ai</c>.
/// </summary>
internal sealed class ExtensionsAiEmbeddingEngine : Engine
{
    public override string Seam => "embedding";

    public override string Name => "extensions-ai";

    public override string Description => "a provider of Microsoft.Extensions.AI that a host of one's own brings along";

    public override IReadOnlyList<Setting> Settings =>
        [OnnxSettings.Embedding.Model, ModelServerSettings.Embedding.Timeout, ModelServerSettings.Embedding.Texts, ModelServerSettings.Embedding.Dimensions, OnnxSettings.QueryPrefix, OnnxSettings.PassagePrefix];

    public override void Register(IServiceCollection services, EngineContext context)
    {
        if (!services.Any(service => service.ServiceType == typeof(IEmbeddingGenerator<string, Embedding<float>>)))
            throw new InvalidOperationException("embedding:engine: 'extensions-ai' needs an IEmbeddingGenerator<string, Embedding<float>> among the host's services, and there is none; 'rag' itself brings none. See docs/models.md");
        var reader = new SettingsReader(context.Configuration);
        var dimensions = reader.Read(ModelServerSettings.Embedding.Dimensions);
        var options = new ModelServerOptions
        {
            Seam = Seam,
            Url = new Uri("http://127.0.0.1"), // never asked
            Model = reader.Read(OnnxSettings.Embedding.Model),
            Timeout = reader.Read(ModelServerSettings.Embedding.Timeout),
            Texts = reader.Read(ModelServerSettings.Embedding.Texts),
            Dimensions = dimensions == 0 ? null : dimensions,
            QueryPrefix = reader.Read(OnnxSettings.QueryPrefix) ?? "",
            PassagePrefix = reader.Read(OnnxSettings.PassagePrefix) ?? "",
        };
        reader.ThrowIfWrong();
        services.AddSingleton<IEmbedding>(provider => new ProviderEmbedding(
            provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>(), options, provider.GetRequiredService<TimeProvider>()));
    }
}

/// <summary>Generation by a chat client of Microsoft.Extensions.AI; as <see cref="ExtensionsAiEmbeddingEngine"/>, with an <see cref="IChatClient"/> and <c>generation:engine</c>.</summary>
internal sealed class ExtensionsAiGenerationEngine : Engine
{
    private static readonly Setting<string?> Model = Setting.Text("generation:model", null, "Engine extensions-ai: the model to ask for; default: the client's own");

    public override string Seam => "generation";

    public override string Name => "extensions-ai";

    public override string Description => "a chat client of Microsoft.Extensions.AI that a host of one's own brings along";

    public override IReadOnlyList<Setting> Settings => [OpenAiSettings.FirstTokenSetting, OpenAiSettings.TokenSetting];

    public override void Register(IServiceCollection services, EngineContext context)
    {
        if (!services.Any(service => service.ServiceType == typeof(IChatClient)))
            throw new InvalidOperationException("generation:engine: 'extensions-ai' needs an IChatClient among the host's services, and there is none; 'rag' itself brings none. See docs/models.md");
        var reader = new SettingsReader(context.Configuration);
        var (model, first, later) = (reader.Read(Model), reader.Read(OpenAiSettings.FirstTokenSetting), reader.Read(OpenAiSettings.TokenSetting));
        reader.ThrowIfWrong();
        services.AddSingleton<IGeneration>(provider => new ProviderGeneration(provider.GetRequiredService<IChatClient>(), model, first, later, provider.GetRequiredService<TimeProvider>()));
    }
}
