using System.Collections.Concurrent;
using System.Text.Json;
using Loadline.Targets;
using Loadline.Tests.Wire;
using Loadline.Users;
using Loadline.Users.Feeds;
using Loadline.Wire;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Loadline.Tests.Users;

/// <summary>Keys, corpus and a short load through the shipped profile, against a small server that speaks our API.</summary>
public class TargetSetupTests
{
    private static readonly TargetProfile Rag = TargetProfileReader.ReadFile(Path.Combine(Targets.TargetProfileReaderTests.Profiles, "rag.yaml"));

    [Fact]
    public async Task Keys_corpus_and_load_work_through_our_own_profile()
    {
        var rag = new SmallRag { ThrottleEvery = 5 };
        await using var target = await TestTarget.StartAsync(rag.HandleAsync);
        var clock = new RunClock(TimeProvider.System);
        using var wire = Wire(target.Address, clock);
        var keys = await UserKeys.ObtainAsync(Rag, wire, 7, "admin", _ => null, default);
        Assert.Equal(Enumerable.Range(0, 7).Select(user => $"key-of-u{user}"), keys);

        var plan = TestPlan.Of(TestPlan.Load(7, 0.1, 0.8, 0.1, 0.02, ("query", 2), ("search", 1), ("upload", 1), ("status", 1)) with { Stream = 0.5, Watch = 1 }, TestPlan.Data with { Documents = 40 });
        var last = default(SeedProgress);
        var seeder = new CorpusSeeder(Rag, wire, keys, new DataFeed(plan.Data, plan.Seed), clock);
        Assert.Null(await seeder.SeedAsync(40, new Callback(progress => last = progress.Searchable > last.Searchable ? progress : last), default));
        Assert.Equal(40, rag.Documents.Count);
        Assert.Equal(new SeedProgress(40, 40, 40), last);
        Assert.True(rag.Throttled > 0, "the target refused some uploads for a while");

        rag.ThrottleEvery = int.MaxValue;
        var sink = new KeptExchanges();
        var population = new UserPopulation(plan, Rag, keys, wire, sink, clock);
        await population.RunAsync(default);
        Assert.NotEmpty(sink.Exchanges);
        Assert.All(sink.Exchanges, exchange => Assert.True(exchange.Outcome == Outcome.Ok, $"{exchange.Operation} {exchange.Reason} {exchange.ResponseText}"));
        Assert.All(sink.Exchanges.Where(exchange => exchange.Operation is "query" or "search"), exchange => Assert.True(exchange.Correct));
        Assert.Contains(sink.Exchanges, exchange => exchange.TokenGaps is not null && exchange.Tokens == 2);
        Assert.Equal(sink.Exchanges.Count(exchange => exchange.Operation == "upload"), sink.Searchable.Count(watch => watch.Outcome == Outcome.Ok));
    }

    [Fact]
    public async Task A_wrong_admin_key_is_said_clearly()
    {
        await using var target = await TestTarget.StartAsync(new SmallRag().HandleAsync);
        using var wire = Wire(target.Address, new RunClock(TimeProvider.System));
        var e = await Assert.ThrowsAsync<TargetSetupException>(() => UserKeys.ObtainAsync(Rag, wire, 3, "wrong", _ => null, default));
        Assert.Contains("POST /admin/keys for 3 users ended with http_401: no such key; check that the target runs and that LOADLINE_ADMIN_KEY is its admin key", e.Message);
        var none = await Assert.ThrowsAsync<TargetSetupException>(() => UserKeys.ObtainAsync(Rag, wire, 3, null, _ => null, default));
        Assert.Contains("no such key; set the target's admin key in LOADLINE_ADMIN_KEY", none.Message);
    }

    [Fact]
    public async Task A_corpus_that_is_refused_for_good_is_not_tried_forever()
    {
        await using var target = await TestTarget.StartAsync(context =>
        {
            context.Response.StatusCode = 422;
            return context.Response.WriteAsync("text too short");
        });
        var clock = new RunClock(TimeProvider.System);
        using var wire = Wire(target.Address, clock);
        var seeder = new CorpusSeeder(Rag, wire, [], new DataFeed(TestPlan.Data, 1), clock) { Concurrency = 1 };
        var e = await Assert.ThrowsAsync<TargetSetupException>(() => seeder.SeedAsync(3, null, default));
        Assert.Contains("uploading document 'd0' ended with http_422 at try 1 of 20: text too short", e.Message);
    }

