using System.Numerics.Tensors;
using Rag.Bounds;
using Rag.Embedding;
using Rag.Errors;

namespace Rag.Query;

/// <summary>A question as <see cref="AlikeAnswers"/> sees it.</summary>
/// <param name="Scope">All that an answer depends on beside the question.</param>
/// <param name="Gist">See <see cref="QuestionGist"/>.</param>
/// <param name="Vector">Its embedding.</param>
internal sealed record ReadQuestion(string Scope, string Gist, float[] Vector);

/// <summary>
/// Answers to the same question in other words, in this process: the embeddings are near enough, and everything that carries meaning is the same
/// (<see cref="QuestionGist"/>). The embedding alone is no judge: "with" and "without" are neighbours to it.
/// </summary>
internal sealed class AlikeAnswers(IEmbedding embedding, QueryOptions options, TimeProvider time)
{
    private const int MostAnswers = 10_000;
    private const long MostBytes = 32L << 20;

    private readonly Lock _lock = new();
    private readonly RecentMap<(string Scope, string Gist), Kept> _answers = new(MostAnswers, MostBytes);

    /// <summary>Reads a question; null when it has earlier turns, says nothing, or can't be embedded now.</summary>
    public async ValueTask<ReadQuestion?> ReadAsync(AnswerRequest request, string model, long generation, CancellationToken cancellationToken)
    {
        if (request.History.Count > 0 || QuestionGist.Of(request.Question) is not { Length: > 0 } gist)
            return null;
        try
        {
            var reply = await embedding.EmbedAsync(new EmbedRequest([request.Question], EmbedPurpose.Query), cancellationToken).ConfigureAwait(false);
            return new ReadQuestion($"{AnswerKey.Scope(request, model, generation)} {reply.Model.Id} {reply.Model.Version}", gist, reply.Vectors[0]);
        }
        catch (RagException) when (!cancellationToken.IsCancellationRequested)
        {
            return null; // retrieval meets the same failure, and reports it
        }
    }

    /// <summary>The answer to the same question, or null.</summary>
    public CachedAnswer? Find(ReadQuestion question)
    {
        CachedAnswer? found = null;
        lock (_lock)
            if (_answers.TryGet((question.Scope, question.Gist), out var kept))
            {
                if (kept.Ends <= time.GetTimestamp())
                    _answers.Remove((question.Scope, question.Gist));
                else if (kept.Vector.Length == question.Vector.Length && TensorPrimitives.Dot<float>(kept.Vector, question.Vector) >= options.SemanticThreshold)
                    found = kept.Answer;
            }

        AnswerLookups.Count("alike", found is null ? "miss" : "hit");
        return found;
    }

    /// <summary>Keeps an answer for as long as the cache keeps it.</summary>
    public void Keep(ReadQuestion question, CachedAnswer answer)
    {
        var bytes = 500 + 2L * (question.Scope.Length + question.Gist.Length + answer.Text.Length) + 4L * question.Vector.Length
            + answer.Citations.Sum(c => 100 + 2L * (c.Title.Length + c.Text.Length + c.Key.DocumentId.Length));
        var ends = time.GetTimestamp() + (long)(options.CacheLifetime.TotalSeconds * time.TimestampFrequency);
        lock (_lock)
            _answers.Set((question.Scope, question.Gist), new Kept(question.Vector, answer, ends), bytes);
    }

    private sealed record Kept(float[] Vector, CachedAnswer Answer, long Ends);
}
