using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace EndToEnd.Tests.Llm;

/// <summary>Our generation service against <c>loadline llm</c>, each a process of its own: what users get when the model streams, is slow, fails, is full or breaks off.</summary>
public sealed partial class GenerationTests
{
    private const string Key = "dev-key-of-the-tests";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_answer_streams_token_by_token_with_the_models_own_count()
    {
        await using var run = await RunAsync(["--set", "llm.first-token=50ms", "--set", "llm.per-token=20ms", "--set", "llm.output-tokens=30"]);
        var events = await run.StreamAsync();
        var tokens = events.Where(e => e.Event == "token").ToList();
        Assert.Equal(["citations", .. Enumerable.Repeat("token", 30), "usage", "done"], events.Select(e => e.Event));
        Assert.Equal(30, events.First(e => e.Event == "usage").Data["usage"]!["completion_tokens"]!.GetValue<int>());
        Assert.Empty(events.First(e => e.Event == "usage").Data["degraded"]!.AsArray());
        // As they come: 29 times 20 ms lie between the first and the last, of which a buffer would leave nothing.
        Assert.InRange((tokens[^1].At - tokens[0].At).TotalMilliseconds, 300, 5000);
    }

    [Fact]
    public async Task A_whole_answer_and_OpenAIs_chat_come_from_the_model_as_well()
    {
        await using var run = await RunAsync(["--set", "llm.first-token=10ms", "--set", "llm.per-token=1ms", "--set", "llm.output-tokens=12"]);
        var answer = await run.PostAsync("query", """{"query":"What causes the tides?"}""");
        Assert.Equal(12, answer["usage"]!["completion_tokens"]!.GetValue<int>());
        var chat = await run.PostAsync("v1/chat/completions", """{"model":"x","max_tokens":5,"messages":[{"role":"user","content":"What pulls the sea?"}]}""");
        Assert.Equal(("length", 5), (chat["choices"]![0]!["finish_reason"]!.GetValue<string>(), chat["usage"]!["completion_tokens"]!.GetValue<int>()));
    }

    [Fact]
    public async Task A_slow_first_token_within_its_time_is_waited_for()
    {
        await using var run = await RunAsync(["--set", "llm.first-token=3s", "--set", "llm.per-token=1ms", "--set", "llm.output-tokens=5"]);
        var started = Stopwatch.GetTimestamp();
        var events = await run.StreamAsync();
        Assert.True(Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(2.9));
        Assert.Empty(events.First(e => e.Event == "usage").Data["degraded"]!.AsArray());
        Assert.Equal(5, events.Count(e => e.Event == "token"));
    }

