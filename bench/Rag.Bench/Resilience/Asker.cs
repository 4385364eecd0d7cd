using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Rag.Bench.Resilience;

/// <summary>Sends one request and says how it ended.</summary>
internal sealed class Asker(HttpClient http, long origin, TimeSpan patience)
{
    /// <summary>Seconds since the measurement began.</summary>
    public double Now => Stopwatch.GetElapsedTime(origin).TotalSeconds;

    /// <summary>A streamed answer, read to its end.</summary>
    public Task<Sample> QueryAsync(string question, CancellationToken cancellationToken) => RunAsync("query", async stop =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/query") { Content = JsonContent.Create(new { query = question, top_k = 3, stream = true }) };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        if (response.StatusCode != HttpStatusCode.OK)
            return await RefusalAsync(response, stop);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(stop));
        var (last, usage) = ("", "");
        while (await reader.ReadLineAsync(stop) is { } line)
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                last = line[7..];
            else if (last is "usage" or "error" && line.StartsWith("data: ", StringComparison.Ordinal))
                usage = line[6..];
        return last == "done" ? Answered(usage) : (Ending.Failed, last == "error" ? "stream: " + Code(usage) : "stream cut");
    }, cancellationToken);

    public Task<Sample> SearchAsync(string question, CancellationToken cancellationToken) =>
        RunAsync("search", stop => SendAsync(HttpMethod.Post, "/search", new { query = question, top_k = 5 }, stop), cancellationToken);

    public Task<Sample> UploadAsync(string id, string text, CancellationToken cancellationToken) =>
        RunAsync("upload", stop => SendAsync(HttpMethod.Post, "/documents", new { id, title = id, text }, stop), cancellationToken);

    public Task<Sample> StatusAsync(CancellationToken cancellationToken) =>
        RunAsync("status", stop => SendAsync(HttpMethod.Get, "/status", null, stop), cancellationToken);

    private async Task<(Ending, string)> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await http.SendAsync(request, cancellationToken);
        return response.IsSuccessStatusCode
            ? Answered(await response.Content.ReadAsStringAsync(cancellationToken))
            : await RefusalAsync(response, cancellationToken);
    }

    private async Task<Sample> RunAsync(string kind, Func<CancellationToken, Task<(Ending, string)>> send, CancellationToken cancellationToken)
    {
        var start = Now;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            var (end, note) = await send(limit.Token);
            return new Sample(kind, start, Now - start, end, note);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Sample(kind, start, Now - start, Ending.TimedOut, "");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return new Sample(kind, start, Now - start, Ending.Failed, error is HttpRequestException { HttpRequestError: var what } ? what.ToString() : error.Message);
        }
    }

    private static async Task<(Ending, string)> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var note = $"{(int)response.StatusCode} {Code(await response.Content.ReadAsStringAsync(cancellationToken))}";
        return (response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests && response.Headers.RetryAfter is not null ? Ending.Rejected : Ending.Failed, note);
    }

    private static (Ending, string) Answered(string json)
    {
        using var body = JsonDocument.Parse(json);
        return body.RootElement.TryGetProperty("degraded", out var degraded) && degraded.ValueKind == JsonValueKind.Array && degraded.GetArrayLength() > 0
            ? (Ending.Degraded, string.Join(',', degraded.EnumerateArray().Select(code => code.GetString())))
            : (Ending.Ok, "");
    }

    private static string Code(string problem)
    {
        try
        {
            using var body = JsonDocument.Parse(problem);
            return body.RootElement.TryGetProperty("code", out var code) ? code.GetString() ?? "" : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
