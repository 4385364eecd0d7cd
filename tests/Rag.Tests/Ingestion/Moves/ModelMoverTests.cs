using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Embedding;
using Rag.Errors;
using Rag.Ingestion;
using Rag.Ingestion.Moves;
using Rag.Keywords;
using Rag.Tests.Gateway;
using Rag.Tests.Journals;
using Rag.Tests.Vectors;
using Rag.Vectors;
using Rag.Vectors.Moves;
using Xunit;

namespace Rag.Tests.Ingestion.Moves;

/// <summary>A change of the embedding model as its mover steps through it, on the real indexes and the built-in model in two sizes.</summary>
public sealed class ModelMoverTests : IAsyncLifetime
{
    private static readonly EmbeddingModel Small = new(EmbeddingModel.BuiltInId, "1", 64);
    private static readonly EmbeddingModel Large = new(EmbeddingModel.BuiltInId, "1", 128);

    private readonly TestFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ListLog _log = new();
    private ModelVectors _vectors = null!;
    private KeywordIndex _keywords = null!;

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "vectors"));
        _vectors = new ModelVectors(
            new BuiltInIndexes(Path.Combine(_folder.Path, "vectors"), new VectorsOptions(), TimeProvider.System, NullLogger.Instance),
            new MoveSettings(TimeSpan.FromSeconds(60)), _time, NullLogger<ModelVectors>.Instance);
        _keywords = new KeywordIndex(Path.Combine(_folder.Path, "keywords"), new KeywordsOptions(), NullLogger<KeywordIndex>.Instance);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _vectors.DisposeAsync();
        await _keywords.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task It_moves_what_is_there_switches_and_drops_the_old_index_and_then_rests()
    {
        await UploadAsync(Offer(Small), "a", "b");
        var mover = Mover(Offer(Small, Large));
        await StepsAsync(mover, until: models => models.Active == Large);
        Assert.Equal(Small, (await _vectors.ModelsAsync(default)).Retired);
        _time.Advance(TimeSpan.FromSeconds(60));
        await StepsAsync(mover, until: models => !models.IsMoving);
        await Mover(Offer(Large)).StepAsync(default); // the new one in the old one's place
        Assert.Equal(new VectorModels(Large, null, null, 0, 0), await _vectors.ModelsAsync(default));
        Assert.Equal(["a", "b"], await FoundAsync(Offer(Large), Large));
        Assert.Contains(_log.Lines, line => line.Contains("has moved to the model 'hashed-words-grams' 1 (128 dimensions)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Taking_the_next_model_away_calls_the_move_off()
    {
        await UploadAsync(Offer(Small), "a");
        await Mover(Offer(Small, Large)).StepAsync(default); // it has begun
        Assert.Equal(Large, (await _vectors.ModelsAsync(default)).Next);
        await Mover(Offer(Small)).StepAsync(default);
        Assert.Equal(new VectorModels(Small, null, null, 0, 0), await _vectors.ModelsAsync(default));
        Assert.Equal(["a"], await FoundAsync(Offer(Small), Small));
    }

    [Fact]
    public async Task Another_model_alone_moves_nothing_mixes_nothing_and_says_what_to_set()
    {
        await UploadAsync(Offer(Small), "a");
        var mover = Mover(Offer(Large));
        await mover.StepAsync(default);
        await mover.StepAsync(default);
        Assert.Equal(new VectorModels(Small, null, null, 0, 0), await _vectors.ModelsAsync(default));
        Assert.Contains("Set embedding:* to that model, and embedding:next:* to 'hashed-words-grams' 1 (128 dimensions)", Assert.Single(_log.Lines), StringComparison.Ordinal);

        var refusal = await Assert.ThrowsAsync<RagException>(() => UploadAsync(Offer(Large), "b"));
        Assert.Equal(RagError.Unavailable, refusal.Error); // it waits for a mended configuration, and is not given up
        Assert.Contains("64 dimensions) is not offered", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_whose_texts_are_lost_is_named_and_holds_the_switch_up_until_it_is_deleted()
    {
        await UploadAsync(Offer(Small), "a", "b");
        await _keywords.DeleteAsync("t", "b", 1, default);
        var mover = Mover(Offer(Small, Large));
        for (var i = 0; i < 20; i++)
            await mover.StepAsync(default);
        var models = await _vectors.ModelsAsync(default);
        Assert.Equal((Small, Large), (models.Active, models.Next));
        Assert.Contains(_log.Lines, line => line.Contains("t/b version 1: keywords have the texts of 0 of its 1 chunks", StringComparison.Ordinal));
        await _vectors.DeleteAsync("t", "b", 2, default);
        await StepsAsync(mover, until: models => models.Active == Large);
        Assert.Equal(["a"], await FoundAsync(Offer(Large), Large));
    }

    private static EmbeddingByModel Offer(EmbeddingModel current, EmbeddingModel? next = null) =>
        new(new BuiltInEmbedding(new EmbeddingOptions { Dimensions = current.Dimensions }), next is null ? null : new BuiltInEmbedding(new EmbeddingOptions { Dimensions = next.Dimensions }));

    private ModelMover Mover(IEmbedding embedding)
    {
        var options = new IngestionOptions();
        var reembedder = new DocumentReembedder(new DocumentIndexer(embedding, _vectors, _keywords, _vectors), _vectors, _keywords, new FakeDocuments(_time), options, _time);
        return new ModelMover(embedding, _vectors, reembedder, new CacheStore(new CachingOptions(), _time, new Random(1)), new IngestionActivity(), options, _time, _log);
    }

    private async Task StepsAsync(ModelMover mover, Func<VectorModels, bool> until)
    {
        for (var i = 0; !until(await _vectors.ModelsAsync(default)); i++)
        {
            Assert.True(i < 50, $"after {i} steps it is {await _vectors.ModelsAsync(default)}");
            await mover.StepAsync(default);
        }
    }

    /// <summary>As ingestion does it.</summary>
    private async Task UploadAsync(IEmbedding embedding, params string[] ids)
    {
        var indexer = new DocumentIndexer(embedding, _vectors, _keywords, _vectors);
        var documents = ids.Select(id => new PreparedDocument(
            new IngestionJob { JobId = 1, Tenant = "t", DocumentId = id, Version = 1, Kind = IngestionKind.Index, ContentType = "text/plain", Content = default, Metadata = Make.NoMetadata },
            "title", null, $"words of {id}", [$"words of {id}"])).ToList();
        await indexer.IndexAsync(documents, await indexer.EmbedAsync(documents, default), default);
    }

    private async Task<IEnumerable<string>> FoundAsync(IEmbedding embedding, EmbeddingModel model)
    {
        var question = await embedding.EmbedAsync(new EmbedRequest(["words"], EmbedPurpose.Query) { Model = model }, default);
        return (await _vectors.SearchAsync(new VectorSearch("t", model, question.Vectors[0], 10, null), default)).Select(hit => hit.DocumentId).Order();
    }

    private sealed class ListLog : ILogger<ModelMover>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Add(formatter(state, exception));
    }
}
