namespace Rag.Generation;

/// <summary>Answers in words: an OpenAI-compatible server, or the built-in extractive answerer.</summary>
public interface IGeneration
{
    /// <summary>Which models can be asked for; the first is the default.</summary>
    ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Streams an answer: text pieces as they come, then exactly one <see cref="GenerationEnd"/>. Ends at once when cancelled, and stops the engine's work.
    /// A failure, at any point, is a <see cref="Errors.RagException"/>.
    /// </summary>
    IAsyncEnumerable<GenerationEvent> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken);
}

/// <summary>What to answer, from what.</summary>
public sealed record GenerationRequest
{
    /// <summary>The whole conversation with the prompt, as an LLM gets it.</summary>
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>The question alone, which the extractive answerer needs.</summary>
    public required string Question { get; init; }

    /// <summary>The retrieved passages in the order in which the prompt numbers them, from 1.</summary>
    public required IReadOnlyList<string> Passages { get; init; }

    /// <summary>The most tokens to make; null leaves it to the engine.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Sampling temperature, 0–2; null leaves it to the engine.</summary>
    public double? Temperature { get; init; }
}

/// <summary>One turn: <paramref name="Role"/> is <c>system</c>, <c>user</c> or <c>assistant</c>.</summary>
public sealed record ChatMessage(string Role, string Content);

/// <summary>A step of an answer.</summary>
public abstract record GenerationEvent;

/// <summary>A piece of text, never empty; usually one token.</summary>
public sealed record GenerationText(string Text) : GenerationEvent;

/// <summary>The end of an answer.</summary>
/// <param name="PromptTokens">As counted by the engine.</param>
/// <param name="CompletionTokens">As counted by the engine.</param>
/// <param name="FinishReason"><c>stop</c> or <c>length</c>.</param>
/// <param name="Model">The model that answered.</param>
public sealed record GenerationEnd(int PromptTokens, int CompletionTokens, string FinishReason, string Model) : GenerationEvent;
