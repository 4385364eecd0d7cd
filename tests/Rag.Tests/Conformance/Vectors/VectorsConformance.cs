using Rag.Embedding;
using Rag.Errors;
using Rag.Filters;
using Rag.Tests.Vectors;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Conformance.Vectors;

/// <summary>What every engine of <see cref="IVectors"/> does alike. Each test has an index of its own, which can be closed and opened again.</summary>
public abstract partial class VectorsConformance : IAsyncLifetime
{
    private readonly Random _random = new(1);
    private IVectors? _index;

    /// <summary>The engine's name and version.</summary>
    protected abstract string Engine { get; }

    /// <summary>Opens this test's index, as it was left.</summary>
    internal abstract ValueTask<IVectors> OpenAsync();

    /// <summary>Gets ready what <see cref="OpenAsync"/> needs.</summary>
    protected virtual ValueTask PrepareAsync() => default;

    /// <summary>Removes what <see cref="OpenAsync"/> made.</summary>
    protected virtual ValueTask CleanAsync() => default;

    private IVectors Index => _index ?? throw new InvalidOperationException("it is not open");

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
        switch (_index)
        {
            case IAsyncDisposable closing:
                await closing.DisposeAsync();
                break;
            case IDisposable closing:
                closing.Dispose();
                break;
        }

