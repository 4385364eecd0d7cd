using System.Diagnostics.Metrics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rag.Embedding;
using Rag.Engines.Onnx;
using Rag.Errors;

namespace Rag.Engines.ModelServers;

/// <summary>
/// <see cref="IEmbedding"/> by a model elsewhere. A request's texts go in parts of what the server takes at a time, several at once; a text of spaces alone isn't sent and has the zero vector.
/// What comes back is checked (as many vectors as texts, all of the model's dimensions, finite) and brought to the length 1.
/// </summary>
/// <param name="options">Bounds and prefixes.</param>
/// <param name="name">Its name in messages.</param>
/// <param name="time">The clock.</param>
internal abstract class RemoteEmbedding(ModelServerOptions options, string name, TimeProvider time) : IEmbedding
{
    private const int MaxTexts = 256;
    private const string FirstText = "What causes the tides of the sea?";

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    private static readonly Meter Meter = new("Rag");
    private static readonly Counter<long> Texts = Meter.CreateCounter<long>("rag.embedding.texts", "{text}", "Texts embedded");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("rag.embedding.duration", "s", "Time to embed one request's texts");

    private Description? _known;

    /// <summary>Bounds and prefixes.</summary>
    protected ModelServerOptions Options => options;

    public async ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken) => (await DescriptionAsync(cancellationToken).ConfigureAwait(false)).Model;

    public async ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken)
    {
        if (request.Texts.Count is < 1 or > MaxTexts)
            throw new RagException(RagError.InvalidArgument, $"embedding: {request.Texts.Count} texts given; allowed are 1 to {MaxTexts} in one request");
        cancellationToken.ThrowIfCancellationRequested();
        var started = time.GetTimestamp();
        var prefix = request.Purpose == EmbedPurpose.Query ? options.QueryPrefix : options.PassagePrefix;
        var places = Enumerable.Range(0, request.Texts.Count).Where(i => !string.IsNullOrWhiteSpace(request.Texts[i])).ToList();
        var description = await DescriptionAsync(cancellationToken).ConfigureAwait(false);
        var parts = await Task.WhenAll(places.Chunk(Math.Min(options.Texts, description.MostTexts))
            .Select(part => AskAsync([.. part.Select(i => prefix + request.Texts[i])], cancellationToken))).ConfigureAwait(false);
        var vectors = new float[request.Texts.Count][];
        var computed = parts.SelectMany(part => part.Vectors).ToList();
        for (var i = 0; i < computed.Count; i++)
            vectors[places[i]] = computed[i].Length == description.Model.Dimensions ? OnnxEmbedding.Normalise(computed[i]) : throw Changed(description.Model, computed[i].Length);
        for (var i = 0; i < vectors.Length; i++)
            vectors[i] ??= new float[description.Model.Dimensions];
        Texts.Add(vectors.Length);
        Duration.Record(time.GetElapsedTime(started).TotalSeconds);
        return new EmbedReply(description.Model, vectors, parts.Sum(part => part.Tokens));
    }

    /// <summary>What is said about the model.</summary>
    /// <returns>Its name, what changes when its vectors do, and the most texts of one request.</returns>
    protected abstract ValueTask<(string Id, string Version, int MostTexts)> LookAsync(CancellationToken cancellationToken);

    /// <summary>Asks for vectors of a part's texts, in their order.</summary>
    protected abstract ValueTask<(IReadOnlyList<float[]> Vectors, int Tokens)> ComputeAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken);

    /// <summary>Reads a list of numbers.</summary>
    /// <exception cref="FormatException">It is none, or one is not finite.</exception>
    protected static float[] Numbers(JsonElement list)
    {
        var numbers = list.ValueKind == JsonValueKind.Array ? new float[list.GetArrayLength()] : throw new FormatException("an embedding is no list of numbers");
        var i = 0;
        foreach (var number in list.EnumerateArray())
            numbers[i++] = number.ValueKind == JsonValueKind.Number ? number.GetSingle() : throw new FormatException("an embedding holds what is no number");
        return Finite(numbers);
    }

    /// <summary>Refuses numbers that are none.</summary>
    protected static float[] Finite(float[] numbers) =>
        numbers.Length > 0 && !numbers.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue) ? numbers : throw new FormatException("an embedding is empty or not finite");

    /// <summary>A count of tokens where the server gives none.</summary>
    protected static int Estimate(IReadOnlyList<string> texts) => texts.Sum(text => 1 + text.Length / 4);

    private async Task<(IReadOnlyList<float[]> Vectors, int Tokens)> AskAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var reply = await ComputeAsync(texts, cancellationToken).ConfigureAwait(false);
        return reply.Vectors.Count == texts.Count
            ? reply
            : throw new RagException(RagError.Unavailable, $"{name} sent {reply.Vectors.Count} vectors for {texts.Count} texts");
    }

    // Asked again every ten seconds: a server may come back with another model.
    private async ValueTask<Description> DescriptionAsync(CancellationToken cancellationToken)
    {
        var known = Volatile.Read(ref _known);
        if (known is not null && time.GetElapsedTime(known.Since) < Fresh)
            return known;
        var (id, version, most) = await LookAsync(cancellationToken).ConfigureAwait(false);
        if (known is not null && (known.Id, known.ServerVersion) == (id, version))
        {
            Volatile.Write(ref _known, known with { Since = time.GetTimestamp(), MostTexts = most });
            return known;
        }

        var dimensions = (await AskAsync([FirstText], cancellationToken).ConfigureAwait(false)).Vectors[0].Length;
        if (options.Dimensions is { } wanted && wanted != dimensions)
            throw new RagException(RagError.Unavailable, $"{name}: the model {id} has {dimensions} dimensions, but {options.Seam}:dimensions is {wanted}; correct it, or serve the model that was meant");
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{version}\n{dimensions}\n{options.QueryPrefix}\n{options.PassagePrefix}")));
        var described = new Description(id, version, new EmbeddingModel(id, Convert.ToHexStringLower(hash.AsSpan(0, 6)), dimensions), most, time.GetTimestamp());
        Volatile.Write(ref _known, described);
        return described;
    }

    private RagException Changed(EmbeddingModel model, int dimensions)
    {
        Volatile.Write(ref _known, null);
        return new RagException(RagError.Unavailable, $"{name} sent a vector of {dimensions} dimensions; its model {model.Id} had {model.Dimensions}. It serves another model now; ask again", TimeSpan.FromSeconds(1));
    }

    private sealed record Description(string Id, string ServerVersion, EmbeddingModel Model, int MostTexts, long Since);
}

/// <summary><see cref="IEmbedding"/> by a server that is asked over HTTP.</summary>
/// <param name="options">How to reach it.</param>
/// <param name="time">The clock.</param>
internal abstract class ServerEmbedding(ModelServerOptions options, TimeProvider time) : RemoteEmbedding(options, $"{options.Seam}: {options.Url.Authority}", time), IDisposable
{
    /// <summary>The server.</summary>
    protected ModelServer Server { get; } = new(options, time);

    public void Dispose() => Server.Dispose();
}
