using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Extensions.VectorData;
using Rag.Engines;
using Rag.Engines.ExtensionsVectorData;
using Rag.Errors;
using Rag.Tests.Journals;
using Rag.Tests.Vectors;
using Rag.Vectors;
using Rag.Vectors.Moves;
using Xunit;

namespace Rag.Tests.Conformance.Vectors.Providers;

/// <summary>What happens when a provider of Microsoft.Extensions.VectorData fails, hangs or forgets.</summary>
public sealed class ProviderFailureTests : IDisposable
{
    private readonly Random _random = new(1);
    private readonly TestFolder _folder = new();
    private readonly TestVectorStore _provider = new();

    [Fact]
    public async Task A_write_that_the_provider_refuses_changes_nothing_and_succeeds_when_it_is_repeated()
    {
        await using var index = Open();
        await Make.Replace(index, Make.Document("d", 1, _random));
        _provider.Fails = new VectorStoreException("secret text");
        var error = await Assert.ThrowsAsync<RagException>(() => Make.Replace(index, Make.Document("d", 2, _random)));
        Assert.Equal((RagError.Unavailable, "vectors: test-store failed (VectorStoreException)"), (error.Error, error.Message));
        await Assert.ThrowsAsync<RagException>(() => Make.Search(index, Make.Vector(_random)));
        _provider.Fails = null;
        Assert.Equal([1, 1, 1], await VersionsAsync(index));
        await Make.Replace(index, Make.Document("d", 2, _random));
        Assert.Equal([2, 2, 2], await VersionsAsync(index));
        await Make.Delete(index, "d", 2);
        Assert.Equal(0, _provider.Records); // what was begun and what was replaced are gone as well
    }

    [Fact]
    public async Task A_deletion_holds_while_the_provider_is_down_and_the_records_go_later()
    {
        await using var index = Open();
        await Make.Replace(index, Make.Document("d", 1, _random), Make.Document("other", 1, _random));
        _provider.Fails = new HttpRequestException("down");
        await Make.Delete(index, "d", 2);
        _provider.Fails = null;
        Assert.All(await Make.Search(index, Make.Vector(_random)), hit => Assert.Equal("other", hit.DocumentId));
        await Make.Replace(index, Make.Document("other", 2, _random));
        Assert.Equal(3, _provider.Records);
    }

