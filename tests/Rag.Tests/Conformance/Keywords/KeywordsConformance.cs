using System.Text.Json;
using Rag.Errors;
using Rag.Filters;
using Rag.Keywords;
using Xunit;

namespace Rag.Tests.Conformance.Keywords;

/// <summary>What every engine of <see cref="IKeywords"/> does alike: the same chunks with the same BM25 scores, and their texts. Each test has an index of its own.</summary>
public abstract class KeywordsConformance : IAsyncLifetime
{
    private static readonly Dictionary<string, MetadataValue> Nothing = [];
    private IKeywords? _index;

    /// <summary>The engine's name and version.</summary>
    protected abstract string Engine { get; }

    /// <summary>Opens this test's index, as it was left; without words that only look alike.</summary>
    internal abstract ValueTask<IKeywords> OpenAsync();

    /// <summary>Gets ready what <see cref="OpenAsync"/> needs.</summary>
    protected virtual ValueTask PrepareAsync() => default;

    /// <summary>Removes what <see cref="OpenAsync"/> made.</summary>
    protected virtual ValueTask CleanAsync() => default;

    private IKeywords Index => _index ?? throw new InvalidOperationException("it is not open");

    public async ValueTask InitializeAsync()
    {
        await PrepareAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(Engine);
        _index = await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await CleanAsync();
        GC.SuppressFinalize(this);
    }

    private async ValueTask CloseAsync()
    {
        if (_index is IAsyncDisposable closing)
            await closing.DisposeAsync();
        _index = null;
    }

    private async Task ReopenAsync()
    {
        await CloseAsync();
        _index = await OpenAsync();
    }

    private Task Put(string id, int version, params string[] chunks) => Put(new DocumentChunks("t", id, version, "", chunks, Nothing));

    private Task Put(params DocumentChunks[] documents) => Index.ReplaceAsync(documents, default).AsTask();

    private async Task<IReadOnlyList<KeywordHit>> Search(string text, int topK = 1000, string tenant = "t", MetadataFilter? filter = null) =>
        await Index.SearchAsync(new KeywordSearch(tenant, text, topK, filter), default);

    private async Task<IEnumerable<string>> Find(string text, int topK = 1000, string tenant = "t", MetadataFilter? filter = null) =>
        (await Search(text, topK, tenant, filter)).Select(hit => $"{hit.DocumentId}:{hit.Version}:{hit.Ordinal}");

    private async Task<IEnumerable<string?>> Texts(params ChunkKey[] keys) => (await Index.GetTextsAsync("t", keys, default)).Select(text => text?.Text);

    [Fact]
    public async Task A_new_index_is_empty()
    {
        Assert.Equal(0, (await Index.DescribeAsync(default)).Chunks);
        Assert.Empty(await Find("ship"));
        Assert.Equal([null], await Texts(new ChunkKey("a", 1, 0)));
        Assert.Empty(await Texts());
    }

    [Fact]
    public async Task Scores_are_those_of_BM25_by_hand()
    {
        await Put("a", 1, "ship ship sea");
        await Put("b", 1, "ship cargo harbour crane crate");
        await Put("c", 1, "tree");

        // N = 3, average length (3 + 5 + 1)/3 = 3. "ship": n = 2, idf = ln(1 + 1.5/2.5) = 0.470004. "sea": n = 1, idf = ln(1 + 2.5/1.5) = 0.980829.
        // a: ship 0.470004·2·2.2/(2 + 1.2·(0.25 + 0.75·3/3)) = 2.068018/3.2 = 0.646255; sea 0.980829·2.2/(1 + 1.2) = 0.980829. Sum 1.627084
        // b: ship 0.470004·2.2/(1 + 1.2·(0.25 + 0.75·5/3)) = 1.034009/2.8 = 0.369289
        var hits = await Search("the sea and a ship", 10);
        Assert.Equal(["a", "b"], hits.Select(hit => hit.DocumentId));
        Assert.Equal(1.627084, hits[0].Score, 5);
        Assert.Equal(0.369289, hits[1].Score, 5);
        Assert.Equal(2 * (await Search("sea"))[0].Score, (await Search("sea sea"))[0].Score, 5);
    }

