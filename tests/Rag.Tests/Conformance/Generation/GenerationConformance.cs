using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Engines;
using Rag.Generation;
using Rag.Tests.Generation;
using Rag.Tests.ModelServers;
using Rag.Tests.Onnx;
using Xunit;
using ChatMessage = Rag.Generation.ChatMessage;

namespace Rag.Tests.Conformance.Generation;

/// <summary>What every engine of generation promises.</summary>
public abstract class GenerationConformance : IAsyncLifetime
{
    private ServiceProvider? _provider;

    protected IGeneration Generation => _provider!.GetRequiredService<IGeneration>();

    public async ValueTask InitializeAsync() => _provider = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_provider is not null)
            await _provider.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_is_pieces_of_text_and_one_end()
    {
        var events = await AnswerAsync("What causes the tides?");
        var end = Assert.IsType<GenerationEnd>(events[^1]);
        Assert.All(events.SkipLast(1), item => Assert.NotEmpty(Assert.IsType<GenerationText>(item).Text));
        Assert.True(events.Count > 1);
        Assert.Contains(end.FinishReason, new[] { "stop", "length" });
        Assert.NotEmpty(end.Model);
        Assert.True(end is { PromptTokens: > 0, CompletionTokens: > 0 });
    }

    [Fact]
    public async Task Models_are_named()
    {
        var models = await Generation.ListModelsAsync(default);
        Assert.NotEmpty(models);
        Assert.All(models, Assert.NotEmpty);
    }

    [Theory]
    [InlineData("\0 null \0")]
    [InlineData("lone \ud800 surrogate \udfff")]
    [InlineData("Wer zieht 東京 🌊 עברית?")]
    [InlineData("")]
    public async Task Any_question_is_taken(string question) => Assert.IsType<GenerationEnd>((await AnswerAsync(question))[^1]);

    [Fact]
    public async Task Enormous_passages_and_none_are_taken()
    {
        Assert.IsType<GenerationEnd>((await AnswerAsync("Why do tides rise?", string.Concat(Enumerable.Repeat("The tide rises because of the moon. ", 20_000))))[^1]);
        var request = Request("Why?") with { Passages = [], Messages = [new ChatMessage("user", "Why?")] };
        Assert.IsType<GenerationEnd>((await Generation.GenerateAsync(request, default).ToListAsync())[^1]);
    }

    [Fact]
    public async Task Many_at_once_are_each_answered_whole()
    {
        var alone = TextOf(await AnswerAsync("What causes the tides?"));
        foreach (var events in await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => AnswerAsync("What causes the tides?")))))
            Assert.Equal(alone, TextOf(events));
    }

    [Fact]
    public async Task A_caller_that_has_gone_gets_nothing()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Generation.GenerateAsync(Request("Why?"), gone.Token).ToListAsync());
    }

    [Fact]
    public async Task A_stream_may_be_left_at_any_item()
    {
        await foreach (var item in Generation.GenerateAsync(Request("What causes the tides?"), default))
        {
            Assert.NotNull(item);
            break;
        }

        Assert.IsType<GenerationEnd>((await AnswerAsync("What causes the tides?"))[^1]);
    }

    /// <summary>The engine, as the configuration opens it.</summary>
    protected abstract ValueTask<ServiceProvider> OpenAsync();

    protected static GenerationRequest Request(string question, string passage = "The moon causes the tides. Ships wait for them.") => new()
    {
        Question = question,
        Passages = [passage],
        Messages = [new ChatMessage("system", "Answer from the passages."), new ChatMessage("user", $"[1] {passage}\n\n{question}")],
    };

    protected async Task<List<GenerationEvent>> AnswerAsync(string question, string passage = "The moon causes the tides. Ships wait for them.") =>
        await Generation.GenerateAsync(Request(question, passage), default).ToListAsync();

    private static string TextOf(List<GenerationEvent> events) => string.Concat(events.OfType<GenerationText>().Select(text => text.Text));
}

public sealed class BuiltInGenerationConformance : GenerationConformance
{
    protected override ValueTask<ServiceProvider> OpenAsync()
    {
        var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddLogging();
        new GenerationModule().Register(services, new ConfigurationBuilder().Build());
        return new(services.BuildServiceProvider());
    }
}

/// <summary>A server that speaks as OpenAI does. Its failures are in <see cref="OpenAiGenerationTests"/>; `loadline llm` is in EndToEnd.Tests.</summary>
public sealed class OpenAiGenerationConformance : GenerationConformance
{
    private LlmServer? _server;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _server!.DisposeAsync();
    }

    protected override async ValueTask<ServiceProvider> OpenAsync()
    {
        _server = await LlmServer.StartAsync(context => LlmServer.SayAsync(context,
            LlmServer.Chunk("The moon") + LlmServer.Chunk(" does. [1]") + """data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n"
            + """data: {"choices":[],"usage":{"prompt_tokens":21,"completion_tokens":2}}""" + "\n\ndata: [DONE]\n\n"));
        return EngineCatalogue.Open("generation", OpenModel.Context(null, ("generation:url", _server.Url.ToString())));
    }
}

/// <summary>A chat client of Microsoft.Extensions.AI 10.5. Its failures are in <see cref="ProviderGenerationTests"/>.</summary>
public sealed class ExtensionsAiGenerationConformance : GenerationConformance
{
    protected override ValueTask<ServiceProvider> OpenAsync()
    {
        var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddLogging();
        services.AddSingleton<IChatClient>(new TestProvider { Say = _ => new[] { "The moon", " does. [1]" }.Select(text => new ChatResponseUpdate(ChatRole.Assistant, text)).ToAsyncEnumerable() });
        EngineCatalogue.Register(services, OpenModel.Context(null, ("generation:engine", "extensions-ai")) with { Hosts = service => service == "generation" });
        return new(services.BuildServiceProvider());
    }
}
