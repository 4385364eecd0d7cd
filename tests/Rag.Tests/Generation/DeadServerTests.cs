using System.Net;
using System.Net.Sockets;
using Rag.Engines.OpenAi;
using Rag.Errors;
using Rag.Generation;
using Xunit;

namespace Rag.Tests.Generation;

/// <summary>Real sockets and real time; a minute is allowed for the first token, so that only liveness can end the wait.</summary>
public class DeadServerTests
{
    private static readonly GenerationRequest Request = new() { Messages = [new ChatMessage("user", "q")], Question = "q", Passages = [] };
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly string Answer = LlmServer.Chunk("late") + """data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\ndata: [DONE]\n\n";

    [Fact]
    public async Task A_frozen_server_that_takes_connections_and_never_answers_is_unavailable()
    {
        using var frozen = new TcpListener(IPAddress.Loopback, 0);
        frozen.Start(); // the kernel takes connections, nobody reads them: what SIGSTOP leaves
        using var generation = New(new Uri($"http://{frozen.LocalEndpoint}"));
        var answers = Enumerable.Range(0, 20).Select(_ => SayAsync(generation)).ToArray();
        foreach (var answer in answers)
            Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => answer.WaitAsync(Patience))).Error);
    }

    [Fact]
    public async Task A_slow_server_that_answers_questions_is_waited_for()
    {
        var asked = 0;
        var askedOften = new TaskCompletionSource();
        await using var server = await LlmServer.StartAsync(
            async context =>
            {
                await askedOften.Task;
                await LlmServer.SayAsync(context, Answer);
            },
            context =>
            {
                if (Interlocked.Increment(ref asked) == 3)
                    askedOften.SetResult();
                context.Response.StatusCode = 401; // any answer will do
                return Task.CompletedTask;
            });
        using var generation = New(server.Url);
        Assert.Equal("late", await SayAsync(generation).WaitAsync(Patience));
    }

    [Fact]
    public async Task A_server_that_freezes_in_the_middle_of_an_answer_is_unavailable()
    {
        await using var server = await LlmServer.StartAsync(
            async context =>
            {
                await LlmServer.SayAsync(context, LlmServer.Chunk("a"));
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            },
            context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var generation = New(server.Url);
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => SayAsync(generation).WaitAsync(Patience))).Error);
    }

    [Fact]
    public async Task A_server_that_recovers_answers_again()
    {
        var frozen = true;
        await using var server = await LlmServer.StartAsync(
            context => frozen ? Task.Delay(Timeout.Infinite, context.RequestAborted) : LlmServer.SayAsync(context, Answer),
            context => frozen ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Task.CompletedTask);
        using var generation = New(server.Url);
        await Assert.ThrowsAsync<RagException>(() => SayAsync(generation).WaitAsync(Patience));
        frozen = false;
        Assert.Equal("late", await SayAsync(generation).WaitAsync(Patience));
    }

    private static OpenAiGeneration New(Uri url) => new(new OpenAiOptions { Url = url, FirstTokenTimeout = TimeSpan.FromMinutes(1), TokenTimeout = TimeSpan.FromMinutes(1) }, TimeProvider.System);

    private static async Task<string> SayAsync(OpenAiGeneration generation) =>
        string.Concat((await generation.GenerateAsync(Request, default).ToListAsync()).OfType<GenerationText>().Select(t => t.Text));
}