    [Fact]
    public async Task Words_are_found_in_any_case_and_ending_and_script()
    {
        await Put("en", 1, "The Harbours were CONNECTED by ships");
        await Put("de", 1, "Größe über alles");
        await Put("ja", 1, "東京タワー");
        await Put("number", 1, "version 3.14 of 1,000");
        Assert.Equal(["en:1:0"], await Find("harbour connection"));
        Assert.Equal(["de:1:0"], await Find("GRÖSSE größe"));
        Assert.Equal(["ja:1:0"], await Find("京"));
        Assert.Equal(["number:1:0"], await Find("3.14"));
    }

    [Fact]
    public async Task A_title_counts_for_each_chunk_and_comes_back_with_the_text()
    {
        await Put(new DocumentChunks("t", "d", 3, "Load lines", ["first part", "second part"], Nothing));
        Assert.Equal(["d:3:0", "d:3:1"], (await Find("load line")).Order());
        var texts = await Index.GetTextsAsync("t", [new("d", 3, 1), new("d", 2, 0), new("d", 3, 2), new("d", 3, -1), new("x", 1, 0), new("d", 3, 0), new("d", 3, 0)], default);
        var (first, second) = (new ChunkText(new("d", 3, 0), "Load lines", "first part"), new ChunkText(new("d", 3, 1), "Load lines", "second part"));
        Assert.Equal([second, null, null, null, null, first, first], texts);
    }

    [Theory]
    [InlineData("unheard")]
    [InlineData("the of and")]
    [InlineData("")]
    [InlineData("?! ' \" | & : * ( ) \\ \0")]
    public async Task A_query_without_a_known_word_finds_nothing(string query)
    {
        await Put("a", 1, "ship");
        Assert.Empty(await Find(query));
    }

    [Fact]
    public async Task What_means_something_to_a_database_is_plain_text_here()
    {
        await Put("a", 1, "ship'); DROP TABLE keyword_chunks; --");
        Assert.Equal(["a:1:0"], await Find("ship & !sea | 'drop' :* <-> table"));
        Assert.Equal(["ship'); DROP TABLE keyword_chunks; --"], await Texts(new ChunkKey("a", 1, 0)));
    }

    [Theory]
    [InlineData("nul\0inside")]
    [InlineData("private \uE000 and \uE0000")]
    [InlineData("emoji 🚢 and 𝔘𝔫𝔦𝔠𝔬𝔡𝔢")]
    [InlineData("line\r\nbreaks\ttabs\\backslashes")]
    [InlineData("")]
    public async Task Any_text_comes_back_as_it_went_in(string text)
    {
        await Put(new DocumentChunks("tenant " + text, "d", 1, text, [text, "ship"], new Dictionary<string, MetadataValue> { ["f" + text] = text }));
        await ReopenAsync();
        Assert.Equal(new ChunkText(new("d", 1, 0), text, text), (await Index.GetTextsAsync("tenant " + text, [new("d", 1, 0)], default))[0]);
        Assert.Equal(["d:1:1"], (await Find("ship", tenant: "tenant " + text)).Where(hit => hit == "d:1:1"));
    }

    [Fact]
    public async Task A_lone_surrogate_harms_nobody_and_is_replaced_for_good()
    {
        await Put("a", 1, "broken \ud800 ship");
        await ReopenAsync();
        Assert.Equal(["a:1:0"], await Find("ship"));
        Assert.Equal(["broken \ufffd ship"], await Texts(new ChunkKey("a", 1, 0)));
    }

    [Fact]
    public async Task Tenants_see_neither_chunks_nor_texts_nor_statistics_of_each_other()
    {
        await Put("a", 1, "ship sea");
        var before = await Search("ship");
        await Put(new DocumentChunks("other", "a", 7, "", ["ship ship", "ship"], Nothing));
        Assert.Equal(before, await Search("ship"));
        Assert.Equal(["a:7:0", "a:7:1"], (await Find("ship", tenant: "other")).Order());
        Assert.Equal([null], await Texts(new ChunkKey("a", 7, 0)));
        Assert.Empty(await Find("ship", tenant: "nobody"));
        await Index.DeleteAsync("other", "a", 8, default);
        Assert.Equal(["a:1:0"], await Find("ship"));
    }

