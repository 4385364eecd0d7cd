using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Rag.Errors;

namespace Rag.Engines.Chroma;

/// <summary>
/// Chroma's HTTP API v2. A server that is down, refuses or is late surfaces as <see cref="RagException"/>: a connection within a second, a reply within the
/// time-out. A connection that the server closed under a request (a restart) is tried once more: all requests here may be repeated.
/// </summary>
internal sealed class ChromaClient : IDisposable
{
    private const string Database = "api/v2/tenants/default_tenant/databases/default_database/collections";
    private const int MostDeleted = 1_000; // Chroma takes 5,461 records at most
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly ChromaOptions _options;
    private readonly HttpClient _http;

    /// <param name="options">Which server, and its limits.</param>
    /// <param name="outer">What requests pass through on their way to the connections; null for nothing.</param>
    public ChromaClient(ChromaOptions options, DelegatingHandler? outer = null)
    {
        _options = options;
        HttpMessageHandler connections = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(1),
            MaxConnectionsPerServer = options.Connections,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
        };
        outer?.InnerHandler = connections;
        _http = new HttpClient(outer ?? connections)
        {
            BaseAddress = new Uri(options.Url.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = Timeout.InfiniteTimeSpan, // each request has its own limit, which tells who gave up
        };
    }

    /// <summary>The server's version.</summary>
    public async ValueTask<string> GetVersionAsync(CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, "api/v2/version", null, ChromaJson.Default.String, cancellationToken).ConfigureAwait(false))!;

    /// <summary>A collection by name; null when there is none.</summary>
    public ValueTask<ChromaCollection?> FindCollectionAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"{Database}/{name}", null, ChromaJson.Default.ChromaCollection, cancellationToken);

    /// <summary>Makes a collection, or gives the one that has the name already, with the metadata that it has.</summary>
    public async ValueTask<ChromaCollection> OpenCollectionAsync(NewCollection collection, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(collection, ChromaJson.Default.NewCollection);
        return await SendAsync(HttpMethod.Post, Database, body, ChromaJson.Default.ChromaCollection, cancellationToken).ConfigureAwait(false)
            ?? throw Refused(HttpStatusCode.NotFound, null);
    }

    /// <summary>Drops a collection by name; one that is not there is no error.</summary>
    public async ValueTask DropCollectionAsync(string name, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Delete, $"{Database}/{name}", null, ChromaJson.Default.ErrorReply, cancellationToken).ConfigureAwait(false);

    /// <summary>One page of all collections.</summary>
    public async ValueTask<ChromaCollection[]> ListCollectionsAsync(int limit, int offset, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Get, $"{Database}?limit={limit}&offset={offset}", null, ChromaJson.Default.ChromaCollectionArray, cancellationToken).ConfigureAwait(false) ?? [];

    /// <summary>How many records a collection has; null when it is gone.</summary>
    public async ValueTask<long?> CountAsync(string collectionId, CancellationToken cancellationToken)
    {
        var count = await SendAsync(HttpMethod.Get, $"{Database}/{collectionId}/count", null, ChromaJson.Default.Int64, cancellationToken, missing: -1).ConfigureAwait(false);
        return count < 0 ? null : count;
    }

    /// <summary>Asks a collection; the body is written by <paramref name="write"/>.</summary>
    /// <exception cref="CollectionGoneException">It has been dropped.</exception>
    public async ValueTask<TReply> AskAsync<TReply>(string collectionId, string verb, Action<Utf8JsonWriter> write, JsonTypeInfo<TReply> reply, CancellationToken cancellationToken)
        where TReply : class =>
        await SendAsync(HttpMethod.Post, $"{Database}/{collectionId}/{verb}", Write(write), reply, cancellationToken).ConfigureAwait(false) ?? throw new CollectionGoneException();

    /// <summary>Changes a collection; durable when it returns.</summary>
    /// <exception cref="CollectionGoneException">It has been dropped.</exception>
    public async ValueTask TellAsync(string collectionId, string verb, Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        if (await SendAsync(HttpMethod.Post, $"{Database}/{collectionId}/{verb}", Write(write), ChromaJson.Default.ErrorReply, cancellationToken).ConfigureAwait(false) is null)
            throw new CollectionGoneException();
    }

    /// <summary>Removes records by their names; those that are not there are no error.</summary>
    /// <exception cref="CollectionGoneException">It has been dropped.</exception>
    public async ValueTask DeleteAsync(string collectionId, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        foreach (var page in ids.Chunk(MostDeleted))
            await TellAsync(collectionId, "delete", json =>
            {
                json.WriteStartArray("ids");
                foreach (var id in page)
                    json.WriteStringValue(id);
                json.WriteEndArray();
            }, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    // null (or what stands for it) for 404, so that callers decide what a missing collection means.
    private async ValueTask<TReply?> SendAsync<TReply>(
        HttpMethod method, string path, ReadOnlyMemory<byte>? body, JsonTypeInfo<TReply> type, CancellationToken cancellationToken, TReply? missing = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.Timeout);
        for (var last = false; ; last = true)
            try
            {
                using var message = new HttpRequestMessage(method, path);
                if (body is { } bytes)
                    message.Content = new ReadOnlyMemoryContent(bytes) { Headers = { ContentType = Json } };
                using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
                if (response.StatusCode == HttpStatusCode.NotFound)
                    return missing;
                await using var stream = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
                if (!response.IsSuccessStatusCode)
                    throw await ReadRefusalAsync(response.StatusCode, stream, limit.Token).ConfigureAwait(false);
                return await JsonSerializer.DeserializeAsync(stream, type, limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (OperationCanceledException error)
            {
                throw new RagException(RagError.DeadlineExceeded,
                    $"vectors: Chroma at {_options.Url.Authority} did not answer within {_options.Timeout.TotalSeconds:0.###} s (chroma:timeout_seconds); is it overloaded?", TimeSpan.FromSeconds(1), error);
            }
            catch (Exception error) when (error is HttpRequestException or IOException)
            {
                if (last || error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError })
                    throw new RagException(RagError.Unavailable, $"vectors: Chroma at {_options.Url.Authority} can't be reached; is it running? (chroma:url)", TimeSpan.FromSeconds(1), error);
            }
            catch (JsonException error)
            {
                throw new RagException(RagError.Unavailable, $"vectors: what answers at {_options.Url.Authority} does not speak Chroma's API v2; see chroma:url", null, error);
            }
    }

    private async ValueTask<RagException> ReadRefusalAsync(HttpStatusCode status, Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            return Refused(status, (await JsonSerializer.DeserializeAsync(stream, ChromaJson.Default.ErrorReply, cancellationToken).ConfigureAwait(false))?.Error);
        }
        catch (JsonException)
        {
            return Refused(status, null);
        }
    }

    // Chroma's own message may quote what was sent, so only the kind of error is passed on.
    private RagException Refused(HttpStatusCode status, string? kind) => new(
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable ? RagError.Overloaded : RagError.Unavailable,
        $"vectors: Chroma at {_options.Url.Authority} refused a request: {(int)status} {kind}; see its log", TimeSpan.FromSeconds(1));
}

/// <summary>A collection that was known has been dropped.</summary>
internal sealed class CollectionGoneException : Exception;
