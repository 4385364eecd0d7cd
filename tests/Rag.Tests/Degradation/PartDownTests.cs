using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rag.Documents;
using Rag.Embedding;
using Rag.Gateway;
using Rag.Keywords;
using Rag.Reranking;
using Rag.Seams;
using Rag.Seams.Faults;
using Rag.Tests.Contracts;
using Rag.Vectors;
using Xunit;
using Tenant = Rag.Tests.Contracts.Tenant;

namespace Rag.Tests.Degradation;

/// <summary>The whole system in one host with the closer look switched on, and circuits that stay closed, so that each case meets the fault itself.</summary>
public sealed class FaultyShape : Shape
{
    private WebApplication? _host;

    internal override IServiceProvider Caller => _host!.Services;

    internal FaultBoard Faults => Caller.GetRequiredService<FaultBoard>();

    protected override async Task<WebApplication> StartAsync(ScriptedLlm llm) =>
        _host = await HostAsync(llm, ("search:rerank", "true"), ("seams:breaker_calls", "1000"), ("seams:retry_percent", "0"));
}

/// <summary>Each part × each way to fail: an answer comes, is whole, and says what it lacks.</summary>
public sealed class PartDownTests(FaultyShape shape, ITestOutputHelper output) : IClassFixture<FaultyShape>
{
    private static int _questions;

    public static TheoryData<string, FaultKind> Cases
    {
        get
        {
            var cases = new TheoryData<string, FaultKind>();
            foreach (var service in new[] { "embedding", "vectors", "keywords", "reranking", "generation", "caching" })
                foreach (var kind in new[] { FaultKind.Error, FaultKind.Refuse, FaultKind.Hang, FaultKind.Latency })
                    cases.Add(service, kind);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_answer_does_without_a_part_and_says_so(string service, FaultKind kind)
    {
        using var tenant = await Tenant.NewAsync(shape.System);
        await tenant.AddAsync("tides", "The tide rises twice a day. The moon causes the tides.", "Tides");
        await tenant.AddAsync("sun", "The sun is a star.", "Sun");
        // Another question each time: one that was answered before would come from the cache.
        var question = $$"""{"query":"What causes the tides, asked for the {{Interlocked.Increment(ref _questions)}}th time?"}""";
        var lease = await shape.Faults.ApplyAsync(
            new FaultSpec { Service = service, Kind = kind, For = TimeSpan.FromMinutes(10), Latency = kind == FaultKind.Latency ? TimeSpan.FromMinutes(5) : null }, default);
        try
        {
            var answer = await AskAsync(tenant, "/query", question);
            Assert.Equal([$"{service}_unavailable"], Codes(answer));
            Assert.Contains("The moon causes the tides.", answer["citations"]!.AsArray().Select(c => c!["text"]!.GetValue<string>()).First());
            Assert.Equal(service == "generation" ? "extractive" : "scripted", answer["model"]!.GetValue<string>());
            Assert.NotEqual("", answer["answer"]!.GetValue<string>());
            if (service is not ("generation" or "caching"))
                Assert.Equal([$"{service}_unavailable"], Codes(await AskAsync(tenant, "/search", question)));
        }
        finally
        {
            await shape.Faults.EndAsync(lease.Id, default);
        }
    }

    [Fact]
    public async Task Generation_that_is_cut_off_goes_on_from_the_passages()
    {
        using var tenant = await Tenant.NewAsync(shape.System);
        await tenant.AddAsync("tides", "The moon causes the tides.");
        var lease = await shape.Faults.ApplyAsync(new FaultSpec { Service = "generation", Kind = FaultKind.Cut, Items = 2, For = TimeSpan.FromMinutes(10) }, default);
        try
        {
            var answer = await AskAsync(tenant, "/query", """{"query":"What causes the tides?"}""");
            Assert.Equal("It is\n\nThe moon causes the tides. [1]", answer["answer"]!.GetValue<string>());
            Assert.Equal(["generation_interrupted"], Codes(answer));
        }
        finally
        {
            await shape.Faults.EndAsync(lease.Id, default);
        }
    }

    [Theory]
    [InlineData("embedding")]
    [InlineData("vectors")]
    public async Task Without_both_sides_there_is_no_answer(string other)
    {
        using var tenant = await Tenant.NewAsync(shape.System);
        var leases = new List<FaultLease>();
        foreach (var service in new[] { "keywords", other })
            leases.Add(await shape.Faults.ApplyAsync(new FaultSpec { Service = service, Kind = FaultKind.Refuse, For = TimeSpan.FromMinutes(10) }, default));
        try
        {
            var (status, reply) = await tenant.PostAsync("/query", $$"""{"query":"Why, without {{other}}?"}""");
            Assert.Equal(503, status);
            Assert.Equal("unavailable", reply["code"]!.GetValue<string>());
        }
        finally
        {
            foreach (var lease in leases)
                await shape.Faults.EndAsync(lease.Id, default);
        }
    }

    /// <summary>The time that each way to answer may take when a part hangs: what is waited for in vain, and what is asked after it.</summary>
    [Fact]
    public void Caps_that_follow_each_other_stay_below_a_second()
    {
        var (embed, near, words) = (Cap(EmbeddingContract.Instance, "Embed"), Cap(VectorsContract.Instance, "Search"), Cap(KeywordsContract.Instance, "Search"));
        var (texts, document) = (Cap(KeywordsContract.Instance, "GetTexts"), Cap(DocumentsContract.Instance, "Get"));
        var second = TimeSpan.FromSeconds(1);
        Assert.InRange(embed + near + texts, TimeSpan.Zero, second);
        Assert.InRange(words + document, TimeSpan.Zero, second);
        Assert.InRange(texts + document, TimeSpan.Zero, second);
        // Of a key seen lately: another can't be let in without identity, and nothing is answered instead.
        Assert.InRange(Cap(RerankingContract.Instance, "Rerank") + KnownCallers.Patience, TimeSpan.Zero, second);
    }

    private static TimeSpan Cap(Contract contract, string call) => contract.Calls.Single(c => c.Name == call).Policy.Cap;

    private static string[] Codes(JsonNode answer) => [.. answer["degraded"]!.AsArray().Select(d => d!.GetValue<string>())];

    private async Task<JsonNode> AskAsync(Tenant tenant, string path, string question)
    {
        var started = Stopwatch.GetTimestamp();
        var (status, answer) = await tenant.PostAsync(path, question);
        output.WriteLine($"{path}: {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms");
        Assert.True(status == 200, answer.ToJsonString());
        return answer;
    }
}
