using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Rag.Engines.OpenAi;
using Rag.Errors;
using Rag.Generation;

namespace Rag.Engines.ExtensionsAi;

/// <summary>
/// <see cref="IGeneration"/> by any chat client of Microsoft.Extensions.AI, streamed. Times for the first text and between texts are kept here; a client that doesn't heed cancellation is
/// left behind. A stream that ends without a reason has ended by itself: clients throw when one is cut.
/// </summary>
/// <param name="client">The provider's.</param>
/// <param name="model">The model to ask for; null leaves it to the client.</param>
/// <param name="first">How long the first text may take.</param>
/// <param name="later">How long each further text may take.</param>
/// <param name="time">The clock.</param>
internal sealed class ProviderGeneration(IChatClient client, string? model, TimeSpan first, TimeSpan later, TimeProvider time) : IGeneration
{
    private readonly string _provider = (client.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata)?.ProviderName is { Length: > 0 } name ? name : client.GetType().Name;
    private readonly string _model = model ?? (client.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata)?.DefaultModelId ?? "default";

    public ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) => new([_model]);

    public async IAsyncEnumerable<GenerationEvent> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested(); // a client need not look
        using var watch = new StreamWatch(time, first, later, cancellationToken);
        var updates = client.GetStreamingResponseAsync(
            request.Messages.Select(message => new Microsoft.Extensions.AI.ChatMessage(new ChatRole(message.Role), message.Content)),
            new ChatOptions { ModelId = model, MaxOutputTokens = request.MaxTokens, Temperature = (float?)request.Temperature },
            watch.Token).GetAsyncEnumerator(watch.Token);
        var (texts, reason, answering, usage) = (0, (ChatFinishReason?)null, _model, (UsageDetails?)null);
        Task<bool>? next = null;
        try
        {
            while (true)
            {
                next = updates.MoveNextAsync().AsTask();
                if (!await StepAsync(next, watch, cancellationToken).ConfigureAwait(false))
                    break;
                var update = updates.Current;
                (reason, answering) = (update.FinishReason ?? reason, update.ModelId ?? answering);
                usage = update.Contents.OfType<UsageContent>().LastOrDefault()?.Details ?? usage;
                if (update.Text is not { Length: > 0 } text)
                    continue;
                texts++;
                watch.Progress();
                yield return new GenerationText(text);
            }
        }
        finally
        {
            // An iterator that is still at its step can't be disposed of; it ends by its token, or is left behind.
            if (next is null or { IsCompleted: true })
                await updates.DisposeAsync().ConfigureAwait(false);
        }

        yield return new GenerationEnd(
            (int?)usage?.InputTokenCount ?? request.Messages.Sum(message => message.Content.Length) / 4, (int?)usage?.OutputTokenCount ?? texts,
            reason == ChatFinishReason.Length ? "length" : "stop", answering);
    }

    private async ValueTask<bool> StepAsync(Task<bool> next, StreamWatch watch, CancellationToken cancellationToken)
    {
        try
        {
            return await next.WaitAsync(watch.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            if (cancellationToken.IsCancellationRequested)
                throw new OperationCanceledException("the caller has gone", error, cancellationToken);
            throw watch.Late is { } late
                ? new RagException(RagError.DeadlineExceeded, $"generation: {_provider} sent no text for {late.TotalSeconds:0.##} s; see generation:first_token_seconds and generation:token_seconds", inner: error)
                : ProviderFailure.Of("generation", _provider, error);
        }
    }
}
