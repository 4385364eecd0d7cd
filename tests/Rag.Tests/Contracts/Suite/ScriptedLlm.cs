using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Rag.Tests.Contracts;

/// <summary>
/// An LLM that says the same to everyone, <see cref="Answer"/>, a word at a time; but when a question holds <c>hang:NAME</c> it falls silent after its first word
/// until the asker goes, and tells it.
/// </summary>
public sealed class ScriptedLlm : IAsyncDisposable
{
    /// <summary>What it says.</summary>
    public const string Answer = "It is said in [1], ‘überall’. 🌙";

    private const string Hang = "hang:";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gone = new();

    private ScriptedLlm(WebApplication app) => _app = app;

    /// <summary>Its address, as <c>generation:url</c> wants it.</summary>
    public Uri Url => new(new Uri(_app.Urls.First()), "/v1");

    public static async Task<ScriptedLlm> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var app = builder.Build();
        var llm = new ScriptedLlm(app);
        app.MapPost("/v1/chat/completions", llm.AnswerAsync);
        await app.StartAsync();
        return llm;
    }

    /// <summary>Ends when the one who asked the question with this name has gone.</summary>
    public Task GoneAsync(string name) => Gone(name).Task;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private TaskCompletionSource Gone(string name) => _gone.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var question = body.RootElement.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString()!;
        question = question[question.LastIndexOf("Question: ", StringComparison.Ordinal)..];
        context.Response.ContentType = "text/event-stream";
        var words = Answer.Split(' ');
        for (var i = 0; i < words.Length; i++)
        {
            await SayAsync(context, $$"""{"model":"scripted","choices":[{"index":0,"delta":{"content":{{JsonSerializer.Serialize(i == 0 ? words[i] : " " + words[i])}}},"finish_reason":null}]}""");
            if (i > 0 || question.IndexOf(Hang, StringComparison.Ordinal) is not (>= 0 and var at))
                continue;
            var name = question[(at + Hang.Length)..].Split(' ', '?', '\n')[0];
            context.RequestAborted.Register(() => Gone(name).TrySetResult());
            await Gone(name).Task;
            return;
        }

        await SayAsync(context, """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""");
        await SayAsync(context, """{"choices":[],"usage":{"prompt_tokens":21,"completion_tokens":6,"total_tokens":27}}""");
        await SayAsync(context, "[DONE]");
    }

    private static async Task SayAsync(HttpContext context, string data)
    {
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {data}\n\n"));
        await context.Response.Body.FlushAsync();
    }
}
