using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Loadline.Traces;
using Xunit;

namespace EndToEnd.Tests.Traces;

/// <summary>A RAG system in one of its shapes, with its spans going to a receiver of the test's own.</summary>
internal sealed class TracedSystem : IAsyncDisposable
{
    private const string Key = "key-key-key-key-key";
    private const string Listening = "listening on ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly List<Process> _processes = [];
    private readonly List<string> _lines = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Dictionary<string, string> _environment = [];

    public OtlpReceiver Receiver { get; private set; } = null!;

    /// <summary>All that the processes said on standard error.</summary>
    public IReadOnlyList<string> Log
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    /// <summary><c>rag serve</c>, <c>rag serve --services</c> three times, or <c>rag up</c>.</summary>
    public static async Task<TracedSystem> StartAsync(string shape, Dictionary<string, string>? more = null)
    {
        var system = new TracedSystem { Receiver = await OtlpReceiver.StartAsync(default) };
        system._environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = system.Receiver.Endpoint.ToString();
        system._environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        system._environment["OTEL_BSP_SCHEDULE_DELAY"] = "100";
        system._environment["OTEL_TRACES_SAMPLER"] = "parentbased_always_off";
        foreach (var (name, value) in more ?? [])
            system._environment[name] = value;
        await system.RunAsync(shape);
        return system;
    }

    /// <summary>Sends a request in a trace of its own.</summary>
    /// <returns>The trace's id, the caller's span's, and the answer.</returns>
    public async Task<(string Trace, string Span, HttpResponseMessage Answer)> SendAsync(string path, JsonObject body, bool sampled = true, string? key = Key)
    {
        var (trace, span) = (ActivityTraceId.CreateRandom().ToHexString(), ActivitySpanId.CreateRandom().ToHexString());
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("traceparent", $"00-{trace}-{span}-0{(sampled ? 1 : 0)}");
        request.Headers.Authorization = new("Bearer", key);
        return (trace, span, await _http.SendAsync(request));
    }

    /// <summary>Asks, each time in a trace of its own, until an answer does without nothing.</summary>
    /// <remarks>On a busy machine a first call, which is compiled first, may take longer than a call between services may: the answer says so honestly, and that is not what traces are tested for.</remarks>
    /// <returns>The last trace's id and the caller's span's.</returns>
    public async Task<(string Trace, string Span)> AskAsync(string question)
    {
        var watch = Stopwatch.StartNew();
        for (var asked = 1; ; asked++, await Task.Delay(100))
        {
            // In other words each time: an answer from the cache has no search and no generation below it.
            var (trace, span, answer) = await SendAsync("query", new JsonObject { ["query"] = asked == 1 ? question : $"{question} Asked {asked} times." });
            var text = await answer.Content.ReadAsStringAsync();
            if (answer.IsSuccessStatusCode && JsonNode.Parse(text)!["degraded"]!.AsArray().Count == 0)
                return (trace, span);
            Assert.True(watch.Elapsed < Patience, text);
        }
    }

    /// <summary>Waits until a document is searchable; asks in no trace.</summary>
    public async Task SearchableAsync(string id)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"documents/{id}/status");
            request.Headers.Authorization = new("Bearer", Key);
            using var answer = await _http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            // On a busy machine a first call may be refused for the time that it takes.
            if (answer.IsSuccessStatusCode && JsonNode.Parse(text)!["status"]!.GetValue<string>() == "searchable")
                return;
            Assert.True(watch.Elapsed < Patience, $"{id}: {text}");
            await Task.Delay(50);
        }
    }

    /// <summary>A trace's spans, as soon as all of some names are among them and each hangs on another.</summary>
    public async Task<IReadOnlyList<TraceSpan>> TreeAsync(string trace, string caller, params string[] names)
    {
        IReadOnlyList<TraceSpan> spans = [];
        await Eventually.Async(
            () =>
            {
                spans = Receiver.Of(new HashSet<string> { trace }).SingleOrDefault()?.Spans ?? [];
                return names.All(name => spans.Any(span => span.Name == name)) && Loose(spans, caller).Count == 1;
            },
            TimeSpan.FromSeconds(15),
            () => $"the tree is not whole. Loose: {string.Join(", ", Loose(spans, caller).Select(span => span.Name))}. Missing: {string.Join(", ", names.Where(name => spans.All(span => span.Name != name)))}\n"
                + string.Join('\n', spans.Select(span => $"{span.SpanId} under {span.ParentId} {span.Service}: {span.Name}")));
        Assert.Equal(caller, Loose(spans, caller).Single().ParentId);
        return spans;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _http.Dispose();
        await Receiver.DisposeAsync();
        _folder.Dispose();
    }

    private static List<TraceSpan> Loose(IReadOnlyList<TraceSpan> spans, string caller)
    {
        var known = spans.Select(span => span.SpanId).ToHashSet();
        return [.. spans.Where(span => span.ParentId == caller || span.ParentId is null || !known.Contains(span.ParentId))];
    }

    private async Task RunAsync(string shape)
    {
        switch (shape)
        {
            case "serve":
                _http.BaseAddress = await StartAsync("serve", "--data", _folder["data"], "--dev-key", Key);
                return;
            case "up":
                _http.BaseAddress = await StartAsync("up", "--data", _folder["data"], "--dev-key", Key);
                return;
        }

        var (stores, indexes) = ($"unix:{_folder["a.sock"]}", $"unix:{_folder["b.sock"]}");
        string[] stored = ["identity", "documents", "caching"], indexed = ["embedding", "vectors", "keywords", "reranking", "search", "query", "generation"];
        await StartAsync(["serve", "--services", string.Join(',', stored), "--grpc", stores, "--data", _folder["stores"], "--dev-key", Key]);
        await StartAsync(["serve", "--services", string.Join(',', indexed), "--grpc", indexes, "--data", _folder["indexes"], .. Peers(["documents", "caching"], stores)]);
        _http.BaseAddress = await StartAsync(["serve", "--services", "gateway,ingestion", "--data", _folder["gateway"], .. Peers(stored, stores), .. Peers(indexed, indexes)]);

        static IEnumerable<string> Peers(string[] services, string address) => services.SelectMany(service => new[] { "--peer", $"{service}={address}" });
    }

    private async Task<Uri> StartAsync(params string[] arguments)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [Binaries.Rag, .. arguments, "--urls", "http://127.0.0.1:0"]) { RedirectStandardOutput = true, RedirectStandardError = true },
            EnableRaisingEvents = true,
        };
        foreach (var (name, value) in _environment)
            process.StartInfo.Environment[name] = value;
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, e) =>
        {
            if (e.Data?.StartsWith(Listening, StringComparison.Ordinal) == true)
                listening.TrySetResult(new Uri(e.Data[Listening.Length..]));
        };
        process.ErrorDataReceived += (_, e) =>
        {
            lock (_lines)
                if (e.Data is not null && _lines.Count < 500_000)
                    _lines.Add(e.Data);
        };
        process.Exited += (_, _) => listening.TrySetException(new InvalidOperationException("rag ended before it listened"));
        process.Start();
        _processes.Add(process);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            return await listening.Task.WaitAsync(Patience);
        }
        catch (Exception error) when (error is TimeoutException or InvalidOperationException)
        {
            throw new InvalidOperationException($"rag did not start; it said:\n{string.Join('\n', Log)}", error);
        }
    }
}
