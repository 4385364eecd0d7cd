using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rag.Errors;
using Rag.Gateway.Metering;
using Rag.Gateway.Shedding;
using Rag.Identity;
using Rag.Seams;
using Rag.Traces;

namespace Rag.Gateway;

/// <summary>Handles a request of a known caller. The token ends when the client goes or the time allowed is over.</summary>
internal delegate Task CallerHandler(HttpContext context, Caller caller, CancellationToken cancellationToken);

/// <summary>
/// What every request passes: (1) room, by class of work, before anything is spent on it, (2) who is it, (3) is it within its limit and its quota of the day, (4) the handler under a deadline, (5) errors made into responses, (6) one measurement, and the usage.
/// One class rather than a chain of middlewares: this is on the path of every request, and the order is the point.
/// </summary>
internal sealed partial class Gate(KnownCallers callers, UserLimits limits, DailyQuotas quotas, UsageMeter usage, GatewayOptions options, TimeProvider time, ILogger<Gate> log)
{
    private static readonly Meter Meter = new("Rag");

    private static readonly Histogram<double> Duration =
        Meter.CreateHistogram<double>("rag.http.request.duration", "s", "From the request's head to the response's end, streams included, by route and status (499: the client went)");

    private static readonly UpDownCounter<long> InFlight = Meter.CreateUpDownCounter<long>("rag.http.requests.in_flight", null, "Requests being worked on");

    private int _inFlight;

    private readonly LoadClass _answers = new("answers", options, time);
    private readonly LoadClass _rest = new("rest", options, time);

    /// <summary>A handler behind all six steps. Without an operation it counts as no usage, and passes when the day is used up.</summary>
    public RequestDelegate Guard(string method, string route, Face face, Work work, TimeSpan allowed, string? operation, CallerHandler handler)
    {
        var load = work == Work.Answer ? _answers : _rest;
        // A client can send an upload again; whoever waits for a search is a person.
        return Guard(new Stop(method, route, face, allowed, operation, load, load.Kind(Unnoticed(work)), work == Work.Upload ? 0.8 : 1), handler);
    }

    // Against objectives of 3 s for an answer and 10 s for an upload; what is short is part of a page that a person looks at.
    private static TimeSpan Unnoticed(Work work) => work switch
    {
        Work.Upload => TimeSpan.FromSeconds(1),
        Work.Short => TimeSpan.FromMilliseconds(250),
        _ => TimeSpan.FromMilliseconds(100),
    };

    private RequestDelegate Guard(Stop stop, CallerHandler handler) => context => RunAsync(context, stop, handler);

    /// <summary>A handler that anyone may call without limit, for machines that watch: errors become responses, nothing else.</summary>
    public static RequestDelegate Open(RequestDelegate handler) => async context =>
    {
        try
        {
            await handler(context).ConfigureAwait(false);
        }
        catch (RagException error) when (!context.Response.HasStarted)
        {
            await Reply.ErrorAsync(context, error, Face.Rag).ConfigureAwait(false);
        }
    };

