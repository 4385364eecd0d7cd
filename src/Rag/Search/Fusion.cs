using System.Runtime.InteropServices;
using Rag.Keywords;
using Rag.Vectors;

namespace Rag.Search;

/// <summary>
/// Two rankings to one. Each side's scores are brought to 0…1 (its worst candidate to its best), weighted and added; who is missing on a side gets 0 there.
/// A weighted sum keeps how sure a side is; reciprocal ranks don't, and let a weak side spoil a strong one (bench/README.md has both).
/// Test: <c>FusionTests</c>.
/// </summary>
internal static class Fusion
{
    /// <summary>Fuses.</summary>
    /// <returns>Best first, each chunk once, of each document its newest version alone.</returns>
    public static List<(ChunkKey Key, double Score)> Fuse(IReadOnlyList<KeywordHit> keywords, IReadOnlyList<VectorHit> vectors, double vectorWeight)
    {
        var scores = new Dictionary<ChunkKey, double>(keywords.Count + vectors.Count);
        if (keywords.Count > 0)
        {
            var scale = new Scale(keywords[^1].Score, keywords[0].Score);
            foreach (var hit in keywords)
                Raise(scores, new ChunkKey(hit.DocumentId, hit.Version, hit.Ordinal), scale.Of(hit.Score));
        }

        if (vectors.Count > 0)
        {
            // Alone, the vectors' own scale is the whole scale.
            var weight = keywords.Count == 0 ? 1 : vectorWeight;
            var scale = new Scale(vectors[^1].Score, vectors[0].Score);
            foreach (var hit in vectors)
                Raise(scores, new ChunkKey(hit.DocumentId, hit.Version, hit.Ordinal), weight * scale.Of(hit.Score));
        }

        // An update reaches one index before the other: until both have it, its chunks would compete with those that they replace.
        var newest = new Dictionary<string, int>(scores.Count);
        foreach (var key in scores.Keys)
        {
            ref var version = ref CollectionsMarshal.GetValueRefOrAddDefault(newest, key.DocumentId, out _);
            version = Math.Max(version, key.Version);
        }

        var fused = new List<(ChunkKey Key, double Score)>(scores.Count);
        foreach (var (key, score) in scores)
            if (newest[key.DocumentId] == key.Version)
                fused.Add((key, score));
        fused.Sort(static (a, b) => b.Score.CompareTo(a.Score) is var byScore && byScore != 0 ? byScore
            : string.CompareOrdinal(a.Key.DocumentId, b.Key.DocumentId) is var byId && byId != 0 ? byId
            : a.Key.Ordinal.CompareTo(b.Key.Ordinal));
        return fused;
    }

    private static void Raise(Dictionary<ChunkKey, double> scores, ChunkKey key, double by) =>
        CollectionsMarshal.GetValueRefOrAddDefault(scores, key, out _) += by;

    /// <summary>Linear from worst → 0 to best → 1; if all are alike, all are 1.</summary>
    private readonly struct Scale(float worst, float best)
    {
        public double Of(float score) => best > worst ? ((double)score - worst) / ((double)best - worst) : 1;
    }
}
