using Microsoft.Extensions.AI;
using Rag.Engines.ModelServers;
using Rag.Errors;

namespace Rag.Engines.ExtensionsAi;

/// <summary>
/// <see cref="Embedding.IEmbedding"/> by any provider of Microsoft.Extensions.AI. The model is named by the provider's metadata; a provider that doesn't say which version it has is told by its
/// name and dimensions alone. A provider that doesn't heed cancellation is left behind when its time is over.
/// </summary>
internal sealed class ProviderEmbedding(IEmbeddingGenerator<string, Embedding<float>> generator, ModelServerOptions options, TimeProvider time)
    : RemoteEmbedding(options, $"embedding: {NameOf(generator)}", time)
{
    private const int MostTexts = 2048;

    private readonly TimeProvider _time = time;

    protected override ValueTask<(string Id, string Version, int MostTexts)> LookAsync(CancellationToken cancellationToken)
    {
        var metadata = generator.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata;
        return new((Options.Model ?? metadata?.DefaultModelId ?? NameOf(generator), metadata?.ProviderName ?? "", MostTexts));
    }

    protected override async ValueTask<(IReadOnlyList<float[]> Vectors, int Tokens)> ComputeAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Options.Timeout, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            var reply = await generator.GenerateAsync(texts, new EmbeddingGenerationOptions { ModelId = Options.Model, Dimensions = Options.Dimensions }, stop.Token)
                .WaitAsync(stop.Token).ConfigureAwait(false);
            return ([.. reply.Select(embedding => Finite(embedding.Vector.ToArray()))], (int?)reply.Usage?.InputTokenCount ?? Estimate(texts));
        }
        catch (FormatException error)
        {
            throw new RagException(RagError.Unavailable, $"embedding: {NameOf(generator)}: {error.Message}", inner: error);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            throw late.IsCancellationRequested
                ? new RagException(RagError.DeadlineExceeded, $"embedding: {NameOf(generator)} did not answer within {Options.Timeout.TotalSeconds:0.##} s; see embedding:timeout_seconds", inner: error)
                : ProviderFailure.Of("embedding", NameOf(generator), error);
        }
    }

    private static string NameOf(IEmbeddingGenerator generator) =>
        (generator.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata)?.ProviderName is { Length: > 0 } name ? name : generator.GetType().Name;
}