    [Fact]
    public async Task A_crash_between_the_provider_and_the_publication_leaves_nothing_after_the_next_start()
    {
        await using (var index = Open())
        {
            await Make.Replace(index, Make.Document("d", 1, _random));
            // The records of version 2 arrive, and then all goes wrong.
            _provider.OnUpsert = (_, _) => _provider.Fails = new VectorStoreException("gone");
            await Assert.ThrowsAsync<RagException>(() => Make.Replace(index, Make.Document("d", 2, _random), Make.Document("e", 1, _random, tenant: "u")));
        }

        (_provider.OnUpsert, _provider.Fails) = (null, null);
        Assert.True(_provider.Records > 3);
        await using var again = Open();
        Assert.Equal([1, 1, 1], await VersionsAsync(again));
        Assert.Empty(await Make.Search(again, Make.Vector(_random), tenant: "u"));
        await Make.Replace(again, Make.Document("d", 2, _random));
        Assert.Equal([2, 2, 2], await VersionsAsync(again));
        await Make.Delete(again, "never", 1);
        Assert.Equal(3, _provider.Records);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_provider_lost_it_is_given_again_when_it_is_opened(bool collections)
    {
        await using (var index = Open())
            await Make.Replace(index, Make.Document("d", 1, _random), Make.Document("e", 7, _random, tenant: "u"));
        if (collections)
            _provider.LoseEverything();
        else
            _provider.LoseRecords();
        await using var again = Open();
        Assert.Equal([1, 1, 1], await VersionsAsync(again));
        Assert.Equal(3, _provider.Records); // the other tenant's when it is used
        Assert.Equal([7, 7, 7], (await Make.Search(again, Make.Vector(_random), tenant: "u")).Select(hit => hit.Version));
        Assert.Equal(6, _provider.Records);
    }

    [Fact]
    public async Task A_collection_that_is_dropped_under_way_is_made_again()
    {
        await using var index = Open();
        await Make.Replace(index, Make.Document("d", 1, _random));
        _provider.LoseEverything();
        await Assert.ThrowsAsync<RagException>(() => Make.Replace(index, Make.Document("e", 1, _random)));
        await Make.Replace(index, Make.Document("e", 1, _random));
        Assert.Equal(["d", "d", "d", "e", "e", "e"], (await Make.Search(index, Make.Vector(_random))).Select(hit => hit.DocumentId).Order());
        Assert.Equal(6, _provider.Records);
    }

    [Fact]
    public async Task A_provider_that_hangs_is_left_behind_when_its_time_is_over()
    {
        var time = new FakeTimeProvider();
        await using var index = new ProviderVectors(_folder.Path, 1, _provider, ProviderVectorsTests.Options(5), time, NullLogger.Instance);
        await Make.Replace(index, Make.Document("d", 1, _random));
        var over = new TaskCompletionSource();
        _provider.Hangs = over.Task;
        var search = Make.Search(index, Make.Vector(_random));
        Assert.False(search.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(RagError.DeadlineExceeded, (await Assert.ThrowsAsync<RagException>(() => search)).Error);
        _provider.Hangs = null;
        over.SetResult();
        Assert.Equal([1, 1, 1], await VersionsAsync(index));
    }

    [Fact]
    public async Task Records_that_are_not_ours_and_those_of_another_data_folder_are_never_found()
    {
        await using var index = Open();
        await Make.Replace(index, Make.Document("d", 1, _random));
        using var folder = new TestFolder();
        await using var other = ProviderVectorsTests.Open(folder.Path, _provider);
        Assert.Empty(await VersionsAsync(other));
        await Make.Replace(other, Make.Document("d", 9, _random));
        Assert.Equal([1, 1, 1], await VersionsAsync(index));
        Assert.Equal(2, _provider.Names.Count);
    }

    [Fact]
    public async Task An_index_that_is_dropped_takes_its_collections_with_it()
    {
        var indexes = new ProviderIndexes(_folder.Path, _provider, ProviderVectorsTests.Options(), TimeProvider.System, NullLogger.Instance);
        await using (var index = (ProviderVectors)await indexes.OpenAsync(2, default))
            await Make.Replace(index, Make.Document("d", 1, _random), Make.Document("e", 1, _random, tenant: "u"));
        Assert.Equal(2, _provider.Names.Count);
        await indexes.DropAsync(2, default);
        await indexes.DropAsync(2, default);
        Assert.Empty(_provider.Names);
    }

    [Fact]
    public async Task A_host_plugs_a_provider_in_by_a_service_and_a_setting()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["vectors:engine"] = "extensions-vector-data" }).Build();
        var context = new EngineContext(configuration, _folder.Path, service => service == "vectors", TimeProvider.System);
        var none = Assert.Throws<InvalidOperationException>(() => EngineCatalogue.Register(new ServiceCollection(), context));
        Assert.Contains("needs a VectorStore among the host's services", none.Message, StringComparison.Ordinal);

        var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddLogging().AddSingleton<VectorStore>(_provider);
        EngineCatalogue.Register(services, context);
        await using var host = services.BuildServiceProvider();
        var vectors = host.GetRequiredService<IVectors>();
        await Make.Replace(vectors, Make.Document("d", 1, _random));
        Assert.Equal([1, 1, 1], await VersionsAsync(vectors));
        Assert.Equal(Make.Model, (await host.GetRequiredService<IVectorMoves>().ModelsAsync(default)).Active);
        Assert.StartsWith("loadline_", Assert.Single(_provider.Names), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_no_provider_could_use_are_refused_all_at_once()
    {
        var error = Assert.Throws<InvalidOperationException>(() => VectorDataOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["vector_data:collection"] = "Has-Capitals",
            ["vector_data:distance"] = "ManhattanDistance",
        }).Build()));
        Assert.Contains("vector_data:collection: 'Has-Capitals' is not permitted", error.Message, StringComparison.Ordinal);
        Assert.Contains("vector_data:distance: 'ManhattanDistance'", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private ProviderVectors Open() => ProviderVectorsTests.Open(_folder.Path, _provider);

    private async Task<IEnumerable<int>> VersionsAsync(IVectors index) => (await Make.Search(index, Make.Vector(_random), 100)).Select(hit => hit.Version);
}