    [Theory]
    [InlineData("""{"n":{"$lte":1}}""", "d000 d001")]
    [InlineData("""{"kind":"even","n":{"$gt":294}}""", "d296 d298")]
    [InlineData("""{"name":{"$gte":"d298"}}""", "d298 d299")]
    [InlineData("""{"kind":{"$nin":["even","odd"]}}""", "")]
    [InlineData("""{"rare":{"$ne":true},"n":{"$in":[0,7]}}""", "d000")]
    public async Task A_filter_keeps_out_what_it_excludes_however_good_it_is_and_changes_no_score(string json, string expected)
    {
        await Put([.. Enumerable.Range(0, 300).Select(i =>
        {
            var metadata = new Dictionary<string, MetadataValue> { ["n"] = i, ["kind"] = i % 2 == 0 ? "even" : "odd", ["name"] = $"d{i:000}" };
            if (i == 7)
                metadata["rare"] = true;
            return new DocumentChunks("t", $"d{i:000}", 1, "", [i < 10 ? "ship" : "ship ship ship"], metadata);
        })]);
        var filter = MetadataFilter.Parse(JsonDocument.Parse(json).RootElement);
        var found = await Search("ship", 5, filter: filter);
        Assert.Equal(expected, string.Join(' ', found.Select(hit => hit.DocumentId).Order(StringComparer.Ordinal)));
        var all = (await Search("ship")).ToDictionary(hit => hit.DocumentId, hit => hit.Score);
        Assert.All(found, hit => Assert.Equal(all[hit.DocumentId], hit.Score, 5));
    }

    [Fact]
    public async Task A_new_version_replaces_all_chunks_of_the_old_one()
    {
        await Put("a", 1, "red one", "red two", "red three");
        await Put("a", 2, "blue one");
        Assert.Empty(await Find("red"));
        Assert.Equal(["a:2:0"], await Find("one"));
        Assert.Equal(1, (await Index.DescribeAsync(default)).Chunks);
        await Put("a", 3);
        Assert.Empty(await Find("blue one"));
        Assert.Equal(0, (await Index.DescribeAsync(default)).Chunks);
    }

    [Fact]
    public async Task Older_versions_and_repeated_ones_change_nothing()
    {
        await Put("a", 2, "blue");
        await Put("a", 1, "red");
        await Put("a", 2, "blue");
        Assert.Empty(await Find("red"));
        Assert.Equal(["a:2:0"], await Find("blue"));
        await Put(new DocumentChunks("t", "b", 2, "", ["green"], Nothing), new DocumentChunks("t", "b", 1, "", ["red"], Nothing));
        Assert.Equal(["b:2:0"], await Find("green red"));
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(3, false)]
    [InlineData(2, false)]
    public async Task After_a_deletion_only_a_later_version_comes_back(int version, bool comesBack)
    {
        await Put("a", 2, "red");
        await Index.DeleteAsync("t", "a", 3, default);
        await ReopenAsync();
        Assert.Empty(await Find("red"));
        Assert.Equal([null], await Texts(new ChunkKey("a", 2, 0)));
        await Put("a", version, "red");
        Assert.Equal(comesBack ? [$"a:{version}:0"] : [], await Find("red"));
    }

    [Fact]
    public async Task A_deletion_removes_the_version_that_it_names_and_none_above()
    {
        await Put("a", 5, "red");
        await Index.DeleteAsync("t", "a", 4, default);
        Assert.Equal(["a:5:0"], await Find("red"));
        await Index.DeleteAsync("t", "a", 5, default);
        Assert.Empty(await Find("red"));
        await Put("a", 5, "red");
        Assert.Empty(await Find("red"));
        await Index.DeleteAsync("t", "never", 2, default);
        await Put("never", 1, "green");
        Assert.Empty(await Find("green"));
    }

    [Fact]
    public async Task A_search_that_found_the_version_before_still_gets_its_texts()
    {
        await Put("a", 1, "red");
        await Put("a", 2, "blue");
        await Put("a", 2, "blue");
        await Put("a", 1, "red");
        Assert.Equal(["red", "blue"], await Texts(new("a", 1, 0), new("a", 2, 0)));
        await Put("a", 3, "green");
        Assert.Equal([null, "blue", "green"], await Texts(new("a", 1, 0), new("a", 2, 0), new("a", 3, 0)));
    }

    [Fact]
    public async Task Scores_depend_on_the_living_alone()
    {
        await Put("gone", 1, "ship sea cargo", "ship");
        await Put("changed", 1, "ship ship ship");
        await Put("a", 1, "ship and sea");
        await Put("changed", 2, "cargo of a ship");
        await Index.DeleteAsync("t", "gone", 2, default);
        var hits = await Search("ship sea");
        await Put(new DocumentChunks("fresh", "a", 1, "", ["ship and sea"], Nothing), new DocumentChunks("fresh", "changed", 2, "", ["cargo of a ship"], Nothing));
        Assert.Equal(await Search("ship sea", tenant: "fresh"), hits);
    }

