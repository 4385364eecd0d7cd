using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Embedding;
using Rag.Errors;
using Rag.Hosting;
using Xunit;

namespace Rag.Tests.Conformance.Embedding;

/// <summary>What every engine of embedding promises.</summary>
public abstract class EmbeddingConformance : IAsyncLifetime
{
    private const double Near = 1e-5;

    private ServiceProvider? _provider;

    protected IEmbedding Embedding => _provider!.GetRequiredService<IEmbedding>();

    public async ValueTask InitializeAsync() => _provider = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_provider is not null)
            await _provider.DisposeAsync();
    }

    [Fact]
    public async Task Each_text_has_a_vector_of_the_models_dimensions_and_of_length_1()
    {
        var model = await Embedding.DescribeAsync(default);
        Assert.NotEmpty(model.Id);
        Assert.NotEmpty(model.Version);
        var reply = await EmbedAsync("the tide rises", "the moon pulls the sea", "a storm");
        Assert.Equal(model, reply.Model);
        Assert.Equal(3, reply.Vectors.Count);
        Assert.All(reply.Vectors, vector => Assert.Equal(model.Dimensions, vector.Length));
        Assert.All(reply.Vectors, vector => Assert.Equal(1, vector.Sum(number => (double)number * number), Near));
        Assert.True(reply.Tokens > 0);
    }

    [Fact]
    public async Task A_text_has_the_same_vector_alone_and_among_others_and_when_it_comes_twice()
    {
        string[] texts = ["the tide", "the moon pulls the sea", "the tide", "a captain and a crew in the storm of the night"];
        var together = (await EmbedAsync(texts)).Vectors;
        for (var i = 0; i < texts.Length; i++)
            AssertNear((await EmbedAsync(texts[i])).Vectors[0], together[i]);
        AssertNear(together[0], together[2]);
        Assert.True(together[0].Zip(together[1], (a, b) => Math.Abs(a - b)).Max() > 1e-3); // others are others
    }

    [Fact]
    public async Task Texts_of_nothing_or_spaces_have_no_direction()
    {
        var reply = await EmbedAsync("", "the tide", "  \n\t ");
        Assert.All(reply.Vectors[0], number => Assert.Equal(0, number));
        Assert.All(reply.Vectors[2], number => Assert.Equal(0, number));
        AssertNear((await EmbedAsync("the tide")).Vectors[0], reply.Vectors[1]);
        Assert.Equal(reply.Model.Dimensions, reply.Vectors[0].Length);
    }

    [Fact]
    public async Task A_request_has_1_to_256_texts()
    {
        foreach (var count in new[] { 0, 257 })
            Assert.Equal(RagError.InvalidArgument, (await Assert.ThrowsAsync<RagException>(() => EmbedAsync([.. Enumerable.Repeat("sea", count)]))).Error);
        string[] texts = [.. Enumerable.Range(0, 256).Select(i => $"ship number {i}")];
        var reply = await EmbedAsync(texts);
        Assert.Equal(256, reply.Vectors.Count);
        AssertNear((await EmbedAsync(texts[200])).Vectors[0], reply.Vectors[200]);
    }

    [Fact]
    public async Task Any_text_is_taken()
    {
        string[] texts = ["\0 null \0", "lone \ud800 surrogate \udfff", "Zürich 東京 🌊 עברית ﷺ", "\u202eright to left\u202c", new string('x', 1_000_000), string.Concat(Enumerable.Repeat("the tide rises ", 60_000))];
        foreach (var text in texts)
        {
            var vector = (await EmbedAsync(text)).Vectors[0];
            Assert.DoesNotContain(vector, number => !float.IsFinite(number));
            Assert.InRange(vector.Sum(number => (double)number * number), 0, 1 + Near);
        }
    }

    [Fact]
    public async Task Many_at_once_get_what_each_gets_alone()
    {
        string[] texts = [.. Enumerable.Range(1, 24).Select(i => string.Join(' ', Enumerable.Repeat("the ship and the sea", i % 7 + 1)) + $" {i}")];
        var alone = new List<float[]>();
        foreach (var text in texts)
            alone.Add((await EmbedAsync(text)).Vectors[0]);
        var together = await Task.WhenAll(texts.Select(text => Task.Run(() => EmbedAsync(text, texts[0]))));
        for (var i = 0; i < texts.Length; i++)
        {
            AssertNear(alone[i], together[i].Vectors[0]);
            AssertNear(alone[0], together[i].Vectors[1]);
        }
    }

    [Fact]
    public async Task A_caller_that_has_gone_gets_nothing()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Embedding.EmbedAsync(new EmbedRequest(["the tide"], EmbedPurpose.Query), gone.Token));
    }

    /// <summary>The engine, as the configuration opens it.</summary>
    protected abstract ValueTask<ServiceProvider> OpenAsync();

    protected async Task<EmbedReply> EmbedAsync(params string[] texts) => await Embedding.EmbedAsync(new EmbedRequest(texts, EmbedPurpose.Passage), default);

    protected static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange(expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max(), 0, Near);
    }

    /// <summary>What a service's own folder brings along.</summary>
    protected static ServiceProvider BuiltIn(ServiceModule module)
    {
        var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddLogging();
        module.Register(services, new ConfigurationBuilder().Build());
        return services.BuildServiceProvider();
    }
}
