using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Loadline.Faults;
using Loadline.Runs;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Loadline.Live;

/// <summary>
/// Answers the live page's requests: <c>GET /</c> the page, <c>GET /events</c> what is new each second (server-sent events), <c>GET /report</c> the report once it is there,
/// <c>POST /pause</c>, <c>/resume</c>, <c>/stop</c>, <c>/lever</c>. Each needs the token; a change needs it in a header, which no other site's page can send, and a Host and
/// Origin that are this server's, so that no name that somebody points at loopback reaches it.
/// </summary>
internal sealed class LiveApplication(LiveSubject first, string? adminKey, string token, TimeProvider time) : IHttpApplication<HttpContext>, IDisposable
{
    /// <summary>The header in which a change brings the token.</summary>
    public const string TokenHeader = "X-Loadline-Token";

    /// <summary>The most pages that may be open at once.</summary>
    public const int MostReaders = 16;

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _nobody = Completed();
    private volatile LiveSubject _subject = first;
    private int _readers;

    /// <summary>Shows another run from now on: pages that are open load themselves anew.</summary>
    public void Show(LiveSubject subject) => _subject = subject;

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(HttpContext context)
    {
        var (request, headers) = (context.Request, context.Response.Headers);
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY";
        if (!IsOurs(request))
            return SayAsync(context, 403, "this server answers to its own address alone: open the one that loadline printed");
        var isChange = request.Method == "POST";
        var subject = _subject;
        var control = subject.Control;
        if (!IsToken(isChange ? request.Headers[TokenHeader] : request.Query["token"]))
            return SayAsync(context, 403, "the token is missing or wrong: open the address that loadline printed, with all of it");
        return (request.Method, request.Path.Value) switch
        {
            ("GET", "/") => SendAsync(context, "text/html; charset=utf-8", LivePage.Render(subject)),
            ("GET", "/events") => FollowAsync(context),
            ("GET", "/report") => ReportAsync(context, subject),
            ("POST", "/pause") => DoAsync(context, control?.Pause() == true, "there is no load to be paused: it has not begun, is over, is paused already, or is another process's"),
            ("POST", "/resume") => DoAsync(context, control?.Resume() == true, "the load is not paused"),
            ("POST", "/stop") => StopRunAsync(context, control),
            ("POST", "/lever") => PullLeverAsync(context, subject),
            _ => SayAsync(context, 404, "there is GET /, /events, /report and POST /pause, /resume, /stop, /lever"),
        };
    }

    /// <summary>Completes when no page is open, or when patience is over.</summary>
    public Task LastReaderAsync(TimeSpan patience)
    {
        lock (_gate)
            return Task.WhenAny(_nobody.Task, Task.Delay(patience, time));
    }

    /// <summary>Ends what pages are being sent.</summary>
    public void Close() => _closing.Cancel();

    public void Dispose() => _closing.Dispose();

    private static bool IsOurs(HttpRequest request)
    {
        var port = request.HttpContext.Connection.LocalPort.ToString(CultureInfo.InvariantCulture);
        var host = request.Headers.Host.ToString();
        if (host != $"127.0.0.1:{port}" && !string.Equals(host, $"localhost:{port}", StringComparison.OrdinalIgnoreCase))
            return false;
        return request.Headers.Origin is not [{ } origin] || string.Equals(origin, $"http://{host}", StringComparison.OrdinalIgnoreCase);
    }

    private bool IsToken(string? given) => given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(token));

    private async Task FollowAsync(HttpContext context)
    {
        if (!Enter())
        {
            await SayAsync(context, 503, $"{MostReaders} pages are open already; close one").ConfigureAwait(false);
            return;
        }
        try
        {
            context.Response.ContentType = "text/event-stream";
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, context.RequestAborted);
            var subject = _subject;
            var feed = new RunFeed(subject.Folder, time);
            using var timer = new PeriodicTimer(Beat, time);
            do
            {
                while (!feed.IsOver)
                {
                    await context.Response.WriteAsync($"data: {feed.Next(subject.Control)}\n\n", ending.Token).ConfigureAwait(false);
                    if (!feed.HasMore)
                        break;
                }
                await context.Response.Body.FlushAsync(ending.Token).ConfigureAwait(false);
            }
            while (!(feed.IsOver && subject.IsLast) && subject == _subject && await timer.WaitForNextTickAsync(ending.Token).ConfigureAwait(false));
            if (subject != _subject)
                await context.Response.WriteAsync("event: next\ndata: {}\n\n", ending.Token).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is OperationCanceledException or IOException)
        {
            // The page was closed, or the server is; a folder that can't be read for a moment is read again when the page asks again.
        }
        finally
        {
            Leave();
        }
    }

    private static Task ReportAsync(HttpContext context, LiveSubject subject)
    {
        var path = Path.Combine(subject.Folder, RunFolder.Report);
        return File.Exists(path)
            ? SendAsync(context, "text/html; charset=utf-8", File.ReadAllText(path))
            : SayAsync(context, 404, "there is no report yet: it is written when the run is over");
    }

    private static Task StopRunAsync(HttpContext context, RunControl? control)
    {
        control?.Stop();
        return DoAsync(context, control is not null, "the run is another process's: stop it there");
    }

    private async Task PullLeverAsync(HttpContext context, LiveSubject subject)
    {
        var lever = new FaultLever(subject.Folder, adminKey, time);
        try
        {
            await lever.PullAsync(_closing.Token).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            await SayAsync(context, 500, $"the lever can't be pulled: {problem.Message}").ConfigureAwait(false);
            return;
        }
        await DoAsync(context, lever.Unfinished == 0, $"{lever.Unfinished} faults could not be undone: {string.Join("; ", lever.Show())}").ConfigureAwait(false);
    }

    private static Task DoAsync(HttpContext context, bool done, string otherwise)
    {
        if (!done)
            return SayAsync(context, 409, otherwise);
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private static Task SayAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return SendAsync(context, "text/plain; charset=utf-8", text);
    }

    private static Task SendAsync(HttpContext context, string type, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, 0, bytes.Length);
    }

    private bool Enter()
    {
        lock (_gate)
        {
            if (_readers >= MostReaders)
                return false;
            if (_readers++ == 0)
                _nobody = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }

    private void Leave()
    {
        lock (_gate)
            if (--_readers == 0)
                _nobody.TrySetResult();
    }

    private static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }
}
