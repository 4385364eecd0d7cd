using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.VectorData;
using Rag.Engines.ExtensionsAi;
using Rag.Errors;

namespace Rag.Engines.ExtensionsVectorData;

using Collection = VectorStoreCollection<object, Dictionary<string, object?>>;

/// <summary>
/// The provider's side of one index: a collection for each tenant, <c>NAME_STORE_NUMBER_HASH</c>, so that no other tenant's records come in a search's way. Every record is a key,
/// the document's name for whoever looks, and a vector. What a collection lacks when it is first used, because it was dropped or the provider keeps nothing,
/// it is given again. Failures are <see cref="RagException"/>s within the time-out.
/// </summary>
internal sealed partial class ProviderCollections(VectorStore provider, VectorDataOptions options, ProviderStore store, HeldVersions held, int number, TimeProvider time, ILogger logger)
{
    private const string Key = "key", Document = "document", Vector = "vector";
    private const int BatchRecords = 200;
    private const int Witnesses = 4;

    private readonly ConcurrentDictionary<string, Task<Collection>> _open = new(StringComparer.Ordinal);

    private string Provider => (provider.GetService(typeof(VectorStoreMetadata)) as VectorStoreMetadata)?.VectorStoreSystemName ?? provider.GetType().Name;

    /// <summary>Gives a tenant's collection records.</summary>
    public async ValueTask AddAsync(string tenant, int dimensions, IReadOnlyCollection<(RecordKey Key, string Document, float[] Unit)> records, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
            return;
        var collection = await OpenAsync(tenant, dimensions, cancellationToken).ConfigureAwait(false);
        foreach (var some in records.Chunk(BatchRecords))
            await CallAsync(tenant, stop => collection.UpsertAsync(some.Select(record => Record(record.Key, record.Document, record.Unit)), stop), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes records; those that are gone are no error.</summary>
    public async ValueTask RemoveAsync(string tenant, int dimensions, IReadOnlyCollection<RecordKey> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
            return;
        var collection = await OpenAsync(tenant, dimensions, cancellationToken).ConfigureAwait(false);
        foreach (var some in keys.Chunk(BatchRecords))
            await CallAsync(tenant, stop => collection.DeleteAsync(some.Select(key => key.As(options.Key)), stop), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The nearest records, with their cosines; those of others are left out.</summary>
    /// <returns>What was found, and how many records the provider gave.</returns>
    public async ValueTask<(List<(RecordKey Key, float Cosine)> Found, int Given)> SearchAsync(string tenant, float[] query, int count, CancellationToken cancellationToken)
    {
        var collection = await OpenAsync(tenant, query.Length, cancellationToken).ConfigureAwait(false);
        var found = new List<(RecordKey, float)>(count);
        var given = 0;
        await CallAsync(tenant, async stop =>
        {
            await foreach (var result in collection.SearchAsync(new ReadOnlyMemory<float>(query), count, null, stop).WithCancellation(stop).ConfigureAwait(false))
            {
                given++;
                if (RecordKey.Read(result.Record[Key]) is { } key)
                    found.Add((key, Cosine(result.Score ?? throw new RagException(RagError.Unavailable, $"vectors: {Provider} gives no scores"))));
            }
        }, cancellationToken).ConfigureAwait(false);
        return (found, given);
    }

    /// <summary>Drops a tenant's collection; one that is not there is no error.</summary>
    public ValueTask DropAsync(string tenant, CancellationToken cancellationToken) => CallAsync(tenant, stop => provider.EnsureCollectionDeletedAsync(NameOf(tenant), stop), cancellationToken);

    private string NameOf(string tenant) =>
        $"{options.Collection}_{store.Name}_{number}_{Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(tenant.AsSpan())).AsSpan(0, 10))}";

    private float Cosine(double score) => (float)Math.Clamp(options.Distance == DistanceFunction.CosineDistance ? 1 - score : score, -1, 1);

    private Dictionary<string, object?> Record(RecordKey key, string document, float[] unit) => new(StringComparer.Ordinal)
    {
        [Key] = key.As(options.Key),
        [Document] = Metadata.SafeText.Escape(document),
        [Vector] = new ReadOnlyMemory<float>(unit),
    };

    // Several callers wait for one opening, and none takes it with it when it goes. One that failed is tried again by the next call.
    private async ValueTask<Collection> OpenAsync(string tenant, int dimensions, CancellationToken cancellationToken)
    {
        while (true)
        {
            var opening = _open.GetOrAdd(tenant, _ => Task.Run(() => FillAsync(tenant, dimensions), CancellationToken.None));
            try
            {
                return await opening.WaitAsync(options.Timeout, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException error)
            {
                throw new RagException(RagError.Unavailable, $"vectors: {Provider} does not answer, or is being given again what it lost; try again later", TimeSpan.FromSeconds(5), error);
            }
            catch (Exception error) when (opening.IsFaulted)
            {
                _open.TryRemove(new(tenant, opening));
                throw ProviderFailure.Of("vectors", Provider, error);
            }
        }
    }

    private async Task<Collection> FillAsync(string tenant, int dimensions)
    {
        var collection = provider.GetDynamicCollection(NameOf(tenant), new VectorStoreCollectionDefinition
        {
            Properties =
            [
                new VectorStoreKeyProperty(Key, options.Key),
                new VectorStoreDataProperty(Document, typeof(string)),
                new VectorStoreVectorProperty(Vector, typeof(ReadOnlyMemory<float>), dimensions) { DistanceFunction = options.Distance, IndexKind = options.IndexKind },
            ],
        });
        using var view = held.Open(tenant); // nothing that is given now is removed meanwhile
        var versions = view.Matching(null);
        var was = await Bounded(stop => collection.CollectionExistsAsync(stop)).ConfigureAwait(false);
        if (!was)
            await Bounded(async stop =>
            {
                await collection.EnsureCollectionExistsAsync(stop).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        if (versions.Count == 0 || (was && await HasAsync(collection, versions).ConfigureAwait(false)))
            return collection;
        LogFilled(NameOf(tenant), view.Live, Provider);
        var documents = versions.ToDictionary(version => version.Attempt, version => version.Document);
        foreach (var some in store.ReadVectors(documents.Keys).Chunk(BatchRecords))
            await Bounded(async stop =>
            {
                await collection.UpsertAsync(some.Select(chunk => Record(chunk.Key, documents[chunk.Key.Attempt], chunk.Vector)), stop).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        return collection;
    }

    // A provider that lost some of its records and kept others is not found out; one that lost all, or came back from an older copy, is: the newest are looked for.
    private async Task<bool> HasAsync(Collection collection, List<HeldVersion> versions)
    {
        foreach (var version in versions.OrderByDescending(version => version.Attempt).Take(Witnesses))
            if (await Bounded(stop => collection.GetAsync(new RecordKey(version.Attempt, version.Ordinals[^1]).As(options.Key), null, stop)).ConfigureAwait(false) is null)
                return false;
        return true;
    }

    private async Task<T> Bounded<T>(Func<CancellationToken, Task<T>> call)
    {
        using var late = new CancellationTokenSource(options.Timeout, time);
        return await call(late.Token).WaitAsync(options.Timeout, time, CancellationToken.None).ConfigureAwait(false);
    }

    private async ValueTask CallAsync(string tenant, Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(options.Timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            // A provider that doesn't heed cancellation is left behind when its time is over.
            await call(stop.Token).WaitAsync(options.Timeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            if (cancellationToken.IsCancellationRequested)
                throw new OperationCanceledException("the caller has gone", error, cancellationToken);
            _open.TryRemove(tenant, out _); // whether it still has what it was given is looked at before it is used again
            throw ProviderFailure.Of("vectors", Provider, late.IsCancellationRequested ? new TimeoutException(null, error) : error);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "vectors: the collection {Collection} of {Provider} lacks what it was given; it is given {Chunks} chunks again from the data folder")]
    private partial void LogFilled(string collection, int chunks, string provider);
}
