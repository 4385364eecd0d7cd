using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rag.Engines;
using Rag.Errors;
using Rag.Tests.ModelServers;
using Rag.Tests.Onnx;
using Xunit;

namespace Rag.Tests.Conformance.Embedding;

/// <summary>What engines that ask a server promise besides: its failures in our words, within bounded time, and recovery.</summary>
public abstract class ServerEmbeddingConformance : EmbeddingConformance
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    internal TestModelServer Server { get; } = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Server.DisposeAsync();
    }

    [Fact]
    public async Task A_full_server_is_asked_again_when_it_says_and_no_sooner()
    {
        var (refused, asked) = (0L, 0L);
        await EmbedAsync("warm");
        Server.Instead = async context =>
        {
            if (refused > 0)
            {
                asked = Stopwatch.GetTimestamp();
                return false;
            }

            refused = Stopwatch.GetTimestamp();
            context.Response.Headers.RetryAfter = "1";
            await TestModelServer.SayAsync(context, 429, """{"error":"Model is overloaded","error_type":"Overloaded"}""");
            return true;
        };
        Assert.Single((await EmbedAsync("the tide")).Vectors);
        Assert.InRange(Stopwatch.GetElapsedTime(refused, asked).TotalSeconds, 0.95, 2);
    }

    [Fact]
    public async Task A_wait_that_the_time_does_not_allow_is_not_begun()
    {
        await EmbedAsync("warm");
        Server.Instead = async context =>
        {
            context.Response.Headers.RetryAfter = "30";
            await TestModelServer.SayAsync(context, 429, "{}");
            return true;
        };
        var started = Stopwatch.GetTimestamp();
        var error = await Assert.ThrowsAsync<RagException>(() => EmbedAsync("the tide"));
        Assert.Equal((RagError.Overloaded, TimeSpan.FromSeconds(30)), (error.Error, error.RetryAfter));
        Assert.True(Stopwatch.GetElapsedTime(started) < Timeout);
    }

    [Theory]
    [InlineData(401, RagError.Unavailable, "embedding:key")]
    [InlineData(404, RagError.Unavailable, "embedding:url")]
    [InlineData(413, RagError.InvalidArgument, "does not take these texts")]
    [InlineData(422, RagError.InvalidArgument, "does not take these texts")]
    [InlineData(424, RagError.Unavailable, "HTTP 424")]
    [InlineData(500, RagError.Unavailable, "HTTP 500")]
    public async Task A_refusal_keeps_its_meaning_and_shows_neither_text_nor_key(int status, RagError kind, string told)
    {
        await EmbedAsync("warm");
        Server.Instead = async context =>
        {
            await TestModelServer.SayAsync(context, status, $$$"""{"error":{"message":"wrong: secret tide, {{{TestModelServer.Key}}}","code":"some_code"}}""");
            return true;
        };
        var error = await Assert.ThrowsAsync<RagException>(() => EmbedAsync("secret tide"));
        Assert.Equal(kind, error.Error);
        Assert.Contains(told, error.Message);
        Assert.Contains("some_code", error.Message);
        Assert.DoesNotContain("secret", error.ToString());
        Assert.DoesNotContain(TestModelServer.Key, error.ToString());
    }

    public static TheoryData<string> NotWhatWasAskedFor =>
    [
        "[]", "{}", "null", "[[1,2]", "[[\"a\"]]", "[[1e999]]", "[[]]", "{\"data\":[]}", "{\"data\":[{\"index\":7,\"embedding\":[1]}]}", "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":\"AAA\"}]}", "<html>", "",
    ];

    [Theory]
    [MemberData(nameof(NotWhatWasAskedFor))]
    public async Task A_reply_that_is_not_what_was_asked_for_is_a_failure(string reply)
    {
        await EmbedAsync("warm");
        Server.Instead = async context =>
        {
            await TestModelServer.SayAsync(context, 200, reply);
            return true;
        };
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => EmbedAsync("the tide", "the moon"))).Error);
        Server.Instead = null;
        Assert.Equal(2, (await EmbedAsync("the tide", "the moon")).Vectors.Count);
    }

    [Fact]
    public async Task A_reply_that_is_cut_off_is_a_failure()
    {
        await EmbedAsync("warm");
        Server.Instead = async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("[[0.1,");
            await context.Response.Body.FlushAsync();
            context.Abort();
            return true;
        };
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => EmbedAsync("the tide"))).Error);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up_in_time_and_one_that_speaks_again_is_heard()
    {
        await EmbedAsync("warm");
        Server.Instead = async context =>
        {
            await Task.Delay(System.Threading.Timeout.Infinite, context.RequestAborted);
            return true;
        };
        var started = Stopwatch.GetTimestamp();
        var error = await Assert.ThrowsAsync<RagException>(() => EmbedAsync("the tide"));
        Assert.Equal(RagError.DeadlineExceeded, error.Error);
        Assert.InRange(Stopwatch.GetElapsedTime(started), Timeout - TimeSpan.FromMilliseconds(100), Timeout + TimeSpan.FromSeconds(2));
        Server.Instead = null;
        Assert.Single((await EmbedAsync("the tide")).Vectors);
    }

    [Fact]
    public async Task A_caller_that_goes_stops_the_servers_work()
    {
        await EmbedAsync("warm");
        var (came, went) = (new TaskCompletionSource(), new TaskCompletionSource());
        Server.Instead = async context =>
        {
            context.RequestAborted.Register(() => went.TrySetResult());
            came.TrySetResult();
            await Task.Delay(System.Threading.Timeout.Infinite, context.RequestAborted);
            return true;
        };
        using var going = new CancellationTokenSource();
        var asking = Embedding.EmbedAsync(new Rag.Embedding.EmbedRequest(["the tide"], Rag.Embedding.EmbedPurpose.Query), going.Token).AsTask();
        await came.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await went.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_server_that_is_gone_is_unavailable_at_once_and_heard_when_it_is_back()
    {
        var before = (await EmbedAsync("the tide")).Vectors[0];
        await Server.StopAsync();
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => EmbedAsync("the tide"))).Error);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(1.5));
        await Server.StartAgainAsync();
        AssertNear(before, (await EmbedAsync("the tide")).Vectors[0]);
    }

    [Fact]
    public async Task Requests_at_a_time_are_bounded()
    {
        await EmbedAsync("warm");
        var (now, most) = (0, 0);
        Server.Instead = async _ =>
        {
            lock (this)
                most = Math.Max(most, ++now);
            await Task.Delay(20);
            lock (this)
                now--;
            return false;
        };
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => EmbedAsync($"ship {i}")));
        Assert.InRange(most, 2, 4);
    }

    [Fact]
    public async Task The_check_names_the_model_and_what_is_wrong()
    {
        var engine = EngineCatalogue.Of("embedding").First(engine => engine.Name == Settings(Server.Url)[0].Item2);
        Assert.Contains("16 dimensions", Assert.Single(await engine.CheckAsync(Context(), default), finding => finding.Works).What);
        var wrongKey = Assert.Single(await engine.CheckAsync(Context(("embedding:key", "wrong-key")), default));
        Assert.Contains("does not accept the key", wrongKey.What);
        Assert.DoesNotContain("wrong-key", wrongKey.What);
        var dimensions = Assert.Single(await engine.CheckAsync(Context(("embedding:dimensions", "17")), default));
        Assert.Contains("has 16 dimensions, but embedding:dimensions is 17", dimensions.What);
        await Server.StopAsync();
        var down = Assert.Single(await engine.CheckAsync(Context(), default));
        Assert.False(down.Works);
        Assert.NotNull(down.Remedy);
        var unset = Assert.Single(await engine.CheckAsync(OpenModel.Context(null, Settings(Server.Url)[0]), default));
        Assert.Contains("embedding:url: nothing is set", unset.What);
    }

    /// <summary>The first chooses the engine.</summary>
    protected abstract IReadOnlyList<(string, string)> Settings(Uri url);

    protected override async ValueTask<ServiceProvider> OpenAsync()
    {
        await Server.StartAgainAsync();
        return EngineCatalogue.Open("embedding", Context());
    }

    private EngineContext Context(params (string, string)[] more) => OpenModel.Context(null,
        [.. Settings(Server.Url), ("embedding:key", TestModelServer.Key), ("embedding:timeout_seconds", "2"), ("embedding:connections", "4"), .. more]);
}
