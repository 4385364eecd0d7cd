using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>The wire on HTTP/1.1 or HTTP/2: one shared handler, no cookies, no redirects, no proxy, no decompression, nothing that a user didn't ask for.</summary>
public sealed class HttpWire : IWire
{
    private const int ReadBytes = 4 * 1024;

    private readonly HttpMessageInvoker _invoker;
    private readonly WireOptions _options;
    private readonly RunClock _clock;
    private readonly TargetProfile _profile;
    private readonly string _root;
    private readonly Version _version;
    private readonly ConcurrentDictionary<RequestProfile, (Uri? Uri, MediaTypeHeaderValue Type)> _endpoints = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<string, SlowThreshold> _slow = new(StringComparer.Ordinal);

    /// <summary>A wire to one target.</summary>
    public HttpWire(TargetProfile profile, WireOptions options, RunClock clock)
    {
        _profile = profile;
        _options = options;
        _clock = clock;
        _root = options.BaseAddress.GetLeftPart(UriPartial.Path).TrimEnd('/');
        _version = profile.Protocol == TargetProtocol.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            // Idle connections stay: a user that thinks must not pay for a new one.
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            MaxConnectionsPerServer = Math.Max(1, options.Connections),
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = options.ConnectTimeout,
            Expect100ContinueTimeout = TimeSpan.Zero,
        });
    }

    /// <inheritdoc/>
    public async ValueTask<WireReply> SendAsync(WireRequest request, Exchange exchange, CancellationToken stop)
    {
        var operation = request.Operation;
        var stream = request.Streamed ? operation.Stream : null;
        request.Values.Stream = stream is not null;
        var template = stream?.Request ?? operation.Request;
        using var body = new PooledBuffer(template.Body is null ? 16 : 2048);
        template.Body?.Write(body, request.Values);
        using var message = Compose(template, request, body);
        exchange.BytesSent = body.Length;
        using var received = new PooledBuffer(ReadBytes);
        var reading = new AnswerReading(request.ExpectedDocument, request.KeepAnswer);
        TimeSpan? retryAfter = null;

        using var deadline = new CancellationTokenSource(request.Timeout ?? _options.Timeout, _clock.Time);
        using var stopping = stop.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
        exchange.Sent = _clock.Now;
        HttpResponseMessage? response = null;
        try
        {
            response = await _invoker.SendAsync(message, deadline.Token).ConfigureAwait(false);
            exchange.FirstByte = _clock.Now;
            exchange.Status = (int)response.StatusCode;
            var source = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            if (!operation.OkStatuses.Contains(exchange.Status))
            {
                Refuse(exchange);
                retryAfter = RetryAfter(response);
                await ReadWholeAsync(source, received, exchange, Math.Max(_options.KeptBytes, 64 * 1024), deadline.Token).ConfigureAwait(false);
            }
            else if (stream is not null && (stream.Framing != StreamFraming.Sse || !IsJson(response)))
                await new StreamedAnswerReader(stream, _options, _clock, exchange, reading).ReadAsync(source, received, deadline).ConfigureAwait(false);
            else if (!await ReadWholeAsync(source, received, exchange, _options.MaxBodyBytes, deadline.Token).ConfigureAwait(false))
                Fail(exchange, Reasons.TooLarge);
            else
                ReadAnswer(operation, stream, exchange, received, reading);
            foreach (var capture in operation.HeaderCaptures)
                Capture(capture, response, reading);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            if (stop.IsCancellationRequested)
                return default;
            Classify(exchange, e, deadline, response is not null, stream is not null);
        }
        finally
        {
            response?.Dispose();
        }
        if (exchange.End == Exchange.Never)
            exchange.End = _clock.Now;
        Conclude(request, stream, exchange, reading);
        KeepText(request, exchange, message, body, received);
        return new WireReply(true, retryAfter, reading.DocumentId, reading.Texts)
        {
            Answer = reading.Answer,
            DocumentHandle = reading.DocumentHandle,
            Captures = reading.Captures,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();

    private HttpRequestMessage Compose(RequestProfile template, WireRequest request, PooledBuffer body)
    {
        var (uri, type) = _endpoints.GetOrAdd(template, Endpoint);
        var message = new HttpRequestMessage(template.Method, uri ?? new Uri(_root + template.Path.Fill(request.Values)))
        {
            Version = _version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (template.Body is not null)
            message.Content = new RequestBody(body.WrittenMemory, type);
        if (request.Authorization is { } authorization && _profile.Auth is { } auth && !template.Has(auth.Header))
            message.Headers.TryAddWithoutValidation(auth.Header, authorization);
        foreach (var (name, value) in template.Headers)
            message.Headers.TryAddWithoutValidation(name, value.Fill(request.Values));
        return message;
    }

    private (Uri?, MediaTypeHeaderValue) Endpoint(RequestProfile template) =>
        (template.Path.IsConstant ? new Uri(_root + template.Path.Fill(new TemplateValues())) : null, MediaTypeHeaderValue.Parse(template.ContentType.Length == 0 ? "application/json" : template.ContentType));

    private async ValueTask<bool> ReadWholeAsync(Stream source, PooledBuffer received, Exchange exchange, int limit, CancellationToken token)
    {
        while (true)
        {
            var count = await source.ReadAsync(received.GetMemory(2048), token).ConfigureAwait(false);
            if (count == 0)
                break;
            received.Advance(count);
            exchange.BytesReceived += count;
            if (received.Length > limit)
                return false;
        }
        exchange.End = _clock.Now;
        return true;
    }

    private static void ReadAnswer(OperationProfile operation, StreamProfile? stream, Exchange exchange, PooledBuffer received, AnswerReading reading)
    {
        if (operation.Answer.Rules.Count == 0 && stream is null)
            return;
        try
        {
            reading.Read(operation.Answer, received.Written);
        }
        catch (JsonException)
        {
            Fail(exchange, Reasons.UnreadableBody);
            return;
        }
        if (reading.IsThrottled)
            (exchange.Outcome, exchange.Reason) = (Outcome.Throttled, Reasons.Throttled);
        else if (reading.HasError)
            Fail(exchange, Reasons.BodyError);
        else if (stream is not null)
            Fail(exchange, Reasons.NotAStream);
        else if (reading.RequiredSeen < operation.Answer.Required)
            Fail(exchange, Reasons.BodyIncomplete);
    }

    private void Refuse(Exchange exchange)
    {
        if (!_profile.ThrottledStatuses.Contains(exchange.Status))
            Fail(exchange, Reasons.Http(exchange.Status));
        else
            (exchange.Outcome, exchange.Reason) = (Outcome.Throttled, Reasons.Throttled);
    }

    private static void Fail(Exchange exchange, string reason) => (exchange.Outcome, exchange.Reason) = (Outcome.Failed, reason);

    private static void Classify(Exchange exchange, Exception exception, CancellationTokenSource deadline, bool hasHead, bool streamed)
    {
        // A refusal whose body was cut is still that refusal.
        if (exchange.Reason is not null)
            return;
        if (exception is OperationCanceledException && deadline.IsCancellationRequested)
            (exchange.Outcome, exchange.Reason) = (Outcome.TimedOut, Reasons.Timeout);
        else
            Fail(exchange, hasHead ? FailureClassifier.InBody(exception, streamed) : FailureClassifier.BeforeHead(exception));
    }

    private static void Conclude(WireRequest request, StreamProfile? stream, Exchange exchange, AnswerReading reading)
    {
        exchange.Tokens = reading.Tokens ?? exchange.Tokens;
        if (exchange.Reason is not null)
            return;
        exchange.DegradedParts = reading.Degraded;
        if (exchange.DegradedParts.Count > 0)
            exchange.Outcome = Outcome.Degraded;
        if (request.ExpectedDocument is not null && (stream?.Events.KnowsCitations ?? request.Operation.Answer.KnowsCitations))
            exchange.Correct = reading.ExpectedCited;
    }

    private void KeepText(WireRequest request, Exchange exchange, HttpRequestMessage message, PooledBuffer body, PooledBuffer received)
    {
        var slow = _slow.GetOrAdd(exchange.Operation, static _ => new SlowThreshold()).Exceeds(exchange.End - exchange.Sent);
        if (!slow && !request.KeepText && exchange.Outcome is Outcome.Ok or Outcome.Degraded)
            return;
        exchange.RequestText = Shown($"{message.Method} {message.RequestUri!.PathAndQuery}\n\n{Cut(body.Written)}", request);
        exchange.ResponseText = received.Length > 0 ? Shown(Cut(received.Written), request) : null;
    }

    // A request may carry its key in the path or the body, and a target may repeat in an answer what it was sent.
    private string Shown(string text, WireRequest request) =>
        _profile.Mask(text, request.Values.Key, request.Authorization, request.Authorization?[(request.Authorization.LastIndexOf(' ') + 1)..]);

    private string Cut(ReadOnlySpan<byte> bytes) =>
        Encoding.UTF8.GetString(bytes.Length > _options.KeptBytes ? bytes[.._options.KeptBytes] : bytes);

    private static void Capture(HeaderCapture capture, HttpResponseMessage response, AnswerReading reading)
    {
        if (capture.Header is { } header)
        {
            if (response.Headers.TryGetValues(header, out var values) || response.Content.Headers.TryGetValues(header, out values))
                reading.Capture(capture.Variable, values.First());
        }
        else if (response.Headers.TryGetValues("Set-Cookie", out var cookies))
        {
            // RFC 6265, section 4.1.1: name=value, then attributes after semicolons.
            foreach (var cookie in cookies)
                if (cookie.Split(';')[0].Split('=', 2) is [var name, var value] && name.Trim() == capture.Cookie)
                    reading.Capture(capture.Variable, value.Trim());
        }
    }

    private static bool IsJson(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var types) && types.ToString().StartsWith("application/json", StringComparison.OrdinalIgnoreCase);

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _clock.Time.GetUtcNow(),
        _ => null,
    };
}
