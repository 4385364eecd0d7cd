using System.Globalization;
using System.Text;
using Loadline.Plans;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Loadline.Llm;

/// <summary>Answers the requests of a simulated LLM server.</summary>
internal sealed class LlmApplication(LlmOptions options, TokenEngine engine, LlmMetrics metrics, TimeProvider time) : IHttpApplication<HttpContext>
{
    private const int MostTokens = 100_000;
    private const int MostSlots = 1_000_000;
    private static readonly TimeSpan SlowClientTimeout = TimeSpan.FromMinutes(5);
    private long _requests;

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(HttpContext context) => (context.Request.Path.Value, context.Request.Method) switch
    {
        ("/v1/chat/completions", "POST") => ChatAsync(context),
        ("/v1/models", "GET") => SendAsync(context, 200, "application/json", Encoding.UTF8.GetBytes(Models())),
        ("/health" or "/health/live" or "/health/ready", "GET") => SendAsync(context, 200, "application/json", "{\"status\":\"ok\"}"u8.ToArray()),
        ("/metrics", "GET") => SendAsync(context, 200, "text/plain; version=0.0.4; charset=utf-8",
            Encoding.UTF8.GetBytes(metrics.Render(engine.Busy, engine.Slots, engine.Queued, options.Model.Queue))),
        ("/admin/slots", "PUT") => SetSlotsAsync(context),
        ("/v1/chat/completions" or "/v1/models" or "/health" or "/metrics" or "/admin/slots", _) => RejectAsync(context, 405,
            $"{context.Request.Method} is not allowed on {context.Request.Path}.", null, "method_not_allowed"),
        _ => RejectAsync(context, 404, $"Unknown path {context.Request.Path}; this server has POST /v1/chat/completions, GET /v1/models, /health and /metrics, PUT /admin/slots.", null, "unknown_url"),
    };

    private async Task ChatAsync(HttpContext context)
    {
        if (await ReadAsync(context) is not { } request)
            return;
        var index = Interlocked.Increment(ref _requests);
        var random = RandomFor(index);
        var wanted = Math.Clamp((int)Math.Round(options.Model.OutputTokens.Sample(random)), 1, MostTokens);
        var tokens = Math.Min(wanted, request.MaxTokens ?? int.MaxValue);
        var reason = tokens < wanted ? "length" : "stop";
        var text = TokenText.Compose(request.Messages, tokens);
        metrics.PromptTokens(text.PromptTokens);

        var format = new OpenAiFormat($"chatcmpl-{options.Seed:x}-{index:x}", request.Model, time.GetUtcNow().ToUnixTimeSeconds(), request);
        var stream = request.Stream
            ? new StreamSink(context.Response, format, text, Encoding.UTF8.GetBytes(format.EndEvents(reason, request.IncludeUsage ? (text.PromptTokens, tokens) : null)))
            : null;
        var generation = new Generation(Draw(random, tokens, request.Stream), (ITokenSink?)stream ?? WholeSink.Instance, engine.Now);
        if (!engine.TrySubmit(generation))
        {
            context.Response.Headers.RetryAfter = engine.RetryAfterSeconds().ToString(CultureInfo.InvariantCulture);
            metrics.Request(RequestEnd.Refused);
            await SendAsync(context, 429, "application/json", OpenAiFormat.Error(
                $"All {engine.Slots} slots are busy and {options.Model.Queue} requests wait already; try again later.", "rate_limit_error", null, "rate_limit_exceeded"));
            return;
        }

        GenerationEnd end;
        using (context.RequestAborted.UnsafeRegister(static state =>
        {
            var (engine, generation) = ((TokenEngine, Generation))state!;
            engine.Cancel(generation);
        }, (engine, generation)))
            end = await generation.Completion;

        await EndAsync(context, end, generation, stream, () => format.Whole(text, tokens, reason), tokens);
    }

    private async Task SetSlotsAsync(HttpContext context)
    {
        const int longest = 16;
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var buffer = new char[longest];
        var read = await reader.ReadBlockAsync(buffer);
        if (!int.TryParse(buffer.AsSpan(0, read), NumberStyles.None, CultureInfo.InvariantCulture, out var slots) || slots is < 1 or > MostSlots)
        {
            await RejectAsync(context, 400, $"The body is the number of slots, 1–{MostSlots}, and nothing else.", null, null);
            return;
        }

        engine.Slots = slots;
        await SendAsync(context, 200, "application/json", Encoding.UTF8.GetBytes($"{{\"slots\":{slots}}}"));
    }

