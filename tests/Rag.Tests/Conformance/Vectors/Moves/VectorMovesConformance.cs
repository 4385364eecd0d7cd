using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Embedding;
using Rag.Errors;
using Rag.Filters;
using Rag.Tests.Vectors;
using Rag.Vectors;
using Rag.Vectors.Moves;
using Xunit;

namespace Rag.Tests.Conformance.Vectors.Moves;

/// <summary>What every engine of vectors does alike while its index moves from one model to another. Each test has indexes of its own, which can be closed and opened again.</summary>
public abstract class VectorMovesConformance : IAsyncLifetime
{
    private protected static readonly EmbeddingModel Old = Make.Model;
    private protected static readonly EmbeddingModel New = new("newer", "7", 32);
    private protected static readonly TimeSpan Keep = TimeSpan.FromSeconds(60);

    private readonly Random _random = new(3);
    private ModelVectors? _vectors;

    /// <summary>The engine's name and version.</summary>
    protected abstract string Engine { get; }

    /// <summary>Opens this test's indexes, as they were left.</summary>
    internal abstract IVectorIndexes Open();

    /// <summary>Gets ready what <see cref="Open"/> needs.</summary>
    protected virtual ValueTask PrepareAsync() => default;

    /// <summary>Removes what <see cref="Open"/> made.</summary>
    protected virtual ValueTask CleanAsync() => default;

    private protected FakeTimeProvider Time { get; } = new();

