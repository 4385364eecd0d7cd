using System.Numerics.Tensors;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Embedding;
using Rag.Filters;
using Rag.Tests.Journals;
using Rag.Vectors;

namespace Rag.Tests.Vectors;

/// <summary>Seeded vectors, documents and indexes.</summary>
internal static class Make
{
    public static readonly EmbeddingModel Model = new("test", "1", 48);

    public static readonly IReadOnlyDictionary<string, MetadataValue> NoMetadata = new Dictionary<string, MetadataValue>();

    public static VectorIndex Index(TestFolder folder, VectorsOptions? options = null) =>
        VectorIndex.Open(folder.Path, options ?? new VectorsOptions(), TimeProvider.System, NullLogger.Instance);

    /// <summary>A unit vector near one of 40 centres.</summary>
    public static float[] Vector(Random random, int dimensions = 48, double spread = 0.8)
    {
        var centre = new Random(random.Next(40));
        var vector = new float[dimensions];
        for (var i = 0; i < dimensions; i++)
            vector[i] = (float)(Gauss(centre) + spread * Gauss(random));
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        return vector;

        static double Gauss(Random from) => Math.Sqrt(-2 * Math.Log(1 - from.NextDouble())) * Math.Cos(2 * Math.PI * from.NextDouble());
    }

    public static DocumentVectors Document(
        string id, int version, Random random, int chunks = 3, string tenant = "t", IReadOnlyDictionary<string, MetadataValue>? metadata = null) =>
        new(tenant, id, version, Model, [.. Enumerable.Range(0, chunks).Select(_ => Vector(random))], metadata ?? NoMetadata);

    public static Task<IReadOnlyList<VectorHit>> Search(IVectors index, float[] vector, int topK = 10, string tenant = "t", MetadataFilter? filter = null) =>
        index.SearchAsync(new VectorSearch(tenant, Model, vector, topK, filter), CancellationToken.None).AsTask();

    public static Task Replace(IVectors index, params DocumentVectors[] documents) => index.ReplaceAsync(documents, CancellationToken.None).AsTask();

    public static Task Delete(IVectors index, string id, int version, string tenant = "t") => index.DeleteAsync(tenant, id, version, CancellationToken.None).AsTask();

    /// <summary>What a comparison with every chunk finds.</summary>
    public static List<VectorHit> Exact(IEnumerable<DocumentVectors> documents, float[] vector, int topK) =>
    [
        .. documents.SelectMany(d => d.Chunks.Select((chunk, i) => new VectorHit(d.DocumentId, d.Version, i, TensorPrimitives.Dot(chunk, vector))))
            .OrderByDescending(hit => hit.Score).ThenBy(hit => hit.DocumentId, StringComparer.Ordinal).ThenBy(hit => hit.Ordinal).Take(topK),
    ];

    /// <summary>Mean share of the true nearest that searches find.</summary>
    public static async Task<double> Recall(IVectors index, IReadOnlyCollection<DocumentVectors> documents, Random random, int queries = 100, int topK = 10, MetadataFilter? filter = null, string tenant = "t")
    {
        double sum = 0;
        for (var q = 0; q < queries; q++)
        {
            var query = Vector(random);
            var exact = Exact(documents, query, topK);
            var found = await Search(index, query, topK, tenant, filter);
            sum += exact.Count == 0 ? 1 : (double)exact.Count(hit => found.Any(f => (f.DocumentId, f.Version, f.Ordinal) == (hit.DocumentId, hit.Version, hit.Ordinal))) / exact.Count;
        }

        return sum / queries;
    }
}
