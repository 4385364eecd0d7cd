using System.Runtime.CompilerServices;
using Rag.Generation;

namespace Rag.Extraction;

/// <summary>
/// Answers with the sentences of the passages that cover the question's words best, each with the number of its passage: <c>… [2]</c>.
/// It invents nothing, needs no model and takes well under a millisecond; when no sentence shares a content word with the question it says so.
/// A token is a word here: that is what its usage counts.
/// </summary>
internal sealed class ExtractiveAnswerer : IGeneration
{
    /// <summary>The model's name in answers and listings.</summary>
    public const string Model = "extractive";

    /// <summary>What is said when nothing matches.</summary>
    public const string NotFound = "I could not find an answer to this question in the documents.";

    private static readonly IReadOnlyList<string> Models = [Model];

    public ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Models);

    public async IAsyncEnumerable<GenerationEvent> GenerateAsync(
        GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var answer = SentenceRanker.Best(request.Question, request.Passages) is { Count: > 0 } best
            ? string.Join(' ', best.Select(s => $"{s.Text} [{s.Passage + 1}]"))
            : NotFound;

        var made = 0;
        var start = 0;
        var most = request.MaxTokens ?? int.MaxValue;
        while (start < answer.Length && made < most)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var space = answer.IndexOf(' ', start);
            var end = space < 0 ? answer.Length : space + 1;
            made++;
            yield return new GenerationText(answer[start..end]);
            start = end;
        }

        yield return new GenerationEnd(CountWords(request.Messages), made, start < answer.Length ? "length" : "stop", Model);
    }

    private static int CountWords(IReadOnlyList<ChatMessage> messages)
    {
        var words = 0;
        foreach (var message in messages)
            foreach (var _ in message.Content.AsSpan().SplitAny(" \n\t"))
                words++;
        return words;
    }
}
