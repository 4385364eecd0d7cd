using Rag.Filters;
using Rag.Generation;
using Rag.Search;

namespace Rag.Query;

/// <summary>The RAG answer: retrieve, prompt, generate, cite. Degrades when a part is down, and says so.</summary>
public interface IQuery
{
    /// <summary>
    /// Streams an answer in this order: one <see cref="AnswerCitations"/>, any number of <see cref="AnswerText"/>, one <see cref="AnswerEnd"/>.
    /// Generation's failures are answered around: before its first word by the passages' sentences (<c>generation_unavailable</c>), after it by the same
    /// behind a blank line (<c>generation_interrupted</c>). Any other failure is a <see cref="Errors.RagException"/>; without search it is Unavailable.
    /// </summary>
    IAsyncEnumerable<AnswerEvent> AnswerAsync(AnswerRequest request, CancellationToken cancellationToken);
}

/// <summary>A question.</summary>
public sealed record AnswerRequest
{
    /// <summary>Whose documents.</summary>
    public required string Tenant { get; init; }

    /// <summary>The question, 1–8192 characters.</summary>
    public required string Question { get; init; }

    /// <summary>How many chunks to retrieve and cite, 1–50; default 5.</summary>
    public int TopK { get; init; } = 5;

    /// <summary>Conditions on the documents' metadata, or null.</summary>
    public MetadataFilter? Filter { get; init; }

    /// <summary>Earlier turns, oldest first; may be empty.</summary>
    public IReadOnlyList<ChatMessage> History { get; init; } = [];

    /// <summary>The most tokens to make; null leaves it to the engine.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Sampling temperature, 0–2; null leaves it to the engine.</summary>
    public double? Temperature { get; init; }
}

/// <summary>A step of an answer.</summary>
public abstract record AnswerEvent;

/// <summary>What the answer is drawn from.</summary>
/// <param name="Citations">In the order in which the text numbers them (<c>[1]</c>, <c>[2]</c>…).</param>
/// <param name="Degraded">What was missing so far, as in <see cref="AnswerEnd"/>; null when nothing was.</param>
public sealed record AnswerCitations(IReadOnlyList<SearchResult> Citations, IReadOnlyList<string>? Degraded = null) : AnswerEvent;

/// <summary>A piece of the answer, never empty; usually one token.</summary>
public sealed record AnswerText(string Text) : AnswerEvent;

/// <summary>The end of an answer.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CompletionTokens">Tokens of the answer.</param>
/// <param name="FinishReason"><c>stop</c> or <c>length</c>; of an interrupted answer, that of the sentences that took over.</param>
/// <param name="Model">The model that answered; <c>extractive</c> when the passages' own sentences ended the answer.</param>
/// <param name="Timings">Where the time went.</param>
/// <param name="Degraded">What was missing; empty when all was well.</param>
public sealed record AnswerEnd(
    int PromptTokens, int CompletionTokens, string FinishReason, string Model, AnswerTimings Timings, IReadOnlyList<string> Degraded) : AnswerEvent;

/// <summary>Where the time went.</summary>
/// <param name="Retrieval">Embedding, both searches, fusion, reranking and texts.</param>
/// <param name="FirstToken">From asking generation to its first text.</param>
/// <param name="Generation">From asking generation to its end.</param>
/// <param name="Total">All of it.</param>
/// <param name="Cached">Whether the answer came from the cache.</param>
public sealed record AnswerTimings(TimeSpan Retrieval, TimeSpan FirstToken, TimeSpan Generation, TimeSpan Total, bool Cached);
