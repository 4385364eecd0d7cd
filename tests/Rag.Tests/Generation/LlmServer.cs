using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Rag.Tests.Generation;

/// <summary>An LLM server that answers as the test writes.</summary>
internal sealed class LlmServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LlmServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());

    public JsonElement Body { get; private set; }

    public string? Authorization { get; private set; }

    /// <summary>Ends when the client has gone.</summary>
    public TaskCompletionSource ClientWent { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<LlmServer> StartAsync(Func<HttpContext, Task> answer, Func<HttpContext, Task>? models = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var app = builder.Build();
        var server = new LlmServer(app);
        app.MapPost("/v1/chat/completions", async context =>
        {
            server.Authorization = context.Request.Headers.Authorization;
            server.Body = (await JsonDocument.ParseAsync(context.Request.Body)).RootElement;
            context.RequestAborted.Register(() => server.ClientWent.TrySetResult());
            context.Response.ContentType = "text/event-stream";
            await answer(context);
        });
        if (models is not null)
            app.MapGet("/v1/models", new RequestDelegate(models));
        await app.StartAsync();
        return server;
    }

    public static Task SayAsync(HttpContext context, string text) => context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask();

    public static string Chunk(string content) => $$"""data: {"id":"1","model":"m-1","choices":[{"index":0,"delta":{"content":{{JsonSerializer.Serialize(content)}}},"finish_reason":null}]}""" + "\n\n";

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
