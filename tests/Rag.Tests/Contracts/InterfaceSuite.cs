using Microsoft.Extensions.DependencyInjection;
using Rag.Caching;
using Rag.Documents;
using Rag.Embedding;
using Rag.Errors;
using Rag.Filters;
using Rag.Generation;
using Rag.Identity;
using Rag.Identity.Usage;
using Rag.Keywords;
using Rag.Query;
using Rag.Reranking;
using Rag.Seams;
using Rag.Search;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Contracts;

/// <summary>What the contracts promise to those who call them, wherever the service runs.</summary>
public abstract class InterfaceSuite(Shape shape)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly string _tenant = $"i{Guid.NewGuid():N}";

    [Fact]
    public async Task Embedding_gives_a_vector_for_each_text_and_refuses_none_at_all()
    {
        var embedding = Get<IEmbedding>();
        var model = await embedding.DescribeAsync(None);
        var reply = await embedding.EmbedAsync(new EmbedRequest(["Äpfel", "", "東京"], EmbedPurpose.Passage), None);
        Assert.Equal(model, reply.Model);
        Assert.Equal([model.Dimensions, model.Dimensions, model.Dimensions], reply.Vectors.Select(v => v.Length));
        Assert.All(reply.Vectors[1], x => Assert.Equal(0, x));
        await RefusedAsync(RagError.InvalidArgument, () => embedding.EmbedAsync(new EmbedRequest([], EmbedPurpose.Query), None).AsTask());
    }

    [Fact]
    public async Task Vectors_keep_the_newest_version_and_search_by_filter()
    {
        var (vectors, embedding) = (Get<IVectors>(), Get<IEmbedding>());
        var embedded = await embedding.EmbedAsync(new EmbedRequest(["the moon", "the sun"], EmbedPurpose.Passage), None);
        await vectors.ReplaceAsync([Document("a", 2, embedded.Vectors[0], 1990), Document("b", 1, embedded.Vectors[1], 2000)], None);
        await vectors.ReplaceAsync([Document("a", 1, embedded.Vectors[1], 2000)], None); // overtaken: nothing happens
        Assert.Equal([("a", 2), ("b", 1)], (await SearchAsync(null)).Select(hit => (hit.DocumentId, hit.Version)));
        Assert.Equal("b", Assert.Single(await SearchAsync(Filter("""{"year":{"$gte":1995}}"""))).DocumentId);
        await vectors.DeleteAsync(_tenant, "a", 3, None);
        Assert.Equal("b", Assert.Single(await SearchAsync(null)).DocumentId);
        Assert.True((await vectors.DescribeAsync(None)).Chunks > 0);
        await RefusedAsync(RagError.InvalidArgument, () => vectors.SearchAsync(new VectorSearch(_tenant, embedded.Model with { Version = "other" }, embedded.Vectors[0], 5, null), None).AsTask());

        DocumentVectors Document(string id, int version, float[] vector, double year) =>
            new(_tenant, id, version, embedded.Model, [vector], new Dictionary<string, MetadataValue> { ["year"] = year });
        ValueTask<IReadOnlyList<VectorHit>> SearchAsync(MetadataFilter? filter) => vectors.SearchAsync(new VectorSearch(_tenant, embedded.Model, embedded.Vectors[0], 5, filter), None);
    }

    [Fact]
    public async Task Keywords_give_texts_in_the_order_asked_for_and_null_for_what_is_gone()
    {
        var keywords = Get<IKeywords>();
        await keywords.ReplaceAsync([new DocumentChunks(_tenant, "a", 1, "Titel", ["Äpfel sind rot.", "Birnen nicht."], new Dictionary<string, MetadataValue>())], None);
        Assert.Equal(0, Assert.Single(await keywords.SearchAsync(new KeywordSearch(_tenant, "Äpfel", 5, null), None)).Ordinal);
        var texts = await keywords.GetTextsAsync(_tenant, [new ChunkKey("a", 1, 1), new ChunkKey("gone", 1, 0), new ChunkKey("a", 1, 0)], None);
        Assert.Equal(["Birnen nicht.", null, "Äpfel sind rot."], texts.Select(text => text?.Text));
        await keywords.DeleteAsync(_tenant, "a", 1, None);
        Assert.Empty(await keywords.SearchAsync(new KeywordSearch(_tenant, "Äpfel", 5, null), None));
        Assert.Empty(await keywords.GetTextsAsync(_tenant, [], None));
        Assert.True((await keywords.DescribeAsync(None)).Bytes > 0);
    }

    [Fact]
    public async Task Documents_tell_what_is_missing_from_what_has_moved_on()
    {
        var documents = Get<IDocuments>();
        Assert.Null(await documents.GetAsync(_tenant, "none", None));
        Assert.Null(await documents.GetStatusAsync(_tenant, "none", None));
        Assert.False(await documents.DeleteAsync(_tenant, "none", null, None));
        var put = new PutDocument
        {
            Tenant = _tenant,
            User = "ann",
            Id = "a",
            Title = "",
            ContentType = "text/plain",
            Content = "Äpfel"u8.ToArray(),
            Metadata = new Dictionary<string, MetadataValue> { ["t"] = "x", ["n"] = 0.1, ["b"] = false },
        };
        Assert.Equal(new DocumentAccepted("a", 1, DocumentState.Queued), await documents.PutAsync(put, None));
        await RefusedAsync(RagError.VersionConflict, () => documents.PutAsync(put with { IfVersion = 7 }, None).AsTask());
        await RefusedAsync(RagError.InvalidArgument, () => documents.PutAsync(put with { Id = "a b" }, None).AsTask());
        var record = (await documents.GetAsync(_tenant, "a", None))!;
        Assert.Equal(put.Metadata, record.Metadata);
        Assert.Equal((6, "ann"), (record.Bytes, record.UploadedBy));
        Assert.Equal("a", Assert.Single((await documents.ListAsync(new ListDocuments(_tenant, Filter("""{"n":0.1}"""), null, 10), None)).Documents).DocumentId);
        Assert.Empty((await documents.ListAsync(new ListDocuments(_tenant, Filter("""{"n":0.2}"""), null, 10), None)).Documents);
        Assert.True((await documents.DescribeAsync(None)).Documents > 0);
        Assert.True(await documents.DeleteAsync(_tenant, "a", 1, None));
    }

    [Fact]
    public async Task Search_and_reranking_answer_for_a_tenant_without_documents()
    {
        var reply = await Get<ISearch>().SearchAsync(new SearchRequest(_tenant, "moon", 10, null), None);
        Assert.Empty(reply.Results);
        Assert.Empty(reply.Degraded);
        var candidates = new[] { new SearchResult(new ChunkKey("a", 1, 0), "", "Bread rises in the oven.", 0.5), new SearchResult(new ChunkKey("b", 1, 0), "", "The moon orbits the earth.", 0.5) };
        Assert.Equal("b", (await Get<IReranking>().RerankAsync(new RerankRequest("Where does the moon orbit?", candidates), None))[0].Key.DocumentId);
    }

    [Fact]
    public async Task Generation_streams_texts_and_one_end()
    {
        var events = await Get<IGeneration>().GenerateAsync(Request("What?"), None).ToListAsync();
        Assert.Equal(ScriptedLlm.Answer, string.Concat(events.OfType<GenerationText>().Select(text => text.Text)));
        Assert.Equal(new GenerationEnd(21, 6, "stop", "scripted"), Assert.IsType<GenerationEnd>(events[^1]));
        Assert.Equal(["scripted"], await Get<IGeneration>().ListModelsAsync(None));
    }

    [Fact]
    public async Task An_answers_reader_that_leaves_stops_the_llm_through_every_service_between()
    {
        await foreach (var step in Get<IQuery>().AnswerAsync(new AnswerRequest { Tenant = _tenant, Question = $"What? hang:{_tenant}" }, None))
            if (step is AnswerText)
                break;
        await shape.System.Llm.GoneAsync(_tenant).WaitAsync(Soon);
    }

    [Fact]
    public async Task When_the_time_is_over_the_caller_is_told_and_the_llm_too()
    {
        CallScope.Enter(TimeProvider.System, TimeSpan.FromSeconds(2), Priority.Interactive);
        await RefusedAsync(RagError.DeadlineExceeded, async () =>
        {
            await foreach (var step in Get<IQuery>().AnswerAsync(new AnswerRequest { Tenant = _tenant, Question = $"What? hang:{_tenant}" }, None))
            {
            }
        });
        await shape.System.Llm.GoneAsync(_tenant).WaitAsync(Soon);
    }

    [Fact]
    public async Task Identity_finds_whom_it_gave_a_key()
    {
        var identity = Get<IIdentity>();
        var issued = Assert.Single(await identity.IssueKeysAsync([new KeyRequest(_tenant, _tenant, 7)], None));
        Assert.Equal(new Caller(_tenant, _tenant, 7), await identity.AuthenticateAsync(issued.Key, None));
        Assert.Null(await identity.AuthenticateAsync("a-key-that-nobody-was-given", None));
        await RefusedAsync(RagError.InvalidArgument, () => identity.IssueKeysAsync([new KeyRequest("a b")], None).AsTask());
    }

    [Fact]
    public async Task Usage_counts_a_batch_once_and_tells_the_days_totals()
    {
        var usage = Get<IUsage>();
        var day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).DayNumber;
        var batch = new UsageBatch(_tenant, 1, [new UsageEntry(day, _tenant, _tenant, "k", "query", new UsageAmounts(2, 30, 4, 0, 0, 0, 0))], day, [_tenant]);
        for (var i = 0; i < 2; i++)
            Assert.Equal(new DayTotal(_tenant, 2, 34), Assert.Single(await usage.AddAsync(batch, None)));
        Assert.Equal(batch.Entries, (await usage.ReadAsync(new UsageQuestion(day, day, _tenant, null, null, 10), None)).Entries);
        await RefusedAsync(RagError.InvalidArgument, () => usage.ReadAsync(new UsageQuestion(day, day, _tenant, null, null, 0), None).AsTask());
    }

    [Fact]
    public async Task Caching_lets_one_compute_and_the_others_have_it()
    {
        var caching = Get<ICaching>();
        var first = await caching.GetOrLeadAsync(new CacheLookup(_tenant, "k", Guid.NewGuid(), TimeSpan.Zero), None);
        Assert.Equal(CacheState.Lead, first.State);
        var other = caching.GetOrLeadAsync(new CacheLookup(_tenant, "k", Guid.NewGuid(), TimeSpan.FromSeconds(20)), None).AsTask();
        await caching.KeepAsync(new CacheEntry(_tenant, "k", first.Generation, TimeSpan.FromMinutes(1), new byte[] { 1, 2, 3 }), None);
        var reply = await other.WaitAsync(Soon);
        Assert.Equal((CacheState.Hit, true), (reply.State, reply.Value.Span.SequenceEqual(new byte[] { 1, 2, 3 })));
        await caching.InvalidateAsync([_tenant], None);
        Assert.Equal(CacheState.Lead, (await caching.GetOrLeadAsync(new CacheLookup(_tenant, "k", Guid.NewGuid(), TimeSpan.Zero), None)).State);
        var limits = Get<IRateLimits>();
        Assert.True((await limits.TakeAsync(new RateTake(_tenant, 1), None)).Allowed);
        Assert.False((await limits.TakeAsync(new RateTake(_tenant, 1), None)).Allowed);
    }

    [Fact]
    public async Task A_caller_that_has_gone_is_told_so_and_nothing_else()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Get<ISearch>().SearchAsync(new SearchRequest(_tenant, "moon", 10, null), gone.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Get<IGeneration>().GenerateAsync(Request("What?"), gone.Token).ToListAsync());
    }

    private T Get<T>() where T : notnull => shape.Caller.GetRequiredService<T>();

    private static GenerationRequest Request(string question) =>
        new() { Messages = [new ChatMessage("user", $"Question: {question}")], Question = question, Passages = [] };

    private static MetadataFilter? Filter(string json) => MetadataFilter.Parse(System.Text.Json.JsonDocument.Parse(json).RootElement);

    private static async Task RefusedAsync(RagError kind, Func<Task> call) => Assert.Equal(kind, (await Assert.ThrowsAsync<RagException>(call)).Error);
}
