using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Rag.Bench.Vectors;

/// <summary>Clustered unit vectors from a seed, and the true neighbours of the queries; written to files that both sides read.</summary>
internal sealed class Dataset
{
    public required int Count { get; init; }
    public required int Dimensions { get; init; }
    public required float[] Vectors { get; init; }
    public required float[] Queries { get; init; }
    public required int[] Truth { get; init; }

    public const int Neighbours = 10;

    public int QueryCount => Queries.Length / Dimensions;

    public ReadOnlySpan<float> Vector(int i) => Vectors.AsSpan(i * Dimensions, Dimensions);

    public ReadOnlySpan<float> Query(int i) => Queries.AsSpan(i * Dimensions, Dimensions);

    /// <param name="count">Vectors.</param>
    /// <param name="dimensions">Of each.</param>
    /// <param name="queries">From the same clusters, not among the vectors.</param>
    /// <param name="clusters">Centres, drawn evenly on the sphere.</param>
    /// <param name="spread">Length of the noise added to a centre (of length 1).</param>
    /// <param name="seed">Of everything.</param>
    public static Dataset Generate(int count, int dimensions, int queries, int clusters, double spread, int seed)
    {
        var random = new Random(seed);
        var centres = new float[clusters * dimensions];
        for (var i = 0; i < clusters; i++)
            Noise(centres.AsSpan(i * dimensions, dimensions), 1);
        var vectors = Points(count);
        var asked = Points(queries);
        return new Dataset
        {
            Count = count,
            Dimensions = dimensions,
            Vectors = vectors,
            Queries = asked,
            Truth = Nearest(vectors, asked, dimensions),
        };

        float[] Points(int n)
        {
            var points = new float[n * dimensions];
            for (var i = 0; i < n; i++)
            {
                var point = points.AsSpan(i * dimensions, dimensions);
                Noise(point, spread);
                TensorPrimitives.Add(point, centres.AsSpan(random.Next(clusters) * dimensions, dimensions), point);
                TensorPrimitives.Divide(point, TensorPrimitives.Norm<float>(point), point);
            }

            return points;
        }

        // Gaussian (Box–Muller), of length about `length`.
        void Noise(Span<float> into, double length)
        {
            var scale = length / Math.Sqrt(dimensions);
            for (var i = 0; i < into.Length; i++)
                into[i] = (float)(scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }
    }

    public void Write(string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, "vectors.f32"), MemoryMarshal.AsBytes(Vectors.AsSpan()));
        File.WriteAllBytes(Path.Combine(folder, "queries.f32"), MemoryMarshal.AsBytes(Queries.AsSpan()));
        File.WriteAllBytes(Path.Combine(folder, "truth.i32"), MemoryMarshal.AsBytes(Truth.AsSpan()));
    }

    private static int[] Nearest(float[] vectors, float[] queries, int dimensions)
    {
        var truth = new int[queries.Length / dimensions * Neighbours];
        Parallel.For(0, queries.Length / dimensions, q =>
        {
            var query = queries.AsSpan(q * dimensions, dimensions);
            var best = new PriorityQueue<int, float>();
            for (var i = 0; i < vectors.Length / dimensions; i++)
            {
                var similarity = TensorPrimitives.Dot(query, vectors.AsSpan(i * dimensions, dimensions));
                if (best.Count < Neighbours)
                    best.Enqueue(i, similarity);
                else if (best.TryPeek(out _, out var worst) && similarity > worst)
                    best.EnqueueDequeue(i, similarity);
            }

            for (var i = 0; i < Neighbours; i++)
                truth[q * Neighbours + i] = best.Dequeue();
        });
        return truth;
    }
}
