using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Rag.Tests.ModelServers;

/// <summary>A provider of Microsoft.Extensions.AI that answers as the test says.</summary>
internal sealed class TestProvider : IEmbeddingGenerator<string, Embedding<float>>, IChatClient
{
    private readonly TestModelServer _vectors = new();

    public Func<CancellationToken, IAsyncEnumerable<ChatResponseUpdate>>? Say { get; set; }

    public Exception? Fails { get; set; }

    public IReadOnlyList<ChatMessage> Asked { get; private set; } = [];

    public ChatOptions? Options { get; private set; }

    /// <summary>Ends when a stream's iterator has been disposed of.</summary>
    public TaskCompletionSource Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Fails is not null ? throw Fails : Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(text => new Embedding<float>(_vectors.Vector(text)))));

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        (Asked, Options) = ([.. messages], options);
        if (Fails is not null)
            throw Fails;
        try
        {
            await foreach (var update in Say!(cancellationToken))
                yield return update;
        }
        finally
        {
            Left.TrySetResult();
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("test-provider", null, "provider-model", 16)
        : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("test-provider", null, "provider-model")
        : null;

    public void Dispose()
    {
    }
}
