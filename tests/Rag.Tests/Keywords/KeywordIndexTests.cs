using System.Text.Json;
using Rag.Errors;
using Rag.Filters;
using Rag.Keywords;
using Xunit;

namespace Rag.Tests.Keywords;

public class KeywordIndexTests : KeywordsFixture
{
    [Fact]
    public async Task Scores_are_those_of_BM25_by_hand()
    {
        var index = Open();
        await Put(index, "a", 1, "ship ship sea");
        await Put(index, "b", 1, "ship cargo harbour crane crate");
        await Put(index, "c", 1, "tree");

        // N = 3, average length (3 + 5 + 1)/3 = 3. "ship": n = 2, idf = ln(1 + 1.5/2.5) = 0.470004. "sea": n = 1, idf = ln(1 + 2.5/1.5) = 0.980829.
        // a: ship 0.470004·2·2.2/(2 + 1.2·(0.25 + 0.75·3/3)) = 2.068018/3.2 = 0.646255; sea 0.980829·2.2/(1 + 1.2) = 0.980829. Sum 1.627084
        // b: ship 0.470004·2.2/(1 + 1.2·(0.25 + 0.75·5/3)) = 1.034009/2.8 = 0.369289
        var hits = await index.SearchAsync(new KeywordSearch("t", "the sea and a ship", 10, null), default);
        Assert.Equal(["a", "b"], hits.Select(h => h.DocumentId));
        Assert.Equal(1.627084, hits[0].Score, 5);
        Assert.Equal(0.369289, hits[1].Score, 5);
    }

    [Fact]
    public async Task A_word_asked_twice_counts_twice()
    {
        var index = Open();
        await Put(index, "a", 1, "ship");
        await Put(index, "b", 1, "sea");
        var once = (await index.SearchAsync(new KeywordSearch("t", "ship", 1, null), default))[0].Score;
        var twice = (await index.SearchAsync(new KeywordSearch("t", "ship ship", 1, null), default))[0].Score;
        Assert.Equal(2 * once, twice, 5);
    }

    [Fact]
    public async Task A_title_counts_for_each_chunk_and_comes_back_with_the_text()
    {
        var index = Open();
        await index.ReplaceAsync([new DocumentChunks("t", "d", 3, "Load lines", ["first part", "second part"], Nothing)], default);
        Assert.Equal(["d:3:0", "d:3:1"], (await Find(index, "load line")).Order());
        var texts = await index.GetTextsAsync("t", [new("d", 3, 1), new("d", 2, 0), new("d", 3, 2), new("d", 3, -1), new("x", 1, 0), new("d", 3, 0)], default);
        Assert.Equal([new ChunkText(new("d", 3, 1), "Load lines", "second part"), null, null, null, null, new ChunkText(new("d", 3, 0), "Load lines", "first part")], texts);
    }

    [Theory]
    [InlineData("unheard")]
    [InlineData("the of and")]
    [InlineData("")]
    [InlineData("?!")]
    public async Task A_query_without_a_known_word_finds_nothing(string query)
    {
        var index = Open();
        await Put(index, "a", 1, "ship");
        Assert.Empty(await Find(index, query));
    }

    [Fact]
    public async Task Tenants_see_neither_chunks_nor_texts_nor_statistics_of_each_other()
    {
        var index = Open();
        await Put(index, "a", 1, "ship sea");
        var before = await index.SearchAsync(new KeywordSearch("t", "ship", 10, null), default);
        await index.ReplaceAsync([new DocumentChunks("other", "a", 7, "", ["ship ship", "ship"], Nothing)], default);
        Assert.Equal(before, await index.SearchAsync(new KeywordSearch("t", "ship", 10, null), default));
        Assert.Equal(["a:7:0", "a:7:1"], await Find(index, "ship", "other"));
        Assert.Equal([null], await index.GetTextsAsync("t", [new("a", 7, 0)], default));
        Assert.Empty(await Find(index, "ship", "nobody"));
        await index.DeleteAsync("other", "a", 8, default);
        Assert.Equal(["a:1:0"], await Find(index, "ship"));
    }

    [Fact]
    public async Task A_filter_keeps_out_what_it_excludes_however_good_it_is()
    {
        var index = Open();
        for (var i = 0; i < 300; i++)
            await index.ReplaceAsync([new DocumentChunks("t", $"d{i:000}", 1, "", [i == 0 ? "ship" : "ship ship ship"], new Dictionary<string, MetadataValue> { ["n"] = (double)i })], default);
        var filter = MetadataFilter.Parse(JsonDocument.Parse("""{"n":{"$lte":1}}""").RootElement);
        Assert.Equal(["d001:1:0", "d000:1:0"], await Find(index, "ship", topK: 5, filter: filter));
    }

    [Fact]
    public async Task A_new_version_replaces_all_chunks_of_the_old_one()
    {
        var index = Open();
        await Put(index, "a", 1, "red one", "red two", "red three");
        await Put(index, "a", 2, "blue one");
        Assert.Empty(await Find(index, "red"));
        Assert.Equal(["a:2:0"], await Find(index, "one"));
        Assert.Equal(1, (await index.DescribeAsync(default)).Chunks);
    }