    [Fact]
    public async Task A_document_that_the_target_gives_up_ends_seeding_with_its_state()
    {
        await using var target = await TestTarget.StartAsync(new SmallRag { State = "failed" }.HandleAsync);
        var clock = new RunClock(TimeProvider.System);
        using var wire = Wire(target.Address, clock);
        var seeder = new CorpusSeeder(Rag, wire, ["admin"], new DataFeed(TestPlan.Data, 1), clock) { Concurrency = 1 };
        var e = await Assert.ThrowsAsync<TargetSetupException>(() => seeder.SeedAsync(1, null, default));
        Assert.Contains("document 'd0' was given up by the target (last state 'failed')", e.Message);
    }

    [Fact]
    public async Task Keys_come_from_the_environment_where_the_profile_says_so()
    {
        var profile = Rag with { Keys = new KeySource.Environment("RAG_KEYS") };
        Assert.Equal(["a", "b"], await UserKeys.ObtainAsync(profile, null!, 9, null, name => name == "RAG_KEYS" ? "a, b" : null, default));
        var e = await Assert.ThrowsAsync<TargetSetupException>(() => UserKeys.ObtainAsync(profile, null!, 9, null, _ => null, default));
        Assert.Equal("keys: environment variable RAG_KEYS holds no key; set RAG_KEYS to one or more keys, separated by commas", e.Message);
    }

    private static HttpWire Wire(Uri address, RunClock clock) => new(Rag, new WireOptions { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) }, clock);

    private sealed class Callback(Action<SeedProgress> report) : IProgress<SeedProgress>
    {
        public void Report(SeedProgress value)
        {
            lock (this)
                report(value);
        }
    }

    /// <summary>Finds a document by the name of its thing; searchable at the second poll.</summary>
    private sealed class SmallRag
    {
        private int _uploads;

        internal int ThrottleEvery { get; set; } = int.MaxValue;

        internal string State { get; init; } = "searchable";

        internal int Throttled;

        internal ConcurrentDictionary<string, (string Text, int Polls)> Documents { get; } = [];

        internal async Task HandleAsync(HttpContext context)
        {
            var path = context.Request.Path.Value!;
            if (context.Request.Headers.Authorization is var key && key != "Bearer admin" && !key.ToString().StartsWith("Bearer key-of-", StringComparison.Ordinal))
            {
                context.Response.StatusCode = 401;
                await context.Response.WriteAsync("no such key");
                return;
            }
            using var body = context.Request.Method == "POST" ? await JsonDocument.ParseAsync(context.Request.Body) : null;
            object answer;
            if (path == "/admin/keys")
                answer = new { keys = body!.RootElement.GetProperty("keys").EnumerateArray().Select(user => new { user = user.GetProperty("user").GetString(), key = "key-of-" + user.GetProperty("user").GetString() }) };
            else if (path == "/documents")
            {
                if (Interlocked.Increment(ref _uploads) % ThrottleEvery == 0)
                {
                    Interlocked.Increment(ref Throttled);
                    context.Response.StatusCode = 429;
                    return;
                }
                var id = body!.RootElement.GetProperty("id").GetString()!;
                Documents[id] = (body.RootElement.GetProperty("text").GetString()!, 0);
                context.Response.StatusCode = 202;
                answer = new { document_id = id, version = 1, status = "queued" };
            }
            else if (path.EndsWith("/status", StringComparison.Ordinal) && path.Length > 7)
            {
                var id = path.Split('/')[2];
                Documents.AddOrUpdate(id, _ => default, (_, document) => document with { Polls = document.Polls + 1 });
                answer = new { status = Documents[id].Polls < 2 ? "queued" : State };
            }
            else if (path == "/status")
                answer = new { };
            else
            {
                var thing = body!.RootElement.GetProperty("query").GetString()!.Split(' ')[^1].TrimEnd('?');
                var cited = Documents.Where(document => document.Value.Text.Contains(thing)).Select(document => new { document_id = document.Key }).ToList();
                if (path == "/search")
                    answer = new { results = cited, degraded = Array.Empty<string>() };
                else if (body.RootElement.GetProperty("stream").GetBoolean())
                {
                    context.Response.ContentType = "text/event-stream";
                    await context.Response.WriteAsync($"event: citations\ndata: {JsonSerializer.Serialize(cited)}\n\nevent: token\ndata: {{\"text\":\"It \"}}\n\nevent: token\ndata: {{\"text\":\"is.\"}}\n\nevent: done\ndata: {{}}\n\n");
                    return;
                }
                else
                    answer = new { answer = "It is.", citations = cited, usage = new { completion_tokens = 2 } };
            }
            await context.Response.WriteAsJsonAsync(answer);
        }
    }
}
