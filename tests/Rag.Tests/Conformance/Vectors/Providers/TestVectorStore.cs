using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.VectorData;

namespace Rag.Tests.Conformance.Vectors.Providers;

using Record = Dictionary<string, object?>;

/// <summary>
/// A provider of Microsoft.Extensions.VectorData of the tests' own, as strict as the abstraction lets one be: it takes what the definition says and nothing else, keeps copies, answers late and
/// in pieces, and finds by comparing. No published provider can be had where these tests run. It fails, hangs and forgets when it is told to.
/// </summary>
internal sealed class TestVectorStore : VectorStore
{
    private readonly ConcurrentDictionary<string, Kept> _collections = new(StringComparer.Ordinal);

    /// <summary>Thrown by every call while it is set.</summary>
    public Exception? Fails { get; set; }

    /// <summary>Awaited by every call, cancellation or not, while it is set.</summary>
    public Task? Hangs { get; set; }

    /// <summary>The most records that one search gives.</summary>
    public int MostGiven { get; set; } = int.MaxValue;

    /// <summary>Called with a collection's name and the records before they are taken.</summary>
    public Action<string, IReadOnlyList<Record>>? OnUpsert { get; set; }

    public IReadOnlyCollection<string> Names => [.. _collections.Keys];

    public int Records => _collections.Values.Sum(kept => kept.Records.Count);

    public void LoseEverything() => _collections.Clear();

    public void LoseRecords()
    {
        foreach (var kept in _collections.Values)
            kept.Records.Clear();
    }

    public override VectorStoreCollection<object, Record> GetDynamicCollection(string name, VectorStoreCollectionDefinition definition) => new TestCollection(this, name, definition);

    public override VectorStoreCollection<TKey, TRecord> GetCollection<TKey, TRecord>(string name, VectorStoreCollectionDefinition? definition = null) => throw new NotSupportedException("dynamic collections only");

    public override async IAsyncEnumerable<string> ListCollectionNamesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await EnterAsync(cancellationToken);
        foreach (var name in _collections.Keys)
            yield return name;
    }

    public override async Task<bool> CollectionExistsAsync(string name, CancellationToken cancellationToken = default)
    {
        await EnterAsync(cancellationToken);
        return _collections.ContainsKey(name);
    }

    public override async Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken = default)
    {
        await EnterAsync(cancellationToken);
        _collections.TryRemove(name, out _);
    }

    public override object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(VectorStoreMetadata) ? new VectorStoreMetadata { VectorStoreSystemName = "test-store" } : null;

    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        if (Hangs is { } hangs)
            await hangs;
        if (Fails is { } error)
            throw error;
    }

    private sealed record Kept(VectorStoreCollectionDefinition Definition)
    {
        public ConcurrentDictionary<object, Record> Records { get; } = [];
    }

    private sealed class TestCollection(TestVectorStore store, string name, VectorStoreCollectionDefinition definition) : VectorStoreCollection<object, Record>
    {
        private readonly VectorStoreKeyProperty _key = definition.Properties.OfType<VectorStoreKeyProperty>().Single();
        private readonly VectorStoreVectorProperty _vector = definition.Properties.OfType<VectorStoreVectorProperty>().Single();

        public override string Name => name;

        private ConcurrentDictionary<object, Record> Records => store._collections.TryGetValue(name, out var kept) ? kept.Records : throw new VectorStoreException($"there is no collection {name}");

        public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => store.CollectionExistsAsync(name, cancellationToken);

        public override async Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default)
        {
            await store.EnterAsync(cancellationToken);
            store._collections.TryAdd(name, new Kept(definition));
        }

        public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default) => store.EnsureCollectionDeletedAsync(name, cancellationToken);

        public override async Task<Record?> GetAsync(object key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default)
        {
            await store.EnterAsync(cancellationToken);
            return Records.TryGetValue(Checked(key), out var record) ? Copy(record, options?.IncludeVectors == true) : null;
        }

        public override async IAsyncEnumerable<Record> GetAsync(
            Expression<Func<Record, bool>> filter, int top, FilteredRecordRetrievalOptions<Record>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await store.EnterAsync(cancellationToken);
            foreach (var record in Records.Values.Where(filter.Compile()).Take(top))
                yield return Copy(record, options?.IncludeVectors == true);
        }

        public override async Task DeleteAsync(object key, CancellationToken cancellationToken = default)
        {
            await store.EnterAsync(cancellationToken);
            Records.TryRemove(Checked(key), out _);
        }

        public override async Task UpsertAsync(Record record, CancellationToken cancellationToken = default) => await UpsertAsync([record], cancellationToken);

        public override async Task UpsertAsync(IEnumerable<Record> records, CancellationToken cancellationToken = default)
        {
            var all = records.ToList();
            await store.EnterAsync(cancellationToken);
            store.OnUpsert?.Invoke(name, all);
            foreach (var record in all)
            {
                Check(record);
                Records[record[_key.Name]!] = Copy(record, true);
                await Task.Yield(); // others see some of them before the rest
            }
        }

        public override async IAsyncEnumerable<VectorSearchResult<Record>> SearchAsync<TInput>(
            TInput searchValue, int top, VectorSearchOptions<Record>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await store.EnterAsync(cancellationToken);
            var query = searchValue is ReadOnlyMemory<float> vector ? vector : throw new NotSupportedException($"a search by {typeof(TInput)}");
            if (query.Length != _vector.Dimensions)
                throw new VectorStoreException($"{query.Length} numbers, expected {_vector.Dimensions}");
            var distance = _vector.DistanceFunction == DistanceFunction.CosineDistance;
            var nearest = Records.Values
                .Select(record => (Record: record, Cosine: TensorPrimitives.CosineSimilarity(query.Span, ((ReadOnlyMemory<float>)record[_vector.Name]!).Span)))
                .OrderByDescending(found => found.Cosine).Take(Math.Min(top, store.MostGiven)).ToList();
            await Task.Yield();
            foreach (var (record, cosine) in nearest)
                yield return new VectorSearchResult<Record>(Copy(record, options?.IncludeVectors == true), distance ? 1 - cosine : cosine);
        }

        public override object? GetService(Type serviceType, object? serviceKey = null) => null;

        private object Checked(object key) => key.GetType() == _key.Type ? key : throw new VectorStoreException($"a key of {key.GetType()}, expected {_key.Type}");

        private void Check(Record record)
        {
            var unknown = record.Keys.Except(definition.Properties.Select(property => property.Name)).ToList();
            if (unknown.Count > 0)
                throw new VectorStoreException($"unknown properties {string.Join(", ", unknown)}");
            foreach (var property in definition.Properties)
                if (record[property.Name]?.GetType() != property.Type)
                    throw new VectorStoreException($"{property.Name}: {record[property.Name]?.GetType()}, expected {property.Type}");
            if (((ReadOnlyMemory<float>)record[_vector.Name]!).Length != _vector.Dimensions)
                throw new VectorStoreException($"{_vector.Name}: expected {_vector.Dimensions} numbers");
        }

        private Record Copy(Record record, bool vectors) => record.Where(field => vectors || field.Key != _vector.Name).ToDictionary(
            field => field.Key, field => field.Value is ReadOnlyMemory<float> vector ? new ReadOnlyMemory<float>(vector.ToArray()) : field.Value, StringComparer.Ordinal);
    }
}
