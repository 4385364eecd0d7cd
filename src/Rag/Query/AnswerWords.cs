using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Rag.Errors;
using Rag.Extraction;
using Rag.Generation;
using Rag.Seams;

namespace Rag.Query;

/// <summary>
/// The words of one answer: generation's, and when it fails the passages' own sentences, which this process can always give.
/// <code>
///   fails before its first word      ─▶ generation_unavailable, the sentences
///   fails after it                   ─▶ generation_interrupted, a blank line, the sentences: what was said can't be taken back
/// </code>
/// </summary>
internal sealed partial class AnswerWords(IGeneration generation, ILogger log)
{
    private static readonly ExtractiveAnswerer Fallback = new();

    /// <summary>What the words lack, as a code of <c>degraded</c>; null while nothing does.</summary>
    public string? Missing { get; private set; }

    /// <summary>Text pieces, then the end. Ends early only when cancelled.</summary>
    public async IAsyncEnumerable<GenerationEvent> SayAsync(GenerationRequest asked, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pieces = 0;
        await using (var source = generation.GenerateAsync(asked, cancellationToken).GetAsyncEnumerator(cancellationToken))
            while (await NextAsync(source, pieces, cancellationToken).ConfigureAwait(false) is { } step)
            {
                yield return step;
                if (step is GenerationEnd)
                    yield break;
                pieces++;
            }

        Missing = pieces == 0 ? "generation_unavailable" : "generation_interrupted";
        if (pieces > 0)
            yield return new GenerationText("\n\n");
        // One token at least: an end that was cut off at the limit has said all that it may, but not that it ended.
        var rest = asked with { MaxTokens = asked.MaxTokens is { } most ? Math.Max(1, most - pieces) : null };
        await foreach (var step in Fallback.GenerateAsync(rest, cancellationToken).ConfigureAwait(false))
            yield return step is GenerationEnd end ? end with { CompletionTokens = end.CompletionTokens + pieces } : step;
    }

    // Null: it failed.
    private async ValueTask<GenerationEvent?> NextAsync(IAsyncEnumerator<GenerationEvent> source, int pieces, CancellationToken cancellationToken)
    {
        try
        {
            return await source.MoveNextAsync().ConfigureAwait(false)
                ? source.Current
                : throw new RagException(RagError.Unavailable, "generation: the engine ended without saying so; ask again");
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested && !IsTheAskersTimeOver(error))
        {
            FellBack(pieces, (error as RagException)?.Error.ToString() ?? error.GetType().Name, error.Message);
            return null;
        }
    }

    // Generation is told to end a moment before the whole answer is: that moment is not its failure.
    private static bool IsTheAskersTimeOver(Exception error) =>
        error is RagException { Error: RagError.DeadlineExceeded } && CallScope.Current?.Remaining < TimeSpan.FromMilliseconds(100);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Generation failed after {Pieces} pieces ({Error}: {Reason}); going on from the passages")]
    private partial void FellBack(int pieces, string error, string reason);
}
