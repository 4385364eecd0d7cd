using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Rag.Embedding;
using Rag.Engines;
using Rag.Tests.ModelServers;
using Rag.Tests.Onnx;
using Rag.Tests.Onnx.Tiny;
using Xunit;

namespace Rag.Tests.Conformance.Embedding;

public sealed class BuiltInEmbeddingConformance : EmbeddingConformance
{
    protected override ValueTask<ServiceProvider> OpenAsync() => new(BuiltIn(new EmbeddingModule()));
}

/// <summary>A BERT-like model made by the test, in ONNX Runtime.</summary>
public sealed class OnnxEmbeddingConformance : EmbeddingConformance
{
    private readonly TinyFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override ValueTask<ServiceProvider> OpenAsync() => new(EngineCatalogue.Open("embedding", OpenModel.Context(
        null, ("embedding:engine", "onnx"), ("embedding:model", _folder.Folder), ("embedding:threads", "1"))));
}

/// <summary>A server that speaks as Text-Embeddings-Inference 1.8 does.</summary>
public sealed class TeiEmbeddingConformance : ServerEmbeddingConformance
{
    protected override IReadOnlyList<(string, string)> Settings(Uri url) => [("embedding:engine", "tei"), ("embedding:url", url.ToString())];

    [Fact]
    public async Task A_request_has_no_more_texts_than_the_server_takes()
    {
        await EmbedAsync([.. Enumerable.Range(0, 100).Select(i => $"ship {i}")]);
        Assert.Equal(TestModelServer.MostTexts, Server.LargestRequest);
        Assert.True(Server.LastBody.GetProperty("truncate").GetBoolean());
    }

    [Fact]
    public async Task A_server_that_comes_back_with_another_model_is_another_model()
    {
        var before = await Embedding.DescribeAsync(default);
        Server.Revision = "def456";
        Server.Dimensions = 24;
        var error = await Assert.ThrowsAsync<Errors.RagException>(() => EmbedAsync("the tide"));
        Assert.Contains("serves another model now", error.Message);
        var after = (await EmbedAsync("the tide")).Model;
        Assert.Equal((before.Id, 24), (after.Id, after.Dimensions));
        Assert.NotEqual(before.Version, after.Version);
    }
}

/// <summary>A server that speaks as OpenAI does.</summary>
public sealed class OpenAiEmbeddingConformance : ServerEmbeddingConformance
{
    protected override IReadOnlyList<(string, string)> Settings(Uri url) => [("embedding:engine", "openai"), ("embedding:url", url.ToString()), ("embedding:model", "text-embedding-tiny")];

    [Fact]
    public async Task Vectors_come_as_base64_as_well()
    {
        Server.Instead = async context =>
        {
            var bytes = Enumerable.Range(1, 16).SelectMany(number => BitConverter.GetBytes((float)number)).ToArray();
            await TestModelServer.SayAsync(context, 200, $$"""{"data":[{"index":0,"embedding":"{{Convert.ToBase64String(bytes)}}"}]}""");
            return true;
        };
        var vector = (await EmbedAsync("the tide")).Vectors[0];
        Assert.Equal(2, vector[1] / vector[0], 1e-5);
        Assert.Equal(16, vector[15] / vector[0], 1e-4);
    }
}

/// <summary>A provider of Microsoft.Extensions.AI 10.5.</summary>
public sealed class ExtensionsAiEmbeddingConformance : EmbeddingConformance
{
    protected override ValueTask<ServiceProvider> OpenAsync()
    {
        var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddLogging();
        services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(new TestProvider());
        EngineCatalogue.Register(services, OpenModel.Context(null, ("embedding:engine", "extensions-ai")) with { Hosts = service => service == "embedding" });
        return new(services.BuildServiceProvider());
    }
}