    private protected ModelVectors Vectors => _vectors ?? throw new InvalidOperationException("it is not open");

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await PrepareAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(Engine);
        _vectors = OpenVectors();
    }

    public async ValueTask DisposeAsync()
    {
        await Vectors.DisposeAsync();
        await CleanAsync();
        GC.SuppressFinalize(this);
    }

    private protected ModelVectors OpenVectors() => new(Open(), new MoveSettings(Keep), Time, NullLogger<ModelVectors>.Instance);

    private async Task ReopenAsync()
    {
        await Vectors.DisposeAsync();
        _vectors = OpenVectors();
    }

    private protected DocumentVectors Document(string id, int version, EmbeddingModel model, int chunks = 2, IReadOnlyDictionary<string, MetadataValue>? metadata = null) => new(
        "t", id, version, model, [.. Enumerable.Range(0, chunks).Select(_ => Make.Vector(_random, model.Dimensions))], metadata ?? Make.NoMetadata);

    private protected async Task<IReadOnlyList<VectorHit>> SearchAsync(EmbeddingModel model, MetadataFilter? filter = null) =>
        await Vectors.SearchAsync(new VectorSearch("t", model, Make.Vector(_random, model.Dimensions), 1000, filter), Stop);

    private protected async Task<Dictionary<string, int>> VersionsAsync(EmbeddingModel model) =>
        (await SearchAsync(model)).Select(hit => (hit.DocumentId, hit.Version)).Distinct().ToDictionary(hit => hit.DocumentId, hit => hit.Version);

    private protected Task PutAsync(params DocumentVectors[] documents) => Make.Replace(Vectors, documents);

    /// <summary>Does what a mover does, until nothing is left.</summary>
    private protected async Task<VectorModels> FillAsync()
    {
        while (await Vectors.TakeAsync(2, Stop) is { Count: > 0 } some)
            foreach (var document in some)
                if (document.Deleted)
                    await Vectors.DeleteAsync(document.Tenant, document.DocumentId, document.Version, Stop);
                else
                    await PutAsync(Document(document.DocumentId, document.Version, New, document.Chunks, document.Metadata));
        return await Vectors.AdvanceAsync(Stop);
    }

    private protected static async Task<RagException> RefusedAsync(Func<Task> act) => await Assert.ThrowsAsync<RagException>(act);

    [Fact]
    public async Task Two_models_stand_beside_each_other_and_searches_see_the_old_one_until_the_switch()
    {
        await PutAsync(Document("a", 1, Old), Document("b", 3, Old));
        var models = await Vectors.PrepareAsync(New, Stop);
        Assert.Equal((Old, New), (models.Active, models.Next));

        await PutAsync(Document("c", 1, Old), Document("c", 1, New));
        Assert.Equal(["a", "b", "c"], (await VersionsAsync(Old)).Keys.Order());
        Assert.Equal(RagError.InvalidArgument, (await RefusedAsync(() => SearchAsync(New))).Error);

        models = await FillAsync();
        Assert.Equal((New, null, Old), (models.Active, models.Next, models.Retired));
        var versions = await VersionsAsync(New);
        Assert.Equal([("a", 1), ("b", 3), ("c", 1)], versions.Select(pair => (pair.Key, pair.Value)).Order());
        var refusal = await RefusedAsync(() => SearchAsync(Old));
        Assert.Equal(RagError.InvalidArgument, refusal.Error);
        Assert.Contains("'newer' 7 (32 dimensions)", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(New, (await Vectors.DescribeAsync(Stop)).Model);
    }

    [Fact]
    public async Task What_is_left_to_do_is_named_with_version_chunks_and_metadata()
    {
        var metadata = new Dictionary<string, MetadataValue> { ["lang"] = "de", ["year"] = 2024 };
        await PutAsync(Document("a", 4, Old, chunks: 3, metadata), Document("gone", 1, Old));
        await Make.Delete(Vectors, "gone", 2);
        await Vectors.PrepareAsync(New, Stop);

        var left = (await Vectors.TakeAsync(10, Stop)).OrderBy(document => document.DocumentId, StringComparer.Ordinal).ToList();
        Assert.Equal([("a", 4, false, 3), ("gone", 2, true, 0)], left.Select(document => (document.DocumentId, document.Version, document.Deleted, document.Chunks)));
        Assert.Equal(metadata, left[0].Metadata);
        var models = await Vectors.ModelsAsync(Stop);
        Assert.Equal((2, 0), (models.Documents, models.Behind)); // all of them are in hand
        Assert.Equal(2, (await Vectors.AdvanceAsync(Stop)).Behind); // and none has arrived
    }

    [Fact]
    public async Task While_a_document_is_missing_nothing_is_switched()
    {
        await PutAsync(Document("a", 1, Old), Document("b", 1, Old));
        await Vectors.PrepareAsync(New, Stop);
        await PutAsync(Document("a", 1, New));
        var models = await Vectors.AdvanceAsync(Stop);
        Assert.Equal((Old, New, 2, 1), (models.Active, models.Next, models.Documents, models.Behind));
        Assert.Equal("b", Assert.Single(await Vectors.TakeAsync(10, Stop)).DocumentId);
    }

    [Fact]
    public async Task Vectors_of_the_old_model_alone_are_turned_away_while_the_index_moves()
    {
        await PutAsync(Document("a", 1, Old));
        await Vectors.PrepareAsync(New, Stop);
        var refusal = await RefusedAsync(() => PutAsync(Document("a", 2, Old)));
        Assert.Equal(RagError.Unavailable, refusal.Error);
        Assert.Contains("vectors of both are needed", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await VersionsAsync(Old))["a"]);
    }

    [Fact]
    public async Task Vectors_of_a_third_model_are_refused_at_anyTime()
    {
        var third = new EmbeddingModel("third", "1", 48);
        await PutAsync(Document("a", 1, Old));
        Assert.Equal(RagError.InvalidArgument, (await RefusedAsync(() => PutAsync(Document("b", 1, third)))).Error);
        await Vectors.PrepareAsync(New, Stop);
        Assert.Equal(RagError.InvalidArgument, (await RefusedAsync(() => PutAsync(Document("b", 1, third)))).Error);
        Assert.Equal(RagError.InvalidArgument, (await RefusedAsync(() => SearchAsync(third))).Error);
        await FillAsync();
        Assert.Equal(RagError.InvalidArgument, (await RefusedAsync(() => PutAsync(Document("b", 1, third)))).Error);
        Assert.Equal(["a"], (await VersionsAsync(New)).Keys);
    }

    [Fact]
    public async Task A_worker_that_has_not_heard_of_the_switch_loses_nothing()
    {
        await PutAsync(Document("a", 1, Old));
        await Vectors.PrepareAsync(New, Stop);
        await FillAsync();
        await PutAsync(Document("b", 1, Old), Document("b", 1, New)); // it had asked before the switch
        Assert.Equal(["a", "b"], (await VersionsAsync(New)).Keys.Order());
        Assert.Equal(RagError.Unavailable, (await RefusedAsync(() => PutAsync(Document("c", 1, Old)))).Error); // it had asked before the move
    }

    [Fact]
    public async Task A_document_that_is_replaced_or_deleted_meanwhile_does_not_go_back()
    {
        await PutAsync(Document("replaced", 1, Old), Document("deleted", 1, Old));
        await Vectors.PrepareAsync(New, Stop);
        var left = await Vectors.TakeAsync(10, Stop);
        await PutAsync(Document("replaced", 2, Old), Document("replaced", 2, New));
        await Make.Delete(Vectors, "deleted", 2);
        foreach (var document in left) // as it was when it was taken
            await PutAsync(Document(document.DocumentId, document.Version, New));
        await FillAsync();
        Assert.Equal([KeyValuePair.Create("replaced", 2)], await VersionsAsync(New));
    }

    [Fact]
    public async Task A_late_writer_from_before_a_deletion_brings_nothing_into_the_new_index()
    {
        await PutAsync(Document("a", 1, Old), Document("d", 1, Old));
        await Make.Delete(Vectors, "d", 2);
        await Vectors.PrepareAsync(New, Stop);
        await PutAsync(Document("d", 1, Old), Document("d", 1, New)); // the new index has not seen the deletion yet
        await FillAsync();
        Assert.Equal(["a"], (await VersionsAsync(New)).Keys);
        await PutAsync(Document("d", 1, New));
        Assert.Equal(["a"], (await VersionsAsync(New)).Keys);
    }

    [Fact]
    public async Task A_restart_at_any_point_goes_on_where_it_was()
    {
        await PutAsync(Document("a", 1, Old), Document("b", 2, Old), Document("c", 1, Old));
        await Vectors.PrepareAsync(New, Stop);
        await ReopenAsync();
        await PutAsync(Document("b", 2, New));
        await ReopenAsync();
        var models = await Vectors.ModelsAsync(Stop);
        Assert.Equal((Old, New), (models.Active, models.Next));
        Assert.Equal(["a", "c"], (await Vectors.TakeAsync(10, Stop)).Select(document => document.DocumentId).Order());
        await Vectors.AdvanceAsync(Stop);
        await FillAsync();
        await ReopenAsync();
        models = await Vectors.ModelsAsync(Stop);
        Assert.Equal((New, null, Old), (models.Active, models.Next, models.Retired));
        Assert.Equal(["a", "b", "c"], (await VersionsAsync(New)).Keys.Order());
    }

    [Fact]
    public async Task The_old_index_is_dropped_when_itsTime_is_over_and_not_before()
    {
        await PutAsync(Document("a", 1, Old));
        await Vectors.PrepareAsync(New, Stop);
        await FillAsync();
        Assert.Equal(Old, (await Vectors.AdvanceAsync(Stop)).Retired);
        Time.Advance(Keep);
        var models = await Vectors.AdvanceAsync(Stop);
        Assert.Equal(new VectorModels(New, null, null, 0, 0), models);
        await ReopenAsync();
        Assert.Equal(["a"], (await VersionsAsync(New)).Keys);
        await PutAsync(Document("b", 1, New));
        Assert.Equal(["a", "b"], (await VersionsAsync(New)).Keys.Order());
    }

    [Fact]
    public async Task A_move_can_be_called_off_and_begun_again()
    {
        await PutAsync(Document("a", 1, Old));
        await Vectors.PrepareAsync(New, Stop);
        await PutAsync(Document("b", 1, Old), Document("b", 1, New));
        Assert.Equal(new VectorModels(Old, null, null, 0, 0), await Vectors.PrepareAsync(Old, Stop));
        Assert.Empty(await Vectors.TakeAsync(10, Stop));
        await PutAsync(Document("c", 1, Old));
        Assert.Equal(["a", "b", "c"], (await VersionsAsync(Old)).Keys.Order());

        await Vectors.PrepareAsync(New, Stop);
        Assert.Equal(["a", "b", "c"], (await Vectors.TakeAsync(10, Stop)).Select(document => document.DocumentId).Order()); // nothing of the first try is left
        await Vectors.AdvanceAsync(Stop);
        Assert.Equal(New, (await FillAsync()).Active);
    }

    [Fact]
    public async Task The_way_back_is_a_move_like_any_other()
    {
        await PutAsync(Document("a", 1, Old));
        await Vectors.PrepareAsync(New, Stop);
        await FillAsync();
        Assert.Equal(RagError.Unavailable, (await RefusedAsync(() => Vectors.PrepareAsync(Old, Stop).AsTask())).Error);
        Time.Advance(Keep);
        await Vectors.AdvanceAsync(Stop);
        Assert.Equal(Old, (await Vectors.PrepareAsync(Old, Stop)).Next);
        await PutAsync(Document("a", 1, Old));
        Assert.Equal(Old, (await Vectors.AdvanceAsync(Stop)).Active);
        Assert.Equal(["a"], (await VersionsAsync(Old)).Keys);
    }

    [Fact]
    public async Task Filters_hold_in_the_new_index()
    {
        await PutAsync(Document("de", 1, Old, metadata: new Dictionary<string, MetadataValue> { ["lang"] = "de" }), Document("en", 1, Old, metadata: new Dictionary<string, MetadataValue> { ["lang"] = "en" }));
        await Vectors.PrepareAsync(New, Stop);
        await FillAsync();
        var filter = MetadataFilter.Parse(JsonDocument.Parse("""{"lang":"de"}""").RootElement);
        Assert.All(await SearchAsync(New, filter), hit => Assert.Equal("de", hit.DocumentId));
        Assert.Equal(2, (await SearchAsync(New, filter)).Count);
    }

    [Fact]
    public async Task An_empty_index_has_nothing_to_move() =>
        Assert.Equal(RagError.InvalidArgument, (await RefusedAsync(() => Vectors.PrepareAsync(New, Stop).AsTask())).Error);

    [Fact]
    public async Task Beginning_a_move_twice_is_one_move()
    {
        await PutAsync(Document("a", 1, Old));
        await Vectors.PrepareAsync(New, Stop);
        await PutAsync(Document("a", 1, New));
        await Vectors.PrepareAsync(New, Stop);
        Assert.Empty(await Vectors.TakeAsync(10, Stop));
        Assert.Equal(New, (await Vectors.AdvanceAsync(Stop)).Active);
    }

    [Fact]
    public async Task Searches_and_writes_go_on_through_the_switch()
    {
        await PutAsync([.. Enumerable.Range(0, 20).Select(i => Document($"d{i}", 1, Old))]);
        await Vectors.PrepareAsync(New, Stop);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var vector = (Old: Make.Vector(_random, Old.Dimensions), New: Make.Vector(_random, New.Dimensions));
        var searches = Task.Run(async () =>
        {
            var done = 0;
            for (; !over.IsCancellationRequested || done == 0; done++)
            {
                var model = (await Vectors.ModelsAsync(Stop)).Active!;
                try
                {
                    var hits = await Vectors.SearchAsync(new VectorSearch("t", model, model == Old ? vector.Old : vector.New, 1000, null), Stop);
                    Assert.Equal(20, hits.Select(hit => hit.DocumentId).Distinct().Count());
                }
                catch (RagException refusal) when (refusal.Error == RagError.InvalidArgument)
                {
                    Assert.NotEqual(model, (await Vectors.ModelsAsync(Stop)).Active); // refused because it has just been switched, and for nothing else
                }
            }

            return done;
        }, Stop);
        await FillAsync();
        await over.CancelAsync();
        Assert.True(await searches > 0);
        Assert.Equal(New, (await Vectors.ModelsAsync(Stop)).Active);
    }
}
