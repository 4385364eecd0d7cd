using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Embedding;
using Rag.Engines;
using Rag.Reranking;
using Rag.Tests.Onnx.Tiny;

namespace Rag.Tests.Onnx;

/// <summary>Engines as the configuration opens them.</summary>
internal static class OpenModel
{
    public static EngineContext Context(TimeProvider? time = null, params (string Key, string Value)[] settings) => new(
        new ConfigurationBuilder().AddInMemoryCollection(settings.GroupBy(s => s.Key).Select(s => KeyValuePair.Create(s.Key, (string?)s.Last().Value))).Build(),
        Path.GetTempPath(), _ => true, time ?? TimeProvider.System);

    public static Opened<IEmbedding> Embedding(TinyFolder folder, params (string Key, string Value)[] settings) => new(EngineCatalogue.Open("embedding", Context(null,
        [("embedding:engine", "onnx"), ("embedding:model", folder.Folder), ("embedding:threads", "1"), ("embedding:reload_seconds", "0"), .. settings])));

    public static Opened<IReranking> Reranking(TinyFolder folder, params (string Key, string Value)[] settings) => new(EngineCatalogue.Open("reranking", Context(null,
        [("reranking:engine", "onnx"), ("reranking:model", folder.Folder), ("reranking:threads", "1"), ("reranking:reload_seconds", "0"), .. settings])));
}

/// <summary>A seam's engine, closed with the test.</summary>
internal sealed class Opened<T>(ServiceProvider provider) : IAsyncDisposable
    where T : notnull
{
    public T Service { get; } = provider.GetRequiredService<T>();

    public ValueTask DisposeAsync() => provider.DisposeAsync();
}
