using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Rag.Errors;
using Rag.Seams;

namespace Rag.Engines.ModelServers;

/// <summary>
/// A server of models, asked by JSON over HTTP. Requests at a time are bounded; one that is refused with 429 or 503 is tried again when the server says (Retry-After), as long as that
/// is within the time allowed: the setting's, and what remains of the request's own. What can't be done is a <see cref="RagException"/>; neither a text nor a key is ever part of its message.
/// </summary>
internal sealed class ModelServer : IDisposable
{
    private const int Tries = 4;
    private const int LargestReply = 256 * 1024 * 1024;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ModelServerOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private readonly SemaphoreSlim _places;

    public ModelServer(ModelServerOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _places = new SemaphoreSlim(options.Concurrency);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = options.Concurrency,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            AutomaticDecompression = DecompressionMethods.All,
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
        });
    }

    /// <summary>Its host and port.</summary>
    public string Name => $"{_options.Seam}: {_options.Url.Authority}";

    /// <summary>Asks by POST.</summary>
    /// <param name="path">Behind the server's address.</param>
    /// <param name="write">Writes the body, once.</param>
    /// <param name="read">Reads the reply's JSON and its headers; what it throws as <see cref="FormatException"/> is the server's fault.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RagException">InvalidArgument (the server says that the texts are wrong), Overloaded, DeadlineExceeded or Unavailable.</exception>
    public ValueTask<T> PostAsync<T>(string path, Action<Utf8JsonWriter> write, Func<JsonElement, HttpResponseHeaders, T> read, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(body, Writing))
            write(json);
        return AskAsync(HttpMethod.Post, path, body.WrittenMemory, read, cancellationToken);
    }

    /// <summary>Asks by GET; as <see cref="PostAsync"/>.</summary>
    public ValueTask<T> GetAsync<T>(string path, Func<JsonElement, HttpResponseHeaders, T> read, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, path, null, read, cancellationToken);

    public void Dispose()
    {
        _http.Dispose();
        _places.Dispose();
    }

    private async ValueTask<T> AskAsync<T>(HttpMethod method, string path, ReadOnlyMemory<byte>? body, Func<JsonElement, HttpResponseHeaders, T> read, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var allowed = CallScope.Current?.Remaining is { } remaining && remaining < _options.Timeout ? remaining : _options.Timeout;
        using var late = new CancellationTokenSource(allowed, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        var entered = false;
        try
        {
            await _places.WaitAsync(stop.Token).ConfigureAwait(false);
            entered = true;
            for (var attempt = 1; ; attempt++)
            {
                using var response = await SendAsync(method, path, body, stop.Token).ConfigureAwait(false);
                if (response.StatusCode == HttpStatusCode.OK)
                    return await ReadAsync(response, read, stop.Token).ConfigureAwait(false);
                var pause = PauseOf(response) ?? FirstPause * Math.Pow(2, attempt - 1);
                if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable) || attempt == Tries || pause >= allowed - _time.GetElapsedTime(started))
                    throw await RefusedAsync(response, path, PauseOf(response), stop.Token).ConfigureAwait(false);
                await Task.Delay(pause, _time, stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            if (cancellationToken.IsCancellationRequested)
                throw new OperationCanceledException("the caller has gone", error, cancellationToken);
            if (late.IsCancellationRequested)
                throw new RagException(RagError.DeadlineExceeded, $"{Name} did not answer within {allowed.TotalSeconds:0.##} s; see {_options.Seam}:timeout_seconds", inner: error);
            throw new RagException(RagError.Unavailable, $"{Name} can't be reached or cut its answer off: {Reason(error)}", TimeSpan.FromSeconds(1), error);
        }
        finally
        {
            if (entered)
                _places.Release();
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, ReadOnlyMemory<byte>? body, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(method, _options.Url.AbsoluteUri.TrimEnd('/') + path);
        if (body is { } bytes)
            message.Content = new ReadOnlyMemoryContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        if (_options.Key is { Length: > 0 } key)
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return await _http.SendAsync(message, cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, Func<JsonElement, HttpResponseHeaders, T> read, CancellationToken cancellationToken)
    {
        try
        {
            using var document = await ParseAsync(response, cancellationToken).ConfigureAwait(false);
            return read(document.RootElement, response.Headers);
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException or KeyNotFoundException or OverflowException)
        {
            throw new RagException(RagError.Unavailable, $"{Name} sent a reply that is not what was asked for: {error.Message}", inner: error);
        }
    }

    private static async Task<JsonDocument> ParseAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > LargestReply)
            throw new FormatException($"it has {response.Content.Headers.ContentLength} bytes; {LargestReply} are read");
        await response.Content.LoadIntoBufferAsync(LargestReply, cancellationToken).ConfigureAwait(false);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return await JsonDocument.ParseAsync(stream, default, cancellationToken).ConfigureAwait(false);
    }

    private async Task<RagException> RefusedAsync(HttpResponseMessage response, string path, TimeSpan? retryAfter, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var said = $"{Name} answered HTTP {status} to {path}{await CodeAsync(response, cancellationToken).ConfigureAwait(false)}";
        return status switch
        {
            429 or 503 => new RagException(RagError.Overloaded, $"{said}: it is full, or not ready yet", retryAfter ?? TimeSpan.FromSeconds(1)),
            400 or 413 or 422 => new RagException(RagError.InvalidArgument, $"{said}: it does not take these texts; a text may be too long for the model"),
            401 or 403 => new RagException(RagError.Unavailable, $"{said}: it does not accept the key; set {_options.Seam}:key (RAG_{_options.Seam.ToUpperInvariant()}__KEY)"),
            404 => new RagException(RagError.Unavailable, $"{said}: it does not know this path or model; see {_options.Seam}:url and {_options.Seam}:model"),
            408 or 504 => new RagException(RagError.DeadlineExceeded, said, retryAfter),
            _ => new RagException(RagError.Unavailable, said, retryAfter),
        };
    }

    // What kind of error the server names, when it is a plain word; never its message, which may hold a text or part of a key.
    private static async Task<string> CodeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var document = await ParseAsync(response, cancellationToken).ConfigureAwait(false);
            var root = document.RootElement;
            var error = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var inner) && inner.ValueKind == JsonValueKind.Object ? inner : root;
            foreach (var name in new[] { "code", "error_type", "type" })
                if (error.ValueKind == JsonValueKind.Object && error.TryGetProperty(name, out var code) && code.ValueKind == JsonValueKind.String && code.GetString() is { Length: > 0 and <= 60 } word
                    && word.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-'))
                    return $" ({word})";
        }
        catch (Exception error) when (error is JsonException or FormatException or HttpRequestException or IOException)
        {
            // No JSON: nothing more is known.
        }

        return "";
    }

    private TimeSpan? PauseOf(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _time.GetUtcNow() is { Ticks: > 0 } wait ? wait : TimeSpan.Zero,
        _ => null,
    };

    private static string Reason(Exception error) => error is HttpRequestException { HttpRequestError: var kind and not HttpRequestError.Unknown } ? kind.ToString() : error.GetBaseException().Message;
}
