using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Rag.Bench.Crashes;

/// <summary>How a write ended, as its client knows.</summary>
internal enum Answer
{
    /// <summary>Acknowledged.</summary>
    Kept,

    /// <summary>Refused for certain: nothing was kept.</summary>
    Refused,

    /// <summary>The version that was named is not the newest.</summary>
    Conflict,

    /// <summary>There is no such document.</summary>
    Missing,

    /// <summary>No answer, or one that doesn't say whether it was kept.</summary>
    Unknown,
}

/// <summary>A document's state as told.</summary>
internal sealed record Told(int Version, string Status, string? Reason);

/// <summary>A passage that was found.</summary>
internal sealed record Found(string DocumentId, int Version, string ChunkId, string Text);

/// <summary>The public API as any client sees it. Nothing is sent a second time.</summary>
internal sealed class PublicApi : IDisposable
{
    private readonly HttpClient _http;

    public PublicApi(Uri address, string key)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(15) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Uploads, or replaces when a version is named or the document exists; the version when kept.</summary>
    public async Task<(Answer Answer, int Version)> PutAsync(string id, string text, int? ifVersion, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/documents/{id}") { Content = JsonContent.Create(new { title = "A document", text }) };
        return await WriteAsync(request, ifVersion, cancellationToken);
    }

    /// <summary>Uploads a file that nobody can read.</summary>
    public async Task<Answer> PutUnreadableAsync(string id, CancellationToken cancellationToken)
    {
        var file = new ByteArrayContent("%PDF-1.7 and then nothing of the kind"u8.ToArray());
        file.Headers.ContentType = new MediaTypeHeaderValue("application/pdf");
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/documents/{id}") { Content = new MultipartFormDataContent { { file, "file", "broken.pdf" } } };
        return (await WriteAsync(request, null, cancellationToken)).Answer;
    }

    public async Task<Answer> DeleteAsync(string id, int? ifVersion, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/documents/{id}");
        return (await WriteAsync(request, ifVersion, cancellationToken)).Answer;
    }

    /// <summary>The document's state; null when there is no such document.</summary>
    /// <exception cref="HttpRequestException">No answer, or none that says.</exception>
    public async Task<Told?> StatusAsync(string id, CancellationToken cancellationToken)
    {
        using var reply = await _http.GetAsync($"/documents/{id}/status", cancellationToken);
        if (reply.StatusCode == HttpStatusCode.NotFound)
            return null;
        var body = await BodyAsync(reply, cancellationToken);
        return new Told(body.GetProperty("version").GetInt32(), body.GetProperty("status").GetString()!, body.TryGetProperty("reason", out var reason) ? reason.GetString() : null);
    }

    /// <summary>The document's version as a reader gets it; null when there is no such document.</summary>
    /// <exception cref="HttpRequestException">As above.</exception>
    public async Task<int?> VersionAsync(string id, CancellationToken cancellationToken)
    {
        using var reply = await _http.GetAsync($"/documents/{id}", cancellationToken);
        return reply.StatusCode == HttpStatusCode.NotFound ? null : (await BodyAsync(reply, cancellationToken)).GetProperty("version").GetInt32();
    }

    /// <summary>What is found for a word, and whether every part of the search answered.</summary>
    /// <exception cref="HttpRequestException">As above.</exception>
    public async Task<(IReadOnlyList<Found> Hits, bool Whole)> SearchAsync(string word, CancellationToken cancellationToken)
    {
        using var reply = await _http.PostAsJsonAsync("/search", new { query = word, top_k = 20 }, cancellationToken);
        var body = await BodyAsync(reply, cancellationToken);
        var whole = !body.TryGetProperty("degraded", out var degraded) || degraded.ValueKind != JsonValueKind.Array || degraded.GetArrayLength() == 0;
        return ([.. body.GetProperty("results").EnumerateArray().Select(r => new Found(
            r.GetProperty("document_id").GetString()!, r.GetProperty("version").GetInt32(), r.GetProperty("chunk_id").GetString()!, r.GetProperty("text").GetString()!))], whole);
    }

    /// <summary>The system's own account.</summary>
    /// <exception cref="HttpRequestException">As above.</exception>
    public async Task<JsonElement> SystemAsync(CancellationToken cancellationToken)
    {
        using var reply = await _http.GetAsync("/status", cancellationToken);
        return await BodyAsync(reply, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<(Answer Answer, int Version)> WriteAsync(HttpRequestMessage request, int? ifVersion, CancellationToken cancellationToken)
    {
        if (ifVersion is { } version)
            request.Headers.TryAddWithoutValidation("If-Match", string.Create(CultureInfo.InvariantCulture, $"\"{version}\""));
        try
        {
            using var reply = await _http.SendAsync(request, cancellationToken);
            switch ((int)reply.StatusCode)
            {
                case 202:
                    return (Answer.Kept, (await BodyAsync(reply, cancellationToken)).GetProperty("version").GetInt32());
                case 204:
                    return (Answer.Kept, 0);
                case 404:
                    return (Answer.Missing, 0);
                case 409 or 412:
                    return (Answer.Conflict, 0);
                case 429:
                    return (Answer.Refused, 0);
                case >= 400 and < 500:
                    throw new InvalidOperationException($"{request.Method} {request.RequestUri} was answered {(int)reply.StatusCode}: {await reply.Content.ReadAsStringAsync(cancellationToken)}");
                default:
                    return (Answer.Unknown, 0);
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return (Answer.Unknown, 0);
        }
    }

    private static async Task<JsonElement> BodyAsync(HttpResponseMessage reply, CancellationToken cancellationToken)
    {
        reply.EnsureSuccessStatusCode();
        try
        {
            return await reply.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        }
        catch (IOException cut)
        {
            throw new HttpRequestException("the answer was cut off", cut);
        }
    }
}
