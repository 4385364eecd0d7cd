using Microsoft.Extensions.DependencyInjection;
using Rag.Embedding;
using Rag.Engines.ModelServers;
using Rag.Engines.Onnx;
using Rag.Hosting;
using Rag.Reranking;

namespace Rag.Engines.Tei;

/// <summary>Embedding by Hugging Face's Text-Embeddings-Inference.</summary>
internal sealed class TeiEmbeddingEngine : Engine
{
    public override string Seam => "embedding";

    public override string Name => "tei";

    public override string Description => "a Text-Embeddings-Inference server of Hugging Face";

    public override IReadOnlyList<Setting> Settings => [.. ModelServerSettings.Embedding.All, OnnxSettings.QueryPrefix, OnnxSettings.PassagePrefix];

    public override void Register(IServiceCollection services, EngineContext context)
    {
        var options = Read(context);
        services.AddSingleton<IEmbedding>(provider => new TeiEmbedding(options, provider.GetRequiredService<TimeProvider>()));
    }

    public override ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken) => ModelServerCheck.RunAsync(async () =>
    {
        var options = Read(context);
        using var server = new ModelServer(options, context.Time);
        var info = await TeiInfo.AskAsync(server, cancellationToken).ConfigureAwait(false);
        using var embedding = new TeiEmbedding(options, context.Time);
        var model = await embedding.DescribeAsync(cancellationToken).ConfigureAwait(false);
        return $"embedding: Text-Embeddings-Inference {info.Version} at {options.Url.Authority}: model {model.Id}, {model.Dimensions} dimensions, up to {info.MostTexts} texts a request";
    });

    private static ModelServerOptions Read(EngineContext context) => ModelServerOptions.Read(ModelServerSettings.Embedding, "tei", needsModel: false, context.Configuration);
}

/// <summary>Reranking by Hugging Face's Text-Embeddings-Inference.</summary>
internal sealed class TeiRerankingEngine : Engine
{
    public override string Seam => "reranking";

    public override string Name => "tei";

    public override string Description => "a Text-Embeddings-Inference server with a cross-encoder";

    public override IReadOnlyList<Setting> Settings => ModelServerSettings.Reranking.All;

    public override void Register(IServiceCollection services, EngineContext context)
    {
        var options = Read(context);
        services.AddSingleton<IReranking>(provider => new TeiReranking(options, provider.GetRequiredService<TimeProvider>()));
    }

    public override ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken) => ModelServerCheck.RunAsync(async () =>
    {
        var options = Read(context);
        using var reranking = new TeiReranking(options, context.Time);
        var info = await reranking.InfoAsync(cancellationToken).ConfigureAwait(false);
        await reranking.RerankAsync(new RerankRequest("What causes the tides?", [new(new("none", 1, 0), "", "The moon causes the tides.", 1)]), cancellationToken).ConfigureAwait(false);
        return $"reranking: Text-Embeddings-Inference {info.Version} at {options.Url.Authority}: model {info.Model}, up to {info.MostTexts} texts a request";
    });

    private static ModelServerOptions Read(EngineContext context) => ModelServerOptions.Read(ModelServerSettings.Reranking, "tei", needsModel: false, context.Configuration);
}
