using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Rag.Errors;
using Rag.Generation;

namespace Rag.Engines.OpenAi;

/// <summary>
/// Generation by any server that speaks the OpenAI chat protocol, streamed. The hottest path of the product: bytes are read into one rented buffer,
/// every event in it is parsed before the next read, and a token costs its text, its record and no task.
/// </summary>
internal sealed class OpenAiGeneration : IGeneration, IDisposable
{
    private const int FirstBuffer = 8 * 1024;
    private const int LongestLine = 1024 * 1024;

    private readonly OpenAiOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private readonly Uri _endpoint;
    private readonly IReadOnlyList<string> _models;
    private readonly LivenessQuestion? _question;
    private readonly ServerLiveness? _liveness;

    public OpenAiGeneration(OpenAiOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _models = [options.Model];
        var root = options.Url.AbsoluteUri.TrimEnd('/');
        root = options.Url.AbsolutePath is "/" ? root + "/v1" : root;
        _endpoint = new Uri(root + "/chat/completions");
        if (options.Liveness)
            (_question, _liveness) = (new LivenessQuestion(new Uri(root + "/models"), options.Key), new ServerLiveness(stop => _question!.AskAsync(stop), time));
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = options.Connections,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10), // so that a change of DNS is noticed
            // What is left of a stream nobody reads is not worth waiting for: closing it is what stops the server's work.
            MaxResponseDrainSize = 16 * 1024,
            ResponseDrainTimeout = TimeSpan.FromMilliseconds(100),
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
        });
    }

    public ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_models);

    public async IAsyncEnumerable<GenerationEvent> GenerateAsync(
        GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var watch = new StreamWatch(_time, _options.FirstTokenTimeout, _options.TokenTimeout, cancellationToken);
        using var watched = _liveness?.Watch(watch);
        using var response = await SendAsync(request, watch, cancellationToken).ConfigureAwait(false);
        await using var stream = await response.Content.ReadAsStreamAsync(CancellationToken.None).ConfigureAwait(false);
        var chunks = new ChunkReader();
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        var (start, end) = (0, 0);
        try
        {
            while (true)
            {
                while (chunks.ReadLine(buffer.AsSpan(start, end - start), out var used))
                {
                    start += used;
                    if (chunks.Text is not { } text)
                        continue;
                    watch.Progress();
                    yield return new GenerationText(text);
                }

                if (chunks.Done)
                    break;
                (start, end, buffer) = MakeRoom(start, end, buffer);
                var read = await ReadAsync(stream, buffer.AsMemory(end), watch, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    break;
                _liveness?.Heard();
                end += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (chunks.FinishReason is null)
            throw new RagException(RagError.Unavailable, $"generation: {Server} cut the answer off after {chunks.Texts} tokens; ask again");
        yield return new GenerationEnd(
            chunks.PromptTokens ?? Estimate(request), chunks.CompletionTokens ?? chunks.Texts, chunks.FinishReason, chunks.Model ?? _options.Model);
    }

    public void Dispose()
    {
        _liveness?.Dispose();
        _question?.Dispose();
        _http.Dispose();
    }

    private string Server => _endpoint.Authority;

    private async ValueTask<HttpResponseMessage> SendAsync(GenerationRequest request, StreamWatch watch, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, _endpoint)
        {
            Content = new ReadOnlyMemoryContent(ChatRequest.Write(request, _options.Model)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        if (_options.Key is { Length: > 0 } key)
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(message, watch.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            throw Explain(error, watch, cancellationToken);
        }

        _liveness?.Heard();
        if (response.StatusCode == HttpStatusCode.OK)
            return response;
        using (response)
            throw Refused(response);
    }

    private async ValueTask<int> ReadAsync(Stream stream, Memory<byte> into, StreamWatch watch, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(into, watch.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            throw Explain(error, watch, cancellationToken);
        }
    }

    private static (int Start, int End, byte[] Buffer) MakeRoom(int start, int end, byte[] buffer)
    {
        if (start == end)
            return (0, 0, buffer);
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            return (0, end - start, buffer);
        }

        if (end < buffer.Length)
            return (start, end, buffer);
        if (buffer.Length >= LongestLine)
            throw new RagException(RagError.Unavailable, $"generation: the server sent a line of over {LongestLine} bytes; that is no event stream");
        var greater = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, end).CopyTo(greater);
        ArrayPool<byte>.Shared.Return(buffer);
        return (0, end, greater);
    }

    private Exception Explain(Exception error, StreamWatch watch, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return new OperationCanceledException("the caller has gone", error, cancellationToken);
        if (watch.Dead)
            return new RagException(RagError.Unavailable, $"generation: {Server} sent nothing and did not say that it lives (generation:liveness)", inner: error);
        if (watch.Late is { } late)
            return new RagException(RagError.DeadlineExceeded, $"generation: {Server} sent no text for {late.TotalSeconds:0.##} s; see generation:first_token_seconds and generation:token_seconds", inner: error);
        return new RagException(RagError.Unavailable, $"generation: {Server} can't be read: {error.Message}", inner: error);
    }

    private RagException Refused(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        var retryAfter = response.Headers.RetryAfter?.Delta;
        return status is 429 or 503
            ? new RagException(RagError.Overloaded, $"generation: {Server} is full (HTTP {status})", retryAfter ?? TimeSpan.FromSeconds(1))
            : new RagException(RagError.Unavailable, $"generation: {Server} answered HTTP {status}; see generation:url, generation:model and generation:key", retryAfter);
    }

    // For servers that don't report usage.
    private static int Estimate(GenerationRequest request) => request.Messages.Sum(m => m.Content.Length) / 4;
}