    [Fact]
    public async Task A_thousand_of_many_come_back_best_first()
    {
        await Put([.. Enumerable.Range(0, 40).Select(i => new DocumentChunks("t", $"d{i}", 1, "", [.. Enumerable.Range(0, 30).Select(j => string.Join(' ', Enumerable.Repeat("ship", 1 + j)) + " at sea")], Nothing))]);
        var hits = await Search("ship", 1000);
        Assert.Equal(1000, hits.Distinct().Count());
        Assert.Equal(hits.Select(hit => hit.Score).OrderDescending(), hits.Select(hit => hit.Score));
        Assert.All(hits.Take(40), hit => Assert.Equal(29, hit.Ordinal));
    }

    [Fact]
    public async Task A_document_of_a_megabyte_and_a_word_of_ten_thousand_letters_are_taken()
    {
        var big = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"word{i} "));
        await Put("big", 1, big, new string('x', 10_000));
        Assert.Equal(["big:1:0"], await Find("word77777"));
        Assert.Equal(["big:1:1"], await Find(new string('x', 10_000)));
        Assert.Equal([big], await Texts(new ChunkKey("big", 1, 0)));
    }

    [Fact]
    public async Task A_query_of_thousands_of_words_is_answered()
    {
        await Put("a", 1, "ship");
        Assert.NotNull(await Find("ship " + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"word{i} "))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public async Task A_wrong_top_k_is_refused_with_the_rule(int topK)
    {
        var error = await Assert.ThrowsAsync<RagException>(() => Search("x", topK));
        Assert.Equal((RagError.InvalidArgument, $"keywords: top_k is {topK}; allowed are 1 to 1000"), (error.Error, error.Message));
    }

    [Fact]
    public async Task More_than_a_thousand_texts_at_once_are_refused()
    {
        var error = await Assert.ThrowsAsync<RagException>(() => Index.GetTextsAsync("t", [.. Enumerable.Repeat(new ChunkKey("a", 1, 0), 1001)], default).AsTask());
        Assert.Equal((RagError.InvalidArgument, "keywords: 1001 texts asked for; at most 1000 in one request"), (error.Error, error.Message));
    }

    [Fact]
    public async Task A_call_that_was_cancelled_before_it_began_does_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Index.ReplaceAsync([new DocumentChunks("t", "a", 1, "", ["ship"], Nothing)], cancelled.Token).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Index.DeleteAsync("t", "a", 1, cancelled.Token).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Index.SearchAsync(new KeywordSearch("t", "ship", 5, null), cancelled.Token).AsTask());
        Assert.Empty(await Find("ship"));
    }

    [Fact]
    public async Task Writers_that_meet_leave_the_greatest_version()
    {
        var changes = Enumerable.Range(0, 5).SelectMany(d => Enumerable.Range(1, 12).Select(version => (Id: $"d{d}", Version: version))).ToArray();
        new Random(1).Shuffle(changes);
        await Parallel.ForEachAsync(changes, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (change, stop) =>
        {
            if (change.Version == 11 || change == ("d4", 12))
                await Index.DeleteAsync("t", change.Id, change.Version, stop);
            else
                await Index.ReplaceAsync([new DocumentChunks("t", change.Id, change.Version, "", [.. Enumerable.Repeat("ship", 1 + (change.Version % 3))], Nothing)], stop);
        });
        Assert.Equal(["d0:12:0", "d1:12:0", "d2:12:0", "d3:12:0"], (await Find("ship")).Order());
        Assert.Equal(4, (await Index.DescribeAsync(default)).Chunks);
    }

    [Fact]
    public async Task A_reader_sees_one_version_of_a_document_and_its_text()
    {
        const int Versions = 40;
        await Put("d", 1, "ship 1", "ship 1");
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (var version = 2; version <= Versions; version++)
                await Put("d", version, $"ship {version}", $"ship {version}");
            await stop.CancelAsync();
        });
        do
        {
            var hits = await Search("ship");
            Assert.Equal([0, 1], hits.Select(hit => hit.Ordinal).Order());
            Assert.Single(hits.Select(hit => hit.Version).Distinct());
        }
        while (!stop.IsCancellationRequested);
        await writer;
        Assert.Equal(Versions, (await Search("ship"))[0].Version);
    }
}
