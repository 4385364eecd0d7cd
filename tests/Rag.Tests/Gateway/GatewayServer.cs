using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Documents;
using Rag.Embedding;
using Rag.Engines;
using Rag.Engines.Sqlite.Identity;
using Rag.Gateway;
using Rag.Generation;
using Rag.Host.Serving;
using Rag.Hosting;
using Rag.Identity;
using Rag.Keywords;
using Rag.Query;
using Rag.Search;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Gateway;

/// <summary>The real gateway, identity, query and caching on a real port, over fakes of the services behind them.</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    public const string DevKey = "dev-key-of-the-tests";
    public const string AdminKey = "admin-key-of-the-tests";

    private readonly string _folder;
    private readonly WebApplication _app;

    private GatewayServer(WebApplication app, string folder)
    {
        _app = app;
        _folder = folder;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", DevKey);
    }

    public HttpClient Http { get; }

    public required FakeSearch Search { get; init; }

    public required FakeGeneration Generation { get; init; }

    public required FakeDocuments Documents { get; init; }

    public required FakeTimeProvider Time { get; init; }

    public IServiceProvider Services => _app.Services;

    public static async Task<GatewayServer> StartAsync(
        Dictionary<string, string?>? settings = null, bool extractive = false, Action<IServiceCollection>? more = null, ServiceModule? caching = null)
    {
        var folder = Directory.CreateTempSubdirectory("rag-gateway-").FullName;
        var search = new FakeSearch();
        var generation = new FakeGeneration();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var documents = new FakeDocuments(time);
        var all = new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["data"] = folder,
            ["identity:dev_key"] = DevKey,
            ["admin_key"] = AdminKey,
            ["query:cache_seconds"] = "0",
            ["seams:retry_percent"] = "0", // the pause before a retry would wait for a clock that only the tests move
        };
        foreach (var (name, value) in settings ?? [])
            all[name] = value;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(all).Build();
        var app = RagApp.Build(
            configuration,
            [new IdentityModule(), caching ?? new CachingModule(), new GenerationModule(), new QueryModule(), new GatewayModule()],
            services =>
            {
                services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time));
                new SqliteIdentityEngine().Register(services, new EngineContext(configuration, folder, _ => true, time));
                services.AddSingleton<ISearch>(search);
                services.AddSingleton<IDocuments>(documents);
                services.AddSingleton<IEmbedding>(new FakeEmbedding());
                services.AddSingleton<IVectors>(new FakeVectors());
                services.AddSingleton<IKeywords>(new FakeKeywords());
                if (!extractive)
                    services.AddSingleton<IGeneration>(generation);
                more?.Invoke(services);
            });
        await app.StartAsync();
        var server = new GatewayServer(app, folder) { Search = search, Generation = generation, Documents = documents, Time = time };
        server.Search.Add("default", "tides", "The tide rises twice a day. The moon causes the tides.");
        server.Search.Add("default", "sun", "The sun is a star. It shines in daylight.");
        return server;
    }

    public HttpClient Client(string? key)
    {
        var http = new HttpClient { BaseAddress = Http.BaseAddress };
        if (key is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return http;
    }

    public async Task<string> KeyAsync(string user, string? tenant = null, int? limit = null) =>
        (await Services.GetRequiredService<IIdentity>().IssueKeysAsync([new KeyRequest(user, tenant, limit)], CancellationToken.None))[0].Key;

    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Reads server-sent events as they come.</summary>
internal static class EventReading
{
    public static async IAsyncEnumerable<(string Event, string Data)> EventsAsync(this HttpResponseMessage response)
    {
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(stream).EnumerateAsync())
            yield return (item.EventType, item.Data);
    }

    public static Task<HttpResponseMessage> StreamAsync(this HttpClient http, string path, string json, CancellationToken cancellationToken = default) =>
        http.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path) { Content = GatewayServer.Json(json) }, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
}
