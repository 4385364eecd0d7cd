using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Durability;

/// <summary>The public API as any client sees it.</summary>
internal sealed class RagClient : IDisposable
{
    private readonly HttpClient _http;

    public RagClient(Uri address, string key)
    {
        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) };
        _http.DefaultRequestHeaders.Authorization = new("Bearer", key);
    }

    /// <summary>Uploads; the version when it was acknowledged.</summary>
    public async Task<int> UploadAsync(string id, string text)
    {
        var reply = await SendAsync(() => _http.PostAsJsonAsync("documents", new JsonObject { ["id"] = id, ["title"] = "A document", ["text"] = text }));
        return reply!["version"]!.GetValue<int>();
    }

    public Task DeleteAsync(string id) => SendAsync(() => _http.DeleteAsync($"documents/{id}"));

    /// <summary>Version and status, or null when there is no such document.</summary>
    public async Task<(int Version, string Status, string? Reason)?> StatusAsync(string id) =>
        await SendAsync(() => _http.GetAsync($"documents/{id}/status"), nullWhenMissing: true) is { } reply
            ? (reply["version"]!.GetValue<int>(), reply["status"]!.GetValue<string>(), reply["reason"]?.GetValue<string>())
            : null;

    public async Task<IReadOnlyList<Found>> SearchAsync(string query) => (await AskAsync(query)).Results;

    /// <summary>Searches; what was found, and what the answer had to do without.</summary>
    public async Task<(IReadOnlyList<Found> Results, IReadOnlyList<string> Degraded)> AskAsync(string query)
    {
        var reply = await SendAsync(() => _http.PostAsJsonAsync("search", new JsonObject { ["query"] = query, ["top_k"] = 20 }));
        return (
            [.. reply!["results"]!.AsArray().Select(r => new Found(
                r!["document_id"]!.GetValue<string>(), r["version"]!.GetValue<int>(), r["chunk_id"]!.GetValue<string>(), r["text"]!.GetValue<string>()))],
            [.. (reply["degraded"]?.AsArray() ?? []).Select(part => part!.GetValue<string>())]);
    }

    /// <summary><c>/status</c>: the whole system's.</summary>
    public async Task<JsonNode> SystemAsync() => (await SendAsync(() => _http.GetAsync("status")))!;

    public void Dispose() => _http.Dispose();

    /// <summary>Sends again what was refused for being too much at once, a bounded number of times.</summary>
    private static async Task<JsonNode?> SendAsync(Func<Task<HttpResponseMessage>> send, bool nullWhenMissing = false)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var reply = await send();
            if (nullWhenMissing && reply.StatusCode == HttpStatusCode.NotFound)
                return null;
            if (attempt < 20 && reply.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
                continue;
            }

            var body = await reply.Content.ReadAsStringAsync();
            if (!reply.IsSuccessStatusCode)
                throw new RefusedException($"{reply.RequestMessage!.Method} {reply.RequestMessage.RequestUri!.PathAndQuery} was answered {(int)reply.StatusCode}: {body}");
            return body.Length == 0 ? null : JsonNode.Parse(body);
        }
    }

    internal sealed record Found(string DocumentId, int Version, string ChunkId, string Text);

    /// <summary>The server answered, and not well: unlike a connection that breaks, no kill explains it.</summary>
    internal sealed class RefusedException(string message) : Exception(message);
}
