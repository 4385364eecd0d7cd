using System.Diagnostics.Metrics;
using System.Numerics.Tensors;
using Rag.Embedding;
using Rag.Engines.Onnx.Texts;
using Rag.Errors;
using Rag.Seams;

namespace Rag.Engines.Onnx;

/// <summary><see cref="IEmbedding"/> by a sentence model that runs in this process. A text without a token, such as one of spaces, has the zero vector.</summary>
internal sealed class OnnxEmbedding(CurrentModel current, TimeProvider time) : IEmbedding
{
    private const int MaxTexts = 256;

    private static readonly Meter Meter = new("Rag");
    private static readonly Counter<long> Texts = Meter.CreateCounter<long>("rag.embedding.texts", "{text}", "Texts embedded");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("rag.embedding.duration", "s", "Time to embed one request's texts");

    public ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var model = current.Hold();
        var description = Describe(model);
        model.Release();
        return new(description);
    }

    public async ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken)
    {
        if (request.Texts.Count is < 1 or > MaxTexts)
            throw new RagException(RagError.InvalidArgument, $"embedding: {request.Texts.Count} texts given; allowed are 1 to {MaxTexts} in one request");
        cancellationToken.ThrowIfCancellationRequested();
        var started = time.GetTimestamp();
        var model = current.Hold();
        try
        {
            var prefix = request.Purpose == EmbedPurpose.Query ? model.Folder.QueryPrefix : model.Folder.PassagePrefix;
            var vectors = new float[request.Texts.Count][];
            var inputs = new List<TokenSequence>(vectors.Length);
            var places = new List<int>(vectors.Length);
            for (var i = 0; i < vectors.Length; i++)
                if (!string.IsNullOrWhiteSpace(request.Texts[i]) && model.Text.Encode(prefix + request.Texts[i]) is { } input)
                {
                    inputs.Add(input);
                    places.Add(i);
                }
                else
                {
                    vectors[i] = new float[model.Outputs];
                }

            if (inputs.Count > 0)
            {
                var isUrgent = request.Purpose == EmbedPurpose.Query || (CallScope.Current is not null && CallScope.CurrentPriority == Priority.Interactive);
                var computed = await model.ComputeAsync(inputs, isUrgent, cancellationToken).ConfigureAwait(false);
                for (var i = 0; i < places.Count; i++)
                    vectors[places[i]] = Normalise(computed[i]);
            }

            Texts.Add(vectors.Length);
            Duration.Record(time.GetElapsedTime(started).TotalSeconds);
            return new EmbedReply(Describe(model), vectors, inputs.Sum(input => input.Ids.Length));
        }
        finally
        {
            model.Release();
        }
    }

    /// <summary>To the length 1; a vector of zeros stays.</summary>
    internal static float[] Normalise(float[] vector)
    {
        double squares = 0;
        foreach (var number in vector)
            squares += (double)number * number;
        if (squares > 0)
            TensorPrimitives.Multiply(vector, (float)(1 / Math.Sqrt(squares)), vector);
        return vector;
    }

    private static EmbeddingModel Describe(LoadedModel model) => new(model.Folder.Id, model.Folder.Version, model.Outputs);
}