    private async Task EndAsync(HttpContext context, GenerationEnd end, Generation generation, StreamSink? stream, Func<byte[]> whole, int tokens)
    {
        switch (end)
        {
            case GenerationEnd.Finished when stream is null:
                metrics.Request(RequestEnd.Ok);
                await SendAsync(context, 200, "application/json", whole());
                break;
            case GenerationEnd.Finished:
                // The slot is free already: an LLM generates whether or not its client reads.
                using (var slow = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted))
                {
                    slow.CancelAfter(SlowClientTimeout);
                    try
                    {
                        await stream.DrainAsync(generation.Written, tokens, slow.Token);
                        metrics.Request(RequestEnd.Ok);
                    }
                    catch (OperationCanceledException)
                    {
                        metrics.Request(RequestEnd.Cancelled);
                        context.Abort();
                    }
                }
                break;
            case GenerationEnd.Failed:
                metrics.Request(RequestEnd.Failed);
                await SendAsync(context, 500, "application/json", OpenAiFormat.Error("The model failed, as its plan's failure share asks.", "server_error", null, "simulated_failure"));
                break;
            case GenerationEnd.Cut:
                metrics.Request(RequestEnd.Cut);
                context.Abort();
                break;
            default:
                metrics.Request(RequestEnd.Cancelled);
                context.Abort();
                break;
        }
    }

    private async Task<ChatRequest?> ReadAsync(HttpContext context)
    {
        try
        {
            var reader = context.Request.BodyReader;
            while (true)
            {
                var read = await reader.ReadAsync(context.RequestAborted);
                if (!read.IsCompleted)
                {
                    reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    continue;
                }
                var request = ChatRequest.Read(read.Buffer, options.ModelName, out var problem);
                reader.AdvanceTo(read.Buffer.End);
                if (request is null)
                    await RejectAsync(context, 400, problem.Message, problem.Parameter, null);
                return request;
            }
        }
        catch (BadHttpRequestException exception)
        {
            await RejectAsync(context, exception.StatusCode, exception.Message, null, null);
            return null;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            metrics.Request(RequestEnd.Cancelled);
            context.Abort();
            return null;
        }
    }

    private GenerationDraw Draw(Random random, int tokens, bool streamed)
    {
        var model = options.Model;
        var fails = random.NextDouble() < model.Failures;
        var cut = streamed && random.NextDouble() < options.CutStreams && options.CutAfterTokens < tokens;
        var first = Ticks(model.FirstToken, random);
        Func<long> gap;
        if (options.PerTokenDraw == PerTokenDraw.EachRequest)
        {
            var fixedGap = Ticks(model.PerToken, random);
            gap = () => fixedGap;
        }
        else
        {
            gap = () => Ticks(model.PerToken, random);
        }
        return new(first, tokens, gap, fails, cut ? options.CutAfterTokens : int.MaxValue);
    }

    private static long Ticks(Distribution seconds, Random random) =>
        (long)Math.Clamp(seconds.Sample(random) * TimeSpan.TicksPerSecond, 0, TimeSpan.TicksPerHour);

    private Random RandomFor(long index)
    {
        // SplitMix64's finalizer: neighbouring requests get unrelated seeds.
        var mixed = options.Seed + (ulong)index * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return new Random((int)((mixed ^ (mixed >> 31)) & int.MaxValue));
    }

    private string Models()
    {
        var name = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(options.ModelName);
        return $"{{\"object\":\"list\",\"data\":[{{\"id\":\"{name}\",\"object\":\"model\",\"created\":0,\"owned_by\":\"loadline\"}}]}}";
    }

    private Task RejectAsync(HttpContext context, int status, string message, string? parameter, string? code)
    {
        metrics.Request(RequestEnd.Invalid);
        return SendAsync(context, status, "application/json", OpenAiFormat.Error(message, "invalid_request_error", parameter, code));
    }

    private static Task SendAsync(HttpContext context, int status, string type, byte[] body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        return context.Response.BodyWriter.WriteAsync(body).AsTask();
    }
}
