using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Rag.Bench.SciFact;

/// <summary>A RAG system behind its public API.</summary>
internal sealed class HttpTarget : IRetrievalTarget, IDisposable
{
    private const int UploadsAtATime = 8;
    private const int MostTries = 20;
    private static readonly TimeSpan IndexLimit = TimeSpan.FromMinutes(10);

    private readonly HttpClient _http;

    public HttpTarget(Uri url, string key)
    {
        _http = new HttpClient { BaseAddress = url };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public async Task IndexAsync(IReadOnlyList<SciFactData.Abstract> abstracts, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(IndexLimit);
        var options = new ParallelOptions { MaxDegreeOfParallelism = UploadsAtATime, CancellationToken = limit.Token };
        await Parallel.ForEachAsync(abstracts, options, async (document, token) =>
        {
            using var _ = await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, "/documents")
            {
                Content = JsonContent.Create(new { id = document.Id, title = document.Title, text = document.Text }),
            }, token);
        });

        // The last ones uploaded are the last ones indexed, nearly: from there on hardly any has to be asked about twice.
        foreach (var document in abstracts.Reverse())
        {
            while (true)
            {
                using var reply = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, $"/documents/{Uri.EscapeDataString(document.Id)}/status"), limit.Token);
                var status = reply.RootElement.GetProperty("status").GetString();
                if (status == "searchable")
                    break;
                if (status == "failed")
                    throw new InvalidOperationException($"document {document.Id} failed: {reply.RootElement}");
                await Task.Delay(200, limit.Token);
            }
        }
    }

    public async Task<(List<string> DocumentsOfChunks, bool IsDegraded)> SearchAsync(string query, int topK, CancellationToken cancellationToken)
    {
        using var reply = await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, "/search") { Content = JsonContent.Create(new { query, top_k = topK }) }, cancellationToken);
        return ([.. reply.RootElement.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("document_id").GetString()!)],
            reply.RootElement.TryGetProperty("degraded", out var degraded) && degraded.GetArrayLength() > 0);
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonDocument> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            using var request = make();
            using var reply = await _http.SendAsync(request, cancellationToken);
            if (reply.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable && tries < MostTries)
            {
                await Task.Delay(reply.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), cancellationToken);
                continue;
            }

            var body = await reply.Content.ReadAsStringAsync(cancellationToken);
            if (!reply.IsSuccessStatusCode)
                throw new HttpRequestException($"{request.Method} {request.RequestUri}: {(int)reply.StatusCode} {body}");
            return JsonDocument.Parse(body);
        }
    }
}
