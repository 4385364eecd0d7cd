using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>
/// The wire on .NET's own client, for HTTP/2, proxies, and whatever else <see cref="Lean.LeanWire"/> doesn't speak: one shared handler, no cookies, no redirects, no
/// decompression, nothing that a user didn't ask for.
/// </summary>
public sealed class HttpWire : IWire
{
    private const int ReadBytes = 8 * 1024;

    private readonly HttpMessageInvoker _invoker;
    private readonly WireOptions _options;
    private readonly RunClock _clock;
    private readonly TargetProfile _profile;
    private readonly IntakeShared _shared;
    private readonly Version _version;
    private readonly ConcurrentDictionary<RequestProfile, (Uri? Uri, MediaTypeHeaderValue Type)> _endpoints = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentBag<AnswerIntake> _intakes = [];

    /// <summary>A wire to one target.</summary>
    /// <exception cref="TransportException">A certificate or a secret that the profile names isn't there.</exception>
    public HttpWire(TargetProfile profile, WireOptions options, RunClock clock)
    {
        _profile = profile;
        _options = options;
        _clock = clock;
        _shared = new IntakeShared(profile, options, clock);
        _version = profile.Protocol == TargetProtocol.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        var proxy = profile.Transport.Proxy;
        var handler = new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            UseProxy = proxy is not null,
            Proxy = proxy is null ? null : new WebProxy(proxy.Url) { Credentials = CredentialsOf(proxy) },
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            // Idle connections stay: a user that thinks must not pay for a new one.
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            MaxConnectionsPerServer = Math.Max(1, options.Connections),
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = options.ConnectTimeout,
            Expect100ContinueTimeout = TimeSpan.Zero,
        };
        // Over what it is given the handler begins TLS itself.
        if (options.Through is { } through)
            handler.ConnectCallback = (_, stop) => ConnectAsync(through, null, stop);
        if (options.BaseAddress.Scheme == Uri.UriSchemeHttps)
        {
            var tls = TlsOptions.Of(profile.Transport.Tls, options.BaseAddress, [_version == HttpVersion.Version20 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11]);
            handler.SslOptions = tls;
            // The handler asks for the URL's host whatever its options say, unless TLS has begun already.
            if (profile.Transport.Tls?.ServerName is not null)
                handler.ConnectCallback = (context, stop) => ConnectAsync(options.Through ?? (EndPoint)context.DnsEndPoint, tls, stop);
        }
        _invoker = new HttpMessageInvoker(handler);
    }

    /// <inheritdoc/>
    public async ValueTask<WireReply> SendAsync(WireRequest request, Exchange exchange, CancellationToken stop)
    {
        if (!_intakes.TryTake(out var intake))
            intake = new AnswerIntake(_shared);
        intake.Begin(request, exchange);
        var template = intake.Template;
        using var body = new PooledBuffer(template.Body is null ? 0 : 2048);
        template.Body?.Write(body, request.Values);
        using var message = Compose(template, request, body);
        exchange.BytesSent = body.Length;

        using var deadline = new CancellationTokenSource(request.Timeout ?? _options.Timeout, _clock.Time);
        using var stopping = stop.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
        exchange.Sent = _clock.Now;
        var step = BodyStep.More;
        try
        {
            using var response = await _invoker.SendAsync(message, deadline.Token).ConfigureAwait(false);
            intake.Head((int)response.StatusCode, IsJson(response), RetryAfterOf(response), _clock.Now);
            var source = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            using var buffer = new PooledBuffer(ReadBytes);
            var memory = buffer.GetMemory(ReadBytes);
            int count;
            while (step == BodyStep.More && (count = await source.ReadAsync(memory, deadline.Token).ConfigureAwait(false)) > 0)
                step = intake.Take(memory.Span[..count], _clock.Now);
            if (step == BodyStep.More)
                intake.EndOfBody(_clock.Now);
            else if (step == BodyStep.Drain)
                await DrainAsync(source, memory, deadline).ConfigureAwait(false);
            foreach (var capture in request.Operation.HeaderCaptures)
                Capture(capture, response, intake);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException or SocketException)
        {
            if (stop.IsCancellationRequested)
                return default;
            if (e is OperationCanceledException && deadline.IsCancellationRequested)
                intake.TimeOut();
            else
                intake.Break(FailureClassifier.BeforeHead(e), FailureClassifier.InBody(e));
        }
        var reply = intake.Conclude(body.Written);
        intake.Release();
        _intakes.Add(intake);
        return reply;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _invoker.Dispose();
        while (_intakes.TryTake(out var intake))
            intake.Dispose();
    }

    private HttpRequestMessage Compose(RequestProfile template, WireRequest request, PooledBuffer body)
    {
        var (uri, type) = _endpoints.GetOrAdd(template, Endpoint);
        var message = new HttpRequestMessage(template.Method, uri ?? _shared.AddressOf(template, request.Values))
        {
            Version = _version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (template.Body is not null)
            message.Content = new RequestBody(body.WrittenMemory, type);
        if (request.Authorization is { } authorization && _profile.Auth is { } auth && !template.Has(auth.Header))
            message.Headers.TryAddWithoutValidation(auth.Header, authorization);
        if (request.Trace is { } trace && !template.Has(TraceParent.Header))
            message.Headers.TryAddWithoutValidation(TraceParent.Header, trace.ToString());
        foreach (var (name, value) in template.Headers)
            message.Headers.TryAddWithoutValidation(name, value.Fill(request.Values));
        return message;
    }

    private (Uri?, MediaTypeHeaderValue) Endpoint(RequestProfile template) =>
        (template.Path.IsConstant ? _shared.AddressOf(template, new TemplateValues()) : null,
            MediaTypeHeaderValue.Parse(template.ContentType.Length == 0 ? "application/json" : template.ContentType));

    private static async ValueTask<Stream> ConnectAsync(EndPoint address, SslClientAuthenticationOptions? tls, CancellationToken stop)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, stop).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return tls is null ? stream : await TlsHandshake.OverAsync(stream, tls, stop).ConfigureAwait(false);
        }
        catch (AuthenticationException e)
        {
            throw new HttpRequestException(HttpRequestError.SecureConnectionError, e.Message, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async ValueTask DrainAsync(Stream source, Memory<byte> buffer, CancellationTokenSource deadline)
    {
        try
        {
            // Most often the end is there already, and no timer is touched.
            var read = source.ReadAsync(buffer, deadline.Token);
            if (!read.IsCompleted)
                deadline.CancelAfter(_options.DrainLimit);
            var drained = 0;
            while (await read.ConfigureAwait(false) is > 0 and var count && (drained += count) < _options.MaxEventBytes)
                read = source.ReadAsync(buffer, deadline.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException)
        {
            // The answer is whole; only the connection is lost.
        }
    }

    private static void Capture(HeaderCapture capture, HttpResponseMessage response, AnswerIntake intake)
    {
        if (capture.Header is { } header)
        {
            if (response.Headers.TryGetValues(header, out var values) || response.Content.Headers.TryGetValues(header, out values))
                intake.Capture(capture.Variable, values.First());
        }
        else if (response.Headers.TryGetValues("Set-Cookie", out var cookies))
        {
            // RFC 6265, section 4.1.1: name=value, then attributes after semicolons.
            foreach (var cookie in cookies)
                if (cookie.Split(';')[0].Split('=', 2) is [var name, var value] && name.Trim() == capture.Cookie)
                    intake.Capture(capture.Variable, value.Trim());
        }
    }

    private static bool IsJson(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var types) && types.ToString().StartsWith("application/json", StringComparison.OrdinalIgnoreCase);

    private TimeSpan? RetryAfterOf(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("Retry-After", out var values) ? RetryAfter.Parse(values.ToString(), _clock) : null;

    private static NetworkCredential? CredentialsOf(ProxyProfile proxy) =>
        proxy.User is null ? null : new NetworkCredential(proxy.User, proxy.Password?.Read("proxy.password") ?? "");
}