        _index = null;
    }

    private async Task ReopenAsync()
    {
        await CloseAsync();
        _index = await OpenAsync();
    }

    private Task Put(string id, int version, int chunks = 3, string tenant = "t") => Make.Replace(Index, Make.Document(id, version, _random, chunks, tenant));

    private async Task<IReadOnlyList<int>> Versions(string tenant = "t") => [.. (await Make.Search(Index, Make.Vector(_random), 1000, tenant)).Select(hit => hit.Version)];

    [Fact]
    public async Task A_new_index_is_empty()
    {
        var state = await Index.DescribeAsync(default);
        Assert.Null(state.Model);
        Assert.Equal(0, state.Chunks);
        Assert.Empty(await Make.Search(Index, Make.Vector(_random)));
    }

    [Fact]
    public async Task The_nearest_come_first_with_their_cosines()
    {
        var documents = Enumerable.Range(0, 60).Select(i => Make.Document($"d{i}", 1 + (i % 3), _random)).ToArray();
        await Make.Replace(Index, documents);
        for (var q = 0; q < 10; q++)
        {
            var query = Make.Vector(_random);
            var exact = Make.Exact(documents, query, 50);
            var found = await Make.Search(Index, query, 50);
            Assert.Equal(exact.Select(hit => (hit.DocumentId, hit.Version, hit.Ordinal)), found.Select(hit => (hit.DocumentId, hit.Version, hit.Ordinal)));
            Assert.All(exact.Zip(found), pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-5f));
        }

        Assert.Equal((180, Make.Model), await Index.DescribeAsync(default) is var state ? (state.Chunks, state.Model) : default);
    }

    [Fact]
    public async Task Thousands_of_chunks_are_found_nearly_exactly_and_up_to_a_thousand_at_once()
    {
        var documents = await SearchTests.Fill(Index, _random, 1500);
        Assert.InRange(await Make.Recall(Index, documents, _random, queries: 40), 0.95, 1);
        Assert.InRange(await Make.Recall(Index, documents, _random, queries: 5, topK: 300), 0.95, 1);
        foreach (var topK in new[] { 1, 999, 1000 })
            Assert.Equal(topK, (await Make.Search(Index, Make.Vector(_random), topK)).Distinct().Count());
    }

    [Fact]
    public async Task An_older_version_changes_nothing()
    {
        await Put("d", 2);
        await Put("d", 1, chunks: 9);
        Assert.Equal([2, 2, 2], await Versions());
    }

    [Fact]
    public async Task The_same_version_again_changes_nothing()
    {
        var document = Make.Document("d", 1, _random);
        await Make.Replace(Index, document);
        await Make.Replace(Index, document);
        Assert.Equal([1, 1, 1], await Versions());
        Assert.Equal(3, (await Index.DescribeAsync(default)).Chunks);
    }

    [Fact]
    public async Task A_newer_version_replaces_all_chunks_of_the_older()
    {
        await Put("d", 1, chunks: 5);
        await Put("other", 7, chunks: 1);
        await Put("d", 4, chunks: 2);
        Assert.Equal([4, 4, 7], (await Versions()).Order());
        Assert.Equal(3, (await Index.DescribeAsync(default)).Chunks);
    }

    [Fact]
    public async Task Two_versions_in_one_call_leave_the_newer()
    {
        await Make.Replace(Index, Make.Document("d", 1, _random), Make.Document("d", 2, _random), Make.Document("d", 1, _random));
        Assert.Equal([2, 2, 2], await Versions());
    }

    [Fact]
    public async Task A_document_without_chunks_replaces_one_with_chunks_and_is_remembered()
    {
        await Put("d", 1);
        await Put("d", 2, chunks: 0);
        Assert.Empty(await Versions());
        await Put("d", 1);
        await Put("first", 3, chunks: 0);
        await Put("first", 2);
        Assert.Empty(await Versions());
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public async Task After_a_deletion_only_a_later_version_comes_back(int version, bool comesBack)
    {
        await Put("d", 1);
        await Make.Delete(Index, "d", 2);
        Assert.Empty(await Versions());
        await Put("d", version);
        Assert.Equal(comesBack ? [version, version, version] : [], await Versions());
    }

    [Fact]
    public async Task A_deletion_removes_the_version_that_it_names_and_none_above()
    {
        await Put("same", 3);
        await Make.Delete(Index, "same", 3);
        Assert.Empty(await Versions());
        await Put("same", 3);
        Assert.Empty(await Versions());
        await Put("newer", 3);
        await Make.Delete(Index, "newer", 2);
        Assert.Equal([3, 3, 3], await Versions());
    }

    [Fact]
    public async Task A_deletion_that_comes_first_keeps_the_document_out_of_an_index_that_has_no_model_yet()
    {
        await Make.Delete(Index, "d", 2);
        await ReopenAsync();
        await Put("d", 1);
        Assert.Empty(await Versions());
    }

    [Fact]
    public async Task All_is_remembered_when_it_is_opened_again()
    {
        await Put("kept", 2);
        await Put("gone", 1);
        await Make.Delete(Index, "gone", 5);
        await ReopenAsync();
        Assert.Equal([2, 2, 2], await Versions());
        Assert.Equal(Make.Model, (await Index.DescribeAsync(default)).Model);
        await Put("kept", 1, chunks: 9);
        await Put("gone", 4);
        Assert.Equal([2, 2, 2], await Versions());
        await Put("gone", 6, chunks: 1);
        Assert.Equal([2, 2, 2, 6], (await Versions()).Order());
    }

    [Fact]
    public async Task Deleting_what_never_was_twice_is_fine()
    {
        await Make.Delete(Index, "never", 1);
        await Make.Delete(Index, "never", 1);
        Assert.Empty(await Versions());
    }

    [Fact]
    public async Task A_call_without_documents_does_nothing() => await Index.ReplaceAsync([], default);

    [Fact]
    public async Task A_zero_vector_is_near_to_nothing()
    {
        var chunk = Make.Vector(_random);
        await Make.Replace(Index, new DocumentVectors("t", "d", 1, Make.Model, [new float[48], chunk, new float[48]], Make.NoMetadata));
        Assert.Equal(1, Assert.Single(await Make.Search(Index, chunk)).Ordinal);
        Assert.Empty(await Make.Search(Index, new float[48]));
        Assert.Equal(1, (await Index.DescribeAsync(default)).Chunks);
    }

    [Fact]
    public async Task A_vector_that_is_not_of_length_one_is_taken_by_its_direction()
    {
        var unit = Make.Vector(_random);
        await Make.Replace(Index, new DocumentVectors("t", "d", 1, Make.Model, [[.. unit.Select(x => 5 * x)]], Make.NoMetadata));
        Assert.Equal(1f, Assert.Single(await Make.Search(Index, [.. unit.Select(x => 0.1f * x)])).Score, 1e-5f);
    }

    [Fact]
    public async Task Tenants_never_see_each_other_even_with_the_same_names()
    {
        for (var i = 0; i < 40; i++)
            await Make.Replace(Index, Make.Document($"d{i}", 1, _random, tenant: "a"), Make.Document($"d{i}", 2, _random, tenant: "b"));
        Assert.Equal(Enumerable.Repeat(1, 120), await Versions("a"));
        Assert.Equal(Enumerable.Repeat(2, 120), await Versions("b"));
        Assert.Empty(await Versions("c"));
        await Make.Delete(Index, "d0", 3, "b");
        Assert.Equal((120, 117), ((await Versions("a")).Count, (await Versions("b")).Count));
    }

    [Fact]
    public async Task A_small_tenant_among_large_ones_finds_all_of_its_own()
    {
        await SearchTests.Fill(Index, _random, 600);
        var few = Make.Document("few", 1, _random, chunks: 7, tenant: "small");
        await Make.Replace(Index, few);
        Assert.Equal(Enumerable.Range(0, 7), (await Make.Search(Index, Make.Vector(_random), 50, "small")).Select(hit => hit.Ordinal).Order());
    }

    [Theory]
    [InlineData("tenant with spaces", "plain")]
    [InlineData("Ünïcode 東京 🚢", "文書:1")]
    [InlineData("nul\0inside", "nul\0inside")]
    [InlineData("back\\slash'quote\"%", "a.b.c")]
    [InlineData("t/../x", "--; DROP TABLE")]
    public async Task Any_name_comes_back_as_it_went_in(string tenant, string id)
    {
        await Make.Replace(Index, Make.Document(id, 1, _random, tenant: tenant, metadata: new Dictionary<string, MetadataValue> { [id] = tenant }));
        Assert.Equal([id, id, id], (await Make.Search(Index, Make.Vector(_random), 10, tenant)).Select(hit => hit.DocumentId));
        await Make.Delete(Index, id, 1, tenant);
        Assert.Empty(await Make.Search(Index, Make.Vector(_random), 10, tenant));
    }

    [Fact]
    public async Task Names_that_differ_in_case_or_composition_are_different()
    {
        string[] ids = ["doc", "Doc", "doc ", "caf\u00e9", "cafe\u0301"];
        foreach (var (id, i) in ids.Select((id, i) => (id, i)))
            await Put(id, i + 1, chunks: 1);
        Assert.Equal([1, 2, 3, 4, 5], (await Versions()).Order());
    }

    [Fact]
    public async Task Another_model_is_refused_with_both_names_and_nothing_of_the_call_is_taken()
    {
        await Put("d", 1);
        foreach (var other in new EmbeddingModel[] { new("other", "7", 48), new("test", "2", 48) })
        {
            var error = await Assert.ThrowsAsync<RagException>(() => Index.SearchAsync(new VectorSearch("t", other, Make.Vector(_random), 5, null), default).AsTask());
            Assert.Equal(RagError.InvalidArgument, error.Error);
            Assert.StartsWith($"model: '{other.Id}' {other.Version} (48 dimensions) was given, but the index holds vectors of 'test' 1 (48 dimensions)", error.Message);
            error = await Assert.ThrowsAsync<RagException>(() => Make.Replace(Index, Make.Document("e", 1, _random), Make.Document("f", 1, _random) with { Model = other }));
            Assert.Equal(RagError.InvalidArgument, error.Error);
        }

        await ReopenAsync();
        await Assert.ThrowsAsync<RagException>(() => Make.Replace(Index, Make.Document("e", 1, _random) with { Model = new("other", "7", 48) }));
        Assert.Equal(3, (await Index.DescribeAsync(default)).Chunks);
    }

    [Fact]
    public async Task Two_models_in_the_first_call_are_refused() =>
        Assert.Equal(RagError.InvalidArgument, (await Assert.ThrowsAsync<RagException>(() =>
            Make.Replace(Index, Make.Document("e", 1, _random), Make.Document("f", 1, _random) with { Model = new("other", "7", 48) }))).Error);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1001)]
    public async Task Top_k_out_of_range_is_refused(int topK)
    {
        var error = await Assert.ThrowsAsync<RagException>(() => Make.Search(Index, Make.Vector(_random), topK));
        Assert.Equal((RagError.InvalidArgument, $"top_k: {topK} is not allowed, expected 1–1000"), (error.Error, error.Message));
    }

    [Fact]
    public async Task Wrong_lengths_numbers_names_and_versions_are_refused()
    {
        var nan = Make.Vector(_random);
        nan[5] = float.NaN;
        await Refused("search: 47 numbers, but model 'test' 1 makes 48", () => Make.Search(Index, new float[47]));
        await Refused("document 'd' chunk 0: holds a number that is not finite", () => Make.Replace(Index, new DocumentVectors("t", "d", 1, Make.Model, [nan], Make.NoMetadata)));
        await Refused("document 'd' chunk 1: 3 numbers", () => Make.Replace(Index, new DocumentVectors("t", "d", 1, Make.Model, [Make.Vector(_random), [1, 2, 3]], Make.NoMetadata)));
        await Refused("tenant: is empty", () => Put("d", 1, tenant: ""));
        await Refused("document: its id is empty", () => Put("", 1));
        await Refused("document 'd': version 0 is not allowed", () => Put("d", 0));
        await Refused("document 'd': version 0 is not allowed", () => Make.Delete(Index, "d", 0));
        Assert.Empty(await Versions());

        static async Task Refused(string message, Func<Task> act)
        {
            var error = await Assert.ThrowsAsync<RagException>(act);
            Assert.Equal(RagError.InvalidArgument, error.Error);
            Assert.StartsWith(message, error.Message);
        }
    }

    [Fact]
    public async Task A_document_of_two_thousand_chunks_is_taken_and_replaced_as_one()
    {
        await Put("big", 1, chunks: 2000);
        Assert.Equal(2000, (await Index.DescribeAsync(default)).Chunks);
        Assert.Equal(1000, (await Versions()).Count);
        await Put("big", 2, chunks: 1);
        Assert.Equal([2], await Versions());
        Assert.Equal(1, (await Index.DescribeAsync(default)).Chunks);
    }

    [Fact]
    public async Task Vectors_of_four_thousand_dimensions_are_kept_and_found()
    {
        var model = new EmbeddingModel("wide", "1", 4000);
        var document = new DocumentVectors("t", "d", 1, model, [.. Enumerable.Range(0, 5).Select(_ => Make.Vector(_random, 4000))], Make.NoMetadata);
        await Make.Replace(Index, document);
        var hits = await Index.SearchAsync(new VectorSearch("t", model, document.Chunks[3], 3, null), default);
        Assert.Equal((3, 3), (hits[0].Ordinal, hits.Count));
        Assert.Equal(1f, hits[0].Score, 1e-5f);
    }

    [Fact]
    public async Task A_call_that_was_cancelled_before_it_began_does_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Index.ReplaceAsync([Make.Document("d", 1, _random)], cancelled.Token).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Index.DeleteAsync("t", "d", 1, cancelled.Token).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Index.SearchAsync(new VectorSearch("t", Make.Model, Make.Vector(_random), 5, null), cancelled.Token).AsTask());
        Assert.Empty(await Versions());
    }
}
