using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Rag.Embedding;
using Rag.Engines.Metadata;
using Rag.Errors;

namespace Rag.Engines.Chroma;

/// <summary>
/// Which collection holds what: <c>NAME.model</c> the model's identity as its metadata, <c>NAME.fences</c> what happened to each document, <c>NAME.t.HASH</c> one
/// tenant's chunks. A tenant of its own collection is searched by its own graph: no other tenant's chunks come in its way, few or many.
/// </summary>
internal sealed class ChromaCollections(ChromaClient client, ChromaOptions options)
{
    private const string Format = "2"; // 2: fences know their documents by name
    private static readonly CollectionConfiguration Small = new(new HnswConfiguration("l2", 4, 8, 8));
    private static readonly CollectionConfiguration Chunks = new(new HnswConfiguration("cosine", 16, 100, 100));

    private readonly ConcurrentDictionary<string, string> _tenants = new(StringComparer.Ordinal);
    private EmbeddingModel? _model;
    private string? _fences;

    /// <summary>Drops all of it; collections of others are left alone.</summary>
    public async ValueTask DropAsync(CancellationToken cancellationToken)
    {
        const int Page = 200;
        var names = new List<string>();
        for (var (offset, count) = (0, Page); count == Page; offset += Page)
        {
            var page = await client.ListCollectionsAsync(Page, offset, cancellationToken).ConfigureAwait(false);
            count = page.Length;
            names.AddRange(page.Select(collection => collection.Name).Where(name => name.StartsWith(TenantPrefix, StringComparison.Ordinal)));
        }

        foreach (var name in names)
            await client.DropCollectionAsync(name, cancellationToken).ConfigureAwait(false);
        await client.DropCollectionAsync(FencesName, cancellationToken).ConfigureAwait(false);
        await client.DropCollectionAsync(ModelName, cancellationToken).ConfigureAwait(false);
        Forget();
    }

    /// <summary>What the names of tenants' collections begin with.</summary>
    public string TenantPrefix => options.Collection + ".t.";

    /// <summary>The index's model; null before the first document.</summary>
    public async ValueTask<EmbeddingModel?> ModelAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _model) ?? (await client.FindCollectionAsync(ModelName, cancellationToken).ConfigureAwait(false) is { } collection ? Know(collection) : null);

    /// <summary>Gives the index its model, unless it has one.</summary>
    /// <returns>The model that it has.</returns>
    public async ValueTask<EmbeddingModel> SetModelAsync(EmbeddingModel model, CancellationToken cancellationToken) =>
        Volatile.Read(ref _model) ?? Know(await client.OpenCollectionAsync(new NewCollection(ModelName, true, new Dictionary<string, object>
        {
            ["format"] = Format,
            ["model_id"] = SafeText.Escape(model.Id),
            ["model_version"] = SafeText.Escape(model.Version),
            ["dimensions"] = model.Dimensions,
        }, Small), cancellationToken).ConfigureAwait(false));

    /// <summary>The id of the fences' collection, made when absent.</summary>
    public async ValueTask<string> FencesAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _fences) is { } known)
            return known;
        var made = await client.OpenCollectionAsync(new NewCollection(FencesName, true, null, Small), cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _fences, made.Id);
        return made.Id;
    }

    /// <summary>The id of a tenant's collection; null when it has none.</summary>
    public async ValueTask<string?> FindAsync(string tenant, CancellationToken cancellationToken)
    {
        if (_tenants.TryGetValue(tenant, out var known))
            return known;
        if (await client.FindCollectionAsync(NameOf(tenant), cancellationToken).ConfigureAwait(false) is not { } found)
            return null;
        return _tenants[tenant] = found.Id;
    }

    /// <summary>The id of a tenant's collection, made when absent.</summary>
    public async ValueTask<string> OpenAsync(string tenant, CancellationToken cancellationToken)
    {
        if (_tenants.TryGetValue(tenant, out var known))
            return known;
        var made = await client.OpenCollectionAsync(
            new NewCollection(NameOf(tenant), true, new Dictionary<string, object> { ["tenant"] = SafeText.Escape(tenant) }, Chunks), cancellationToken).ConfigureAwait(false);
        return _tenants[tenant] = made.Id;
    }

    /// <summary>Forgets all that is known, because some of it was dropped behind our back.</summary>
    public void Forget()
    {
        _tenants.Clear();
        Volatile.Write(ref _fences, null);
        Volatile.Write(ref _model, null);
    }

    private string FencesName => options.Collection + ".fences";

    private string ModelName => options.Collection + ".model";

    private string NameOf(string tenant) =>
        TenantPrefix + Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(tenant.AsSpan())).AsSpan(0, 16));

    private EmbeddingModel Know(ChromaCollection collection)
    {
        if (collection.Metadata is not { } fields || !Is(fields, "model_id", out var id) || !Is(fields, "model_version", out var version)
            || !fields.TryGetValue("dimensions", out var dimensions) || !dimensions.TryGetInt32(out var count) || !Is(fields, "format", out var format) || format != Format)
            throw new RagException(RagError.Unavailable,
                $"vectors: Chroma's collection '{collection.Name}' was not made by this version; give this system another name (chroma:collection), or drop the collections of that name and index all documents again");
        var model = new EmbeddingModel(SafeText.Unescape(id), SafeText.Unescape(version), count);
        Volatile.Write(ref _model, model);
        return model;

        static bool Is(Dictionary<string, JsonElement> fields, string name, out string text)
        {
            text = fields.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
            return text.Length > 0 || name == "model_version";
        }
    }
}
