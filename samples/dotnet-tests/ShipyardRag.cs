using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Shipyard.LoadTests;

/// <summary>Stands for your RAG service: it finds documents by common words, and answers with the best one's text, streamed word by word.</summary>
public sealed class ShipyardRag : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (string Text, HashSet<string> Words)> _documents = new();
    private readonly WebApplication _app;

    private ShipyardRag()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapPut("/documents/{id}", (string id, Upload upload) => Put(id, upload.Text));
        _app.MapGet("/documents/{id}", (string id) => _documents.ContainsKey(id) ? Results.Ok(new { state = "searchable" }) : Results.NotFound());
        _app.MapPost("/query", (Ask ask) => TypedResults.ServerSentEvents(EventsAsync(ask)));
    }

    public Uri Address => new(_app.Urls.Single());

    public static async Task<ShipyardRag> StartAsync()
    {
        var service = new ShipyardRag();
        await service._app.StartAsync();
        return service;
    }

    public void Put(string id, string text) => _documents[id] = (text, Words(text));

    /// <summary>The ids of the documents that have most words of the question, best first.</summary>
    public IReadOnlyList<string> Find(string question, int k)
    {
        var words = Words(question);
        return [.. _documents.OrderByDescending(document => document.Value.Words.Count(words.Contains)).Take(k).Select(document => document.Key)];
    }

    public string TextOf(string id) => _documents[id].Text;

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async IAsyncEnumerable<SseItem<string>> EventsAsync(Ask ask)
    {
        var found = Find(ask.Question, ask.K);
        yield return new SseItem<string>(JsonSerializer.Serialize(new { sources = found }));
        foreach (var word in TextOf(found[0]).Split(' ').Take(20))
        {
            yield return new SseItem<string>(JsonSerializer.Serialize(new { text = word + " " }));
            await Task.Delay(5);
        }
        yield return new SseItem<string>("[DONE]");
    }

    private static HashSet<string> Words(string text) =>
        [.. text.Split([' ', '.', ',', '?', '!', ':', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(word => word.ToLowerInvariant())];

    private sealed record Upload(string Text);

    private sealed record Ask(string Question, int K);
}
