using System.Diagnostics.Metrics;
using Rag.Vectors.Moves;

namespace Rag.Ingestion.Moves;

/// <summary>What is told of a change of the embedding model, on the meter <c>Rag</c>.</summary>
internal static class ReembeddingMetrics
{
    private static readonly Meter Meter = new("Rag");

    private static readonly Counter<long> Documents = Meter.CreateCounter<long>(
        "rag.vectors.reembedding.documents", "{document}", "Documents that a change of the embedding model brought into the new index, by result (done, failed: tried again later)");

    private static readonly Counter<long> Errors = Meter.CreateCounter<long>(
        "rag.vectors.reembedding.errors", "{error}", "Steps of a change of the embedding model that failed as a whole and are tried again: a service that is down, or a configuration that can't be followed");

    private static VectorModels? _last;

    static ReembeddingMetrics() => Meter.CreateObservableGauge(
        "rag.vectors.reembedding.remaining", () => _last is { IsMoving: true } models ? models.Behind : 0, "{document}", "Documents that the new index still lacks; 0 when the embedding model is not being changed");

    public static void Seen(VectorModels? models) => _last = models;

    public static void Ended(int done, int failed)
    {
        if (done > 0)
            Documents.Add(done, new KeyValuePair<string, object?>("result", "done"));
        if (failed > 0)
            Documents.Add(failed, new KeyValuePair<string, object?>("result", "failed"));
    }

    public static void Failed() => Errors.Add(1);
}
