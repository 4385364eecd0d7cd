using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rag.Engines.Chroma;

/// <summary>A collection, as the server describes it.</summary>
internal sealed record ChromaCollection(string Id, string Name, Dictionary<string, JsonElement>? Metadata);

/// <summary>What makes a collection where there is none; an existing one stays as it is.</summary>
internal sealed record NewCollection(string Name, bool GetOrCreate, Dictionary<string, object>? Metadata, CollectionConfiguration Configuration);

/// <summary>How a collection searches.</summary>
internal sealed record CollectionConfiguration(HnswConfiguration Hnsw);

/// <summary>Chroma's graph: the distance, links, and breadths of inserts and searches.</summary>
internal sealed record HnswConfiguration(string Space, int MaxNeighbors, int EfConstruction, int EfSearch);

/// <summary>The nearest of one query: outer lists have one entry per query.</summary>
internal sealed record QueryReply(string[][] Ids, double?[][]? Distances, Dictionary<string, JsonElement>?[][]? Metadatas);

/// <summary>Records by name or condition.</summary>
internal sealed record GetReply(string[] Ids, float[][]? Embeddings, Dictionary<string, JsonElement>?[]? Metadatas);

/// <summary>What the server refuses with.</summary>
internal sealed record ErrorReply(string? Error, string? Message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChromaCollection))]
[JsonSerializable(typeof(ChromaCollection[]))]
[JsonSerializable(typeof(NewCollection))]
[JsonSerializable(typeof(QueryReply))]
[JsonSerializable(typeof(GetReply))]
[JsonSerializable(typeof(ErrorReply))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(long))]
internal sealed partial class ChromaJson : JsonSerializerContext;