    private async Task RunAsync(HttpContext context, Stop stop, CallerHandler handler)
    {
        var started = time.GetTimestamp();
        var status = 499;
        var room = Interlocked.Increment(ref _inFlight);
        InFlight.Add(1);
        RequestCourse? course = null;
        KnownCaller admitted = default;
        var span = RequestSpan.Begin(context, stop.Span, stop.Method, stop.Route);
        try
        {
            if (room > options.InFlight)
                throw new RagException(RagError.Overloaded, $"{options.InFlight} requests are being worked on already; try again later", TimeSpan.FromSeconds(1));
            course = new RequestCourse(context, stop.Load.Enter(stop.Kind, stop.Share));
            context.Features.Set(course);
            CallScope.Enter(time, stop.Allowed, Priority.Interactive);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            deadline.CancelAfter(stop.Allowed);
            CallScope.Enter(time, stop.Allowed, Priority.Interactive);
            var asked = time.GetTimestamp();
            var known = await AuthenticateAsync(context, deadline.Token).ConfigureAwait(false);
            var authenticated = time.GetElapsedTime(asked);
            var caller = known.Caller!;
            await LimitAsync(context, caller, deadline.Token).ConfigureAwait(false);
            if (stop.Operation is not null)
                quotas.Check(caller);
            admitted = known;
            GatewayMetrics.Passed(authenticated, time.GetElapsedTime(started) - authenticated);
            try
            {
                await handler(context, caller, deadline.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
            {
                throw new RagException(RagError.DeadlineExceeded, $"the request was not done within {stop.Allowed.TotalSeconds:0} s");
            }

            catch (RagException late) when (late.Error == RagError.DeadlineExceeded && !deadline.IsCancellationRequested)
            {
                // A part's own cap, not the request's time: asking again soon may well succeed.
                course.Failed(late);
                throw new RagException(RagError.Unavailable, late.Message, TimeSpan.FromSeconds(1), late);
            }

            status = context.Response.StatusCode;
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: nobody is there to be told.
        }
        catch (Exception error)
        {
            course?.Failed(error);
            span.Refused(error);
            status = await FailAsync(context, stop, error).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
            InFlight.Add(-1);
            course?.End(status);
            RequestSpan.End(span, status, course);
            if (admitted.Caller is { } user && stop.Operation is { } operation)
                usage.Add(user, admitted.Key, operation, course!.Used);
            Duration.Record(
                time.GetElapsedTime(started).TotalSeconds,
                new KeyValuePair<string, object?>("method", stop.Method),
                new KeyValuePair<string, object?>("route", stop.Route),
                new KeyValuePair<string, object?>("status", StatusText(status)));
        }
    }

    private async ValueTask<KnownCaller> AuthenticateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (ApiKey(context.Request.Headers) is not { } key)
            throw NoKey();
        var known = await callers.FindAsync(key, cancellationToken).ConfigureAwait(false);
        if (known.WithoutIdentity)
            RequestCourse.Of(context).Missing("identity_unavailable");
        return known.Caller is null ? throw NoKey() : known;
    }

    /// <summary>The key that came with a request, or null.</summary>
    public static string? ApiKey(IHeaderDictionary headers)
    {
        const string Scheme = "Bearer ";
        var authorization = headers.Authorization.ToString();
        if (authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return authorization[Scheme.Length..].Trim();
        var own = headers["X-API-Key"].ToString();
        return own.Length > 0 ? own : null;
    }

    /// <summary>What a caller without a valid key is told; the same for an absent, an unknown and a revoked one.</summary>
    public static RagException NoKey() => new(
        RagError.Unauthenticated, "expected a valid API key in 'Authorization: Bearer KEY' or 'X-API-Key: KEY'; make one with 'rag keys add USER'");

    // https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ : q quota, w window, r remaining, t seconds until the quota is whole.
    private async ValueTask LimitAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var (decision, shared) = await limits.TakeAsync(caller.User, caller.RequestsPerMinute, cancellationToken).ConfigureAwait(false);
        var headers = context.Response.Headers;
        if (!shared)
            RequestCourse.Of(context).Missing(UserLimits.Unavailable);
        headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"user\";q={caller.RequestsPerMinute};w=60");
        headers["RateLimit"] = string.Create(
            CultureInfo.InvariantCulture, $"\"user\";r={decision.Remaining};t={(int)Math.Ceiling(decision.Restored.TotalSeconds)}");
        if (!decision.Allowed)
            throw new RagException(
                RagError.Throttled, $"user '{caller.User}' is over its limit of {caller.RequestsPerMinute} requests a minute; wait as Retry-After says", decision.RetryAfter);
    }

    private async Task<int> FailAsync(HttpContext context, Stop stop, Exception error)
    {
        if (error is BadHttpRequestException bad) // Kestrel's own: over the size limit, cut off, too slow
            error = bad.StatusCode switch
            {
                413 => new RagException(RagError.TooLarge, $"the body is over its limit: {bad.Message}"),
                _ => new InvalidRequestException("", bad.Message),
            };
        if (error is InvalidOperationException { Source: "System.Text.Json.Rethrowable" }) // "\ud800": half a surrogate pair, found only when the text is read
            error = new InvalidRequestException("", "body: a text holds half of a surrogate pair, which is no character");
        if (error is not (RagException or InvalidRequestException))
            Failed(stop.Method, stop.Route, context.TraceIdentifier, error);
        if (context.Response.HasStarted)
        {
            // Too late for a status: cutting the connection is the only honest sign left.
            context.Abort();
            return 500;
        }

        await Reply.ErrorAsync(context, error, stop.Face).ConfigureAwait(false);
        return context.Response.StatusCode;
    }

    // Boxing and formatting a number per request for a label is waste: there are few statuses.
    private static readonly string[] StatusTexts = [.. Enumerable.Range(0, 600).Select(s => s.ToString(CultureInfo.InvariantCulture))];

    private static string StatusText(int status) => status < StatusTexts.Length ? StatusTexts[status] : "599";

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Route} failed, request {RequestId}")]
    private partial void Failed(string method, string route, string requestId, Exception error);

    private sealed record Stop(string Method, string Route, Face Face, TimeSpan Allowed, string? Operation, LoadClass Load, Baseline Kind, double Share)
    {
        public string Span { get; } = $"{Method} {Route}";
    }
}

/// <summary>What a route is to the door.</summary>
internal enum Work
{
    /// <summary>An answer in words: long, and limited by the LLM.</summary>
    Answer,

    /// <summary>Anything short that a person waits for.</summary>
    Short,

    /// <summary>An upload: gives way first.</summary>
    Upload,
}
