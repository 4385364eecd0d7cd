using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rag.Embedding;
using Rag.Engines;
using Rag.Engines.ExtensionsAi;
using Rag.Engines.ModelServers;
using Rag.Errors;
using Rag.Generation;
using Rag.Tests.Onnx;
using Xunit;
using ChatMessage = Rag.Generation.ChatMessage;

namespace Rag.Tests.ModelServers;

/// <summary>Providers of Microsoft.Extensions.AI behind our seams: what they are asked, and how they fail.</summary>
public class ProviderGenerationTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private static readonly GenerationRequest Request = new() { Messages = [new ChatMessage("system", "rules"), new ChatMessage("user", "Why?")], Question = "Why?", Passages = [], MaxTokens = 9, Temperature = 0.5 };

    private readonly TestProvider _provider = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task The_client_is_asked_rightly_and_what_it_says_of_its_answer_is_told()
    {
        _provider.Say = _ => new ChatResponseUpdate[]
        {
            new(ChatRole.Assistant, ""), new(null, "Be") { ModelId = "m-1" }, new(null, "cause"), new() { FinishReason = ChatFinishReason.Length },
            new() { Contents = [new UsageContent(new UsageDetails { InputTokenCount = 21, OutputTokenCount = 3 })] },
        }.ToAsyncEnumerable();
        var events = await New().GenerateAsync(Request, default).ToListAsync();
        Assert.Equal(["Be", "cause"], events.OfType<GenerationText>().Select(text => text.Text));
        Assert.Equal(new GenerationEnd(21, 3, "length", "m-1"), events[^1]);
        Assert.Equal(["system: rules", "user: Why?"], _provider.Asked.Select(message => $"{message.Role}: {message.Text}"));
        Assert.Equal((9, 0.5f), (_provider.Options!.MaxOutputTokens, _provider.Options.Temperature));
    }

    [Fact]
    public async Task What_a_provider_throws_is_our_error_without_its_message()
    {
        foreach (var (thrown, kind) in new (Exception, RagError)[]
        {
            (new HttpRequestException("secret", null, HttpStatusCode.TooManyRequests), RagError.Overloaded),
            (new HttpRequestException("secret", null, HttpStatusCode.InternalServerError), RagError.Unavailable),
            (new TimeoutException("secret"), RagError.DeadlineExceeded),
            (new InvalidOperationException("secret"), RagError.Unavailable),
        })
        {
            _provider.Fails = thrown;
            var said = await Assert.ThrowsAsync<RagException>(() => New().GenerateAsync(Request, default).ToListAsync().AsTask());
            Assert.Equal(kind, said.Error);
            Assert.DoesNotContain("secret", said.Message);
            var embedded = await Assert.ThrowsAsync<RagException>(async () => await NewEmbedding().EmbedAsync(new EmbedRequest(["a"], EmbedPurpose.Query), default));
            Assert.Equal(kind, embedded.Error);
            Assert.DoesNotContain("secret", embedded.Message);
        }
    }

    [Fact]
    public async Task A_client_that_breaks_off_in_the_middle_is_a_failure_after_its_text()
    {
        _provider.Say = _ => BreaksOff();
        var answer = New().GenerateAsync(Request, default).GetAsyncEnumerator();
        Assert.True(await answer.MoveNextAsync());
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(async () => await answer.MoveNextAsync())).Error);
        await _provider.Left.Task.WaitAsync(Bound);

        static async IAsyncEnumerable<ChatResponseUpdate> BreaksOff()
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, "Be");
            await Task.Yield();
            throw new IOException("cut");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_says_nothing_is_given_up_after_the_first_texts_time_even_if_it_heeds_no_one(bool heeds)
    {
        _provider.Say = stop => Nothing(heeds ? stop : default);
        var answer = New().GenerateAsync(Request, default).ToListAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(14.9));
        Assert.False(answer.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(RagError.DeadlineExceeded, (await Assert.ThrowsAsync<RagException>(() => answer.WaitAsync(Bound))).Error);

        static async IAsyncEnumerable<ChatResponseUpdate> Nothing([EnumeratorCancellation] CancellationToken stop)
        {
            await Task.Delay(Timeout.Infinite, stop);
            yield break;
        }
    }

    [Fact]
    public async Task A_caller_that_leaves_leaves_the_clients_stream()
    {
        _provider.Say = _ => Endless();
        await foreach (var _ in New().GenerateAsync(Request, default))
            break;
        await _provider.Left.Task.WaitAsync(Bound);

        static async IAsyncEnumerable<ChatResponseUpdate> Endless()
        {
            while (true)
            {
                await Task.Yield();
                yield return new ChatResponseUpdate(ChatRole.Assistant, "on");
            }
        }
    }

    [Fact]
    public void Without_a_provider_among_the_hosts_services_the_engine_is_refused()
    {
        var services = new ServiceCollection();
        var error = Assert.Throws<InvalidOperationException>(() => EngineCatalogue.Register(services, OpenModel.Context(null, ("embedding:engine", "extensions-ai"), ("generation:engine", "extensions-ai"))
            with
        { Hosts = service => service is "embedding" or "generation" }));
        Assert.Contains("IEmbeddingGenerator", error.Message);
        Assert.Contains("IChatClient", error.Message);
    }

    private ProviderGeneration New() => new(_provider, null, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(10), _time);

    private ProviderEmbedding NewEmbedding() => new(_provider, new ModelServerOptions { Seam = "embedding", Url = new Uri("http://127.0.0.1") }, _time);
}