    [Theory]
    [InlineData("llm.first-token=60s", "15s")] // a first token that is later than its time
    [InlineData("llm.failures=100%", "5s")] // HTTP 500 to each
    public async Task What_fails_before_the_first_token_is_answered_from_the_passages_and_said(string set, string within)
    {
        await using var run = await RunAsync(["--set", set.Split('=')[0] == "llm.first-token" ? set : "llm.first-token=10ms", "--set", set], firstTokenSeconds: 1);
        var started = Stopwatch.GetTimestamp();
        var answer = await run.PostAsync("query", """{"query":"What causes the tides?"}""");
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(int.Parse(within.TrimEnd('s'))));
        Assert.Contains("generation_unavailable", answer["degraded"]!.AsArray().Select(code => code!.GetValue<string>()));
        Assert.Contains("moon", answer["answer"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_full_model_is_answered_around()
    {
        await using var run = await RunAsync(["--set", "llm.first-token=20s", "--set", "llm.slots=1", "--set", "llm.queue=0"]);
        using var first = new CancellationTokenSource();
        var holding = run.StreamAsync(first.Token);
        await Eventually.Async(() => run.BusySlots() == 1, Patience, () => "the first question took no slot");
        var answer = await run.PostAsync("query", """{"query":"What pulls the sea?"}""");
        Assert.Contains("generation_unavailable", answer["degraded"]!.AsArray().Select(code => code!.GetValue<string>()));
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => holding);
        await Eventually.Async(() => run.BusySlots() == 0, Patience, () => "a client that went away kept the model busy");
    }

    [Fact]
    public async Task A_stream_that_is_cut_in_the_middle_goes_on_with_the_passages_sentences_and_says_so()
    {
        await using var run = await RunAsync(["--set", "llm.first-token=10ms", "--set", "llm.per-token=1ms", "--set", "llm.output-tokens=40", "--cut-streams", "1", "--cut-after", "7"]);
        var events = await run.StreamAsync();
        var usage = events.First(e => e.Event == "usage").Data;
        Assert.Equal(["generation_interrupted"], usage["degraded"]!.AsArray().Select(code => code!.GetValue<string>()));
        Assert.Equal("extractive", usage["model"]!.GetValue<string>());
        var texts = events.Where(e => e.Event == "token").Select(e => e.Data["text"]!.GetValue<string>()).ToList();
        Assert.Equal("\n\n", texts[7]); // the model's seven tokens, and then the passages' own sentences by themselves
        Assert.StartsWith("The moon causes the tides.", string.Concat(texts.Skip(8)));
        Assert.Equal("done", events[^1].Event);
    }

    private static async Task<Run> RunAsync(string[] llm, int firstTokenSeconds = 15)
    {
        var model = new LoadlineProcess(["llm", "--port", "0", .. llm]);
        try
        {
            await model.SaysAsync("listening on ", Patience);
            return await Run.StartAsync(model, new Uri(Listening().Match(model.Output).Groups[1].Value), firstTokenSeconds);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    [GeneratedRegex(@"listening on (\S+)")]
    private static partial Regex Listening();

    /// <summary>A model, and a RAG system that uses it.</summary>
    private sealed class Run : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly LoadlineProcess _model;
        private readonly Uri _llm;
        private RagServer? _rag;
        private HttpClient? _http;

        private Run(LoadlineProcess model, Uri llm) => (_model, _llm) = (model, llm);

        public static async Task<Run> StartAsync(LoadlineProcess model, Uri llm, int firstTokenSeconds)
        {
            var run = new Run(model, llm);
            var config = run._folder["rag.yaml"];
            await File.WriteAllTextAsync(config, $"generation:\n  first_token_seconds: {firstTokenSeconds}\n");
            run._rag = await RagServer.StartAsync(run._folder["data"], Key, "--llm", llm.ToString(), "--config", config);
            run._http = new HttpClient { BaseAddress = run._rag.Address, Timeout = Patience };
            run._http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
            using var added = await run._http.PostAsJsonAsync("documents", new JsonObject { ["id"] = "tides", ["title"] = "Tides", ["text"] = "The moon causes the tides. It pulls the sea twice a day, and harbours wait for it." });
            added.EnsureSuccessStatusCode();
            await Eventually.Async(
                () => run._http.GetStringAsync("documents/tides/status").Result.Contains("\"searchable\"", StringComparison.Ordinal), Patience, () => "the document did not become searchable");
            return run;
        }

        public async Task<JsonNode> PostAsync(string path, string body)
        {
            using var content = new StringContent(body, MediaTypeHeaderValue.Parse("application/json"));
            using var reply = await _http!.PostAsync(path, content);
            var text = await reply.Content.ReadAsStringAsync();
            Assert.True(reply.IsSuccessStatusCode, text);
            return JsonNode.Parse(text)!;
        }

        public async Task<List<(string Event, JsonNode Data, TimeSpan At)>> StreamAsync(CancellationToken cancellationToken = default)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "query") { Content = new StringContent("""{"query":"What causes the tides?","stream":true}""", MediaTypeHeaderValue.Parse("application/json")) };
            using var reply = await _http!.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            using var lines = new StreamReader(await reply.Content.ReadAsStreamAsync(cancellationToken));
            var (events, name, started) = (new List<(string, JsonNode, TimeSpan)>(), "", Stopwatch.GetTimestamp());
            while (await lines.ReadLineAsync(cancellationToken) is { } line)
                if (line.StartsWith("event: ", StringComparison.Ordinal))
                    name = line["event: ".Length..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                    events.Add((name, JsonNode.Parse(line["data: ".Length..])!, Stopwatch.GetElapsedTime(started)));
            return events;
        }

        /// <summary>As the model's own metrics say.</summary>
        public int BusySlots()
        {
            using var http = new HttpClient { BaseAddress = _llm };
            return int.Parse(Regex.Match(http.GetStringAsync("metrics").Result, @"^llm_busy_slots(?:\{[^}]*\})? (\d+)", RegexOptions.Multiline).Groups[1].Value);
        }

        public async ValueTask DisposeAsync()
        {
            _http?.Dispose();
            if (_rag is not null)
                await _rag.DisposeAsync();
            _model.Dispose();
            _folder.Dispose();
        }
    }
}
