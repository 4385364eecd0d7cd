using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Rag.Tests.ModelServers;

/// <summary>
/// A server that speaks as Text-Embeddings-Inference and as OpenAI do (<c>/info</c>, <c>/embed</c>, <c>/rerank</c>, <c>/v1/embeddings</c>, <c>/v1/models</c>), errors included. Its vectors are made of the text's
/// bytes. It can be stopped and started again on its port, and a test may answer in its place.
/// </summary>
internal sealed class TestModelServer : IAsyncDisposable
{
    public const string Key = "key-of-the-model-server";
    public const int MostTexts = 8;

    private WebApplication? _app;
    private int _requests;
    private int _texts;

    public int Port { get; private set; }

    public Uri Url => new($"http://127.0.0.1:{Port}");

    public int Dimensions { get; set; } = 16;

    public string Model { get; set; } = "BAAI/tiny";

    public string Revision { get; set; } = "abc123";

    /// <summary>Answers in its place; returns whether it did.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    /// <summary>Requests for vectors or scores.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>The most texts of one request.</summary>
    public int LargestRequest => Volatile.Read(ref _texts);

    public JsonElement LastBody { get; private set; }

    public static async Task<TestModelServer> StartAsync()
    {
        var server = new TestModelServer();
        await server.StartAgainAsync();
        return server;
    }

    public async Task StartAgainAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{Port}");
        builder.WebHost.UseShutdownTimeout(TimeSpan.FromMilliseconds(10));
        builder.Services.AddRouting();
        var app = builder.Build();
        app.Use(async (context, next) =>
        {
            if (context.Request.Headers.Authorization != $"Bearer {Key}")
                await SayAsync(context, 401, $$$"""{"error":{"message":"Incorrect API key provided: {{{Key[..4]}}}***","type":"invalid_request_error","code":"invalid_api_key"}}""");
            else if (Instead is null || !await Instead(context))
                await next(context);
        });
        app.MapGet("/info", context => SayAsync(context, 200, JsonSerializer.Serialize(new
        {
            model_id = Model,
            model_sha = Revision,
            model_dtype = "float16",
            model_type = new { embedding = new { pooling = "cls" } },
            max_concurrent_requests = 512,
            max_input_length = 512,
            max_batch_tokens = 16384,
            max_client_batch_size = MostTexts,
            auto_truncate = false,
            tokenization_workers = 2,
            version = "1.8.1",
        })));
        app.MapGet("/v1/models", context => SayAsync(context, 200, """{"object":"list","data":[{"id":"text-embedding-tiny","object":"model"}]}"""));
        app.MapPost("/embed", async context =>
        {
            if (await AskedAsync(context, "inputs") is not ({ } texts, _))
                return;
            context.Response.Headers["x-compute-tokens"] = texts.Sum(text => text.Length).ToString(CultureInfo.InvariantCulture);
            await SayAsync(context, 200, JsonSerializer.Serialize(texts.Select(Vector)));
        });
        app.MapPost("/rerank", async context =>
        {
            if (await AskedAsync(context, "texts") is not ({ } texts, var body))
                return;
            var query = body.GetProperty("query").GetString()!;
            await SayAsync(context, 200, JsonSerializer.Serialize(texts.Select((text, index) => new { index, score = Score(query, text) }).OrderByDescending(entry => entry.score)));
        });
        app.MapPost("/v1/embeddings", async context =>
        {
            if (await AskedAsync(context, "input", 2048) is not ({ } texts, var body))
                return;
            await SayAsync(context, 200, JsonSerializer.Serialize(new
            {
                @object = "list",
                model = body.GetProperty("model").GetString(),
                data = texts.Select((text, index) => new { @object = "embedding", index, embedding = Vector(text) }).Reverse(), // the order is the index's
                usage = new { prompt_tokens = texts.Sum(text => text.Length), total_tokens = texts.Sum(text => text.Length) },
            }));
        });
        await app.StartAsync();
        _app = app;
        Port = new Uri(app.Urls.First()).Port;
    }

    public async Task StopAsync()
    {
        if (_app is { } app)
            await app.DisposeAsync();
        _app = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    public static async Task SayAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json);
    }

    /// <summary>What the text's bytes make; of any length.</summary>
    public float[] Vector(string text)
    {
        var sums = new float[Dimensions];
        foreach (var (value, i) in Encoding.UTF8.GetBytes(text).Select((value, i) => (value, i)))
            sums[(value * 31 + i) % Dimensions] += 1 + value % 7;
        sums[0] += 1;
        return sums;
    }

    /// <summary>The share of the query's words that the text has.</summary>
    private static double Score(string query, string text)
    {
        var words = query.Split(' ');
        return words.Count(word => text.Contains(word, StringComparison.OrdinalIgnoreCase)) / (words.Length + 1.0);
    }

    /// <summary>The request's texts and its body; null if it was refused.</summary>
    private async Task<(string[] Texts, JsonElement Body)?> AskedAsync(HttpContext context, string name, int most = MostTexts)
    {
        var body = (await JsonDocument.ParseAsync(context.Request.Body)).RootElement;
        LastBody = body;
        var texts = body.GetProperty(name).EnumerateArray().Select(text => text.GetString()!).ToArray();
        Interlocked.Increment(ref _requests);
        for (var seen = Volatile.Read(ref _texts); texts.Length > seen && Interlocked.CompareExchange(ref _texts, texts.Length, seen) != seen; seen = Volatile.Read(ref _texts)) ;
        if (texts.Length > most)
        {
            await SayAsync(context, 413, $$"""{"error":"batch size {{texts.Length}} > maximum allowed batch size {{most}}","error_type":"Validation"}""");
            return null;
        }

        if (!texts.Any(string.IsNullOrEmpty))
            return (texts, body);
        await SayAsync(context, 413, """{"error":"`inputs` cannot be empty","error_type":"Validation"}""");
        return null;
    }
}
