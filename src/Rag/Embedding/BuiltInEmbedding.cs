using System.Diagnostics;
using System.Diagnostics.Metrics;
using Rag.Errors;

namespace Rag.Embedding;

/// <summary><see cref="IEmbedding"/> by <see cref="HashedEmbedder"/>, in the caller's thread: a text takes less time than handing it to another one would.</summary>
internal sealed class BuiltInEmbedding : IEmbedding
{
    private const int MaxTexts = 256;

    private static readonly Meter Meter = new("Rag");
    private static readonly Counter<long> Texts = Meter.CreateCounter<long>("rag.embedding.texts", "{text}", "Texts embedded");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("rag.embedding.duration", "s", "Time to embed one request's texts");
    private static readonly Histogram<double> LoadTime = Meter.CreateHistogram<double>("rag.model.load.duration", "s", "Time to load a model: files, hash, sessions and a first computation, by seam");

    private readonly HashedEmbedder _embedder;

    public BuiltInEmbedding(EmbeddingOptions options)
    {
        if (options.Problems().ToArray() is { Length: > 0 } problems)
            throw new InvalidOperationException(string.Join("; ", problems));
        var started = Stopwatch.GetTimestamp();
        _embedder = new HashedEmbedder(options.Dimensions);
        LoadTime.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("seam", "embedding"));
    }

    public ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_embedder.Model);

    public ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken)
    {
        var texts = request.Texts;
        if (texts.Count is < 1 or > MaxTexts)
            throw new RagException(RagError.InvalidArgument, $"embedding: {texts.Count} texts given; allowed are 1 to {MaxTexts} in one request");

        var started = Stopwatch.GetTimestamp();
        var vectors = new float[texts.Count][];
        var tokens = 0;
        for (var i = 0; i < vectors.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            vectors[i] = _embedder.Embed(texts[i], out var words);
            tokens += words;
        }

        Texts.Add(vectors.Length);
        Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
        return ValueTask.FromResult(new EmbedReply(_embedder.Model, vectors, tokens));
    }
}
