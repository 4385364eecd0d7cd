using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EndToEnd.Tests.Runs.Defects;

/// <summary>
/// A small RAG service, over real HTTP, with one thing wrong with it. Under a fault, which lasts while a file is there, it answers questions without a part and says so.
/// </summary>
internal sealed class DefectiveRag : IAsyncDisposable
{
    private const int Pieces = 5, Tokens = 8;
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(8);

    private readonly Defect _defect;
    private readonly string _fault;
    private readonly TimeProvider _time;
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, long> _documents = new();
    private readonly int[] _counts = new int[4];
    private long _faultSeen;
    private bool _faultOver;
    private long _second, _askedInSecond;

    private DefectiveRag(Defect defect, string fault, TimeProvider time)
    {
        (_defect, _fault, _time) = (defect, fault, time);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/query", QueryAsync);
        _app.MapPost("/documents", UploadAsync);
        _app.MapGet("/documents/{id}/status", DocumentAsync);
        _app.MapGet("/status", StatusAsync);
    }

    /// <summary>How to speak to it: a target's profile, as Loadline reads it.</summary>
    public string Profile => $$"""
        name: defective
        about: a small RAG service with something wrong with it
        url: {{_app.Urls.First()}}
        protocol: http1
        keys: none
        operations:
          query:
            request: POST /query
            body: '{"query": {{"{{question}}"}}}'
            ok: [200]
            stream:
              framing: sse
              delta: { event: token, path: $.text }
              end: { event: done }
              tokens: { event: usage, path: $.tokens }
              degraded: { event: usage, path: "$.degraded[*]" }
          upload:
            request: POST /documents
            body: '{"id": {{"{{document.id}}"}}, "text": {{"{{document.text}}"}}}'
            ok: [202]
            answer: { id: $.id, required: $.id }
            searchable:
              request: GET /documents/{{"{{document.id}}"}}/status
              state: $.status
              done: [searchable]
              failed: [failed]
              poll: 100ms..300ms
              limit: 10s
          status:
            request: GET /status
            ok: [200]
        """;

    /// <summary>Starts it on a free port of loopback.</summary>
    /// <param name="defect">What is wrong with it.</param>
    /// <param name="fault">The file that is there while the fault lasts.</param>
    /// <param name="time">The clock.</param>
    public static async Task<DefectiveRag> StartAsync(Defect defect, string fault, TimeProvider time)
    {
        var rag = new DefectiveRag(defect, fault, time);
        await rag._app.StartAsync();
        return rag;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private enum Part
    {
        Before,
        Under,
        After,
    }

    // Seen by whoever asks: requests come many times a second.
    private Part Now()
    {
        if (File.Exists(_fault))
        {
            Interlocked.CompareExchange(ref _faultSeen, _time.GetTimestamp(), 0);
            return Part.Under;
        }
        if (Volatile.Read(ref _faultSeen) == 0)
            return Part.Before;
        Volatile.Write(ref _faultOver, true);
        return Part.After;
    }

    private async Task QueryAsync(HttpContext context)
    {
        var part = Now();
        if (_defect == Defect.TightLimit && IsAboveLimit())
        {
            context.Response.Headers.RetryAfter = "1";
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return;
        }
        if (_defect == Defect.SlowQuestions && part == Part.Before && Count(0) is var question && question % 2 == 0 && question <= 700)
            await DelayAsync(TimeSpan.FromSeconds(4), context);
        var degraded = part == Part.Under || (_defect == Defect.StaysDegraded && part == Part.After);
        if (_defect == Defect.SlowFallback && degraded)
            await DelayAsync(TimeSpan.FromSeconds(1.5), context);

        var gap = _defect == Defect.SlowTokens && part != Part.After ? TimeSpan.FromMilliseconds(250) : Gap;
        context.Response.ContentType = "text/event-stream";
        for (var piece = 0; piece < Pieces; piece++)
        {
            if (piece > 0)
                await DelayAsync(gap, context);
            await context.Response.WriteAsync("event: token\ndata: {\"text\": \"deep \"}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
        await context.Response.WriteAsync($"event: usage\ndata: {{\"tokens\": {Tokens}, \"degraded\": [{(degraded ? "\"vectors\"" : "")}]}}\n\nevent: done\ndata: {{}}\n\n", context.RequestAborted);
    }

    private async Task UploadAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var id = body.RootElement.GetProperty("id").GetString()!;
        var part = Now();
        if (_defect == Defect.SlowUploads && part == Part.Before && Count(1) <= 90)
            await DelayAsync(TimeSpan.FromSeconds(10.6), context);
        var takes = _defect == Defect.DammedQueue && part != Part.Before ? TimeSpan.FromSeconds(3) : TimeSpan.Zero;
        _documents[id] = _time.GetTimestamp() + (long)(takes.TotalSeconds * _time.TimestampFrequency);
        await AnswerAsync(context, StatusCodes.Status202Accepted, JsonSerializer.Serialize(new { id }));
    }

    private Task DocumentAsync(HttpContext context, string id) =>
        AnswerAsync(context, StatusCodes.Status200OK, _documents.TryGetValue(id, out var at) && at <= _time.GetTimestamp() ? """{"status": "searchable"}""" : """{"status": "processing"}""");

    private async Task StatusAsync(HttpContext context)
    {
        var part = Now();
        if (_defect == Defect.HeldUp && part != Part.After)
            for (int waited = 0, tenths = 20 + (Count(1) * 37 % 60); waited < tenths && !Volatile.Read(ref _faultOver) && Now() != Part.After; waited++)
                await DelayAsync(TimeSpan.FromMilliseconds(100), context);
        var hangs = _defect == Defect.NoBreaker && part == Part.Under && HangsNow();
        if (_defect == Defect.NoBreaker && part == Part.Under && _time.GetElapsedTime(Volatile.Read(ref _faultSeen)) > TimeSpan.FromSeconds(3.5))
            await DelayAsync(TimeSpan.FromSeconds(hangs ? 1.15 : 2), context);
        var everyOther = _defect switch { Defect.SomeFailures => 100, Defect.ManyFailures => 12, _ => int.MaxValue };
        var fails = hangs || (part != Part.After && Count(2) % everyOther == 0);
        await AnswerAsync(context, fails ? StatusCodes.Status500InternalServerError : StatusCodes.Status200OK, """{"status": "fine"}""");
    }

    private int Count(int what) => Interlocked.Increment(ref _counts[what]);

    private bool HangsNow()
    {
        var into = _time.GetElapsedTime(Volatile.Read(ref _faultSeen)) - TimeSpan.FromSeconds(5.3);
        var step = 1 + (int)Math.Floor(into / TimeSpan.FromMilliseconds(40));
        // The first of each step.
        return Volatile.Read(ref _counts[3]) is var last && step is > 0 and <= 9 && step > last && Interlocked.CompareExchange(ref _counts[3], step, last) == last;
    }

    private bool IsAboveLimit()
    {
        var second = _time.GetTimestamp() / _time.TimestampFrequency;
        if (Interlocked.Exchange(ref _second, second) != second)
            Interlocked.Exchange(ref _askedInSecond, 0);
        return Interlocked.Increment(ref _askedInSecond) > 300;
    }

    private Task DelayAsync(TimeSpan time, HttpContext context) => Task.Delay(time, _time, context.RequestAborted);

    private static Task AnswerAsync(HttpContext context, int status, string json)
    {
        (context.Response.StatusCode, context.Response.ContentType) = (status, "application/json");
        return context.Response.WriteAsync(json, context.RequestAborted);
    }
}