    [Fact]
    public async Task Older_versions_and_repeated_ones_change_nothing()
    {
        var index = Open();
        await Put(index, "a", 2, "blue");
        await Put(index, "a", 1, "red");
        await Put(index, "a", 2, "blue");
        Assert.Empty(await Find(index, "red"));
        Assert.Equal(["a:2:0"], await Find(index, "blue"));
        var before = Directory.GetFiles(Folder, "chunks-*").Sum(f => new FileInfo(f).Length);
        await Put(index, "a", 2, "blue");
        Assert.Equal(before, Directory.GetFiles(Folder, "chunks-*").Sum(f => new FileInfo(f).Length));
    }

    [Theory]
    [InlineData(4, true)] // a later upload than the deletion
    [InlineData(3, false)]
    [InlineData(2, false)]
    public async Task After_a_deletion_only_a_later_version_comes_back(int version, bool comesBack)
    {
        var index = Open();
        await Put(index, "a", 2, "red");
        await index.DeleteAsync("t", "a", 3, default);
        Assert.Empty(await Find(index, "red"));
        Assert.Equal([null], await index.GetTextsAsync("t", [new("a", 2, 0)], default));
        await Put(index, "a", version, "red");
        Assert.Equal(comesBack ? [$"a:{version}:0"] : [], await Find(index, "red"));
    }

    [Fact]
    public async Task A_deletion_of_an_older_version_leaves_the_newer_one()
    {
        var index = Open();
        await Put(index, "a", 5, "red");
        await index.DeleteAsync("t", "a", 4, default);
        Assert.Equal(["a:5:0"], await Find(index, "red"));
    }

    [Fact]
    public async Task A_search_that_found_the_version_before_still_gets_its_texts()
    {
        var index = Open();
        await Put(index, "a", 1, "red");
        await Put(index, "a", 2, "blue");
        Assert.Equal("red", (await index.GetTextsAsync("t", [new("a", 1, 0)], default))[0]!.Text);
    }

    [Fact]
    public async Task Scores_depend_on_the_living_alone()
    {
        var (index, fresh) = (Open(), Open(folder: Path.Combine(Folder, "fresh")));
        await Put(index, "gone", 1, "ship sea cargo", "ship");
        await Put(index, "changed", 1, "ship ship ship");
        foreach (var each in new[] { index, fresh })
        {
            await Put(each, "a", 1, "ship and sea");
            await Put(each, "changed", 2, "cargo of a ship");
        }

        await index.DeleteAsync("t", "gone", 2, default);
        Assert.Equal(
            await fresh.SearchAsync(new KeywordSearch("t", "ship sea", 10, null), default),
            await index.SearchAsync(new KeywordSearch("t", "ship sea", 10, null), default));
    }

    [Fact]
    public async Task Words_that_look_alike_are_found_for_less()
    {
        var index = Open(o => o.SimilarTerms = 5);
        await Put(index, "exact", 1, "phosphorylation");
        await Put(index, "near", 1, "dephosphorylation");
        await Put(index, "typo", 1, "phosphorilation");
        await Put(index, "other", 1, "photosynthesis");
        var hits = await index.SearchAsync(new KeywordSearch("t", "phosphorylation", 10, null), default);
        Assert.Equal("exact", hits[0].DocumentId);
        Assert.Equal(["near", "typo"], hits.Skip(1).Select(h => h.DocumentId).Order());
        Assert.All(hits.Skip(1), h => Assert.True(h.Score < hits[0].Score));
        Assert.Equal("exact", (await index.SearchAsync(new KeywordSearch("t", "phosphorylattion", 10, null), default))[0].DocumentId);
    }

    [Fact]
    public async Task Numbers_that_look_alike_are_different_things()
    {
        var index = Open(o => o.SimilarTerms = 5);
        await Put(index, "a", 1, "2019");
        Assert.Empty(await Find(index, "20191"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public async Task A_wrong_top_k_is_refused_with_the_rule(int topK)
    {
        var error = await Assert.ThrowsAsync<RagException>(async () => await Open().SearchAsync(new KeywordSearch("t", "x", topK, null), default));
        Assert.Equal((RagError.InvalidArgument, $"keywords: top_k is {topK}; allowed are 1 to 1000"), (error.Error, error.Message));
    }

    [Fact]
    public void All_wrong_settings_are_named_at_once()
    {
        var message = Assert.Throws<InvalidOperationException>(() => Open(o => (o.K1, o.B, o.SimilarTermsAtLeast) = (-1, double.NaN, 0))).Message;
        Assert.Contains("keywords:k1: -1 given; allowed are 0 to 10", message);
        Assert.Contains("keywords:b: NaN given; allowed are 0 to 1", message);
        Assert.Contains("keywords:similar_terms_at_least: 0 given", message);
    }

    [Fact]
    public async Task After_closing_writes_are_refused()
    {
        var index = Open();
        await index.DisposeAsync();
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(async () => await Put(index, "a", 1, "x"))).Error);
    }
}
