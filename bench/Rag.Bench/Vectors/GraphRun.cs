using System.Diagnostics;
using System.Numerics.Tensors;
using Rag.Vectors.Graphs;

namespace Rag.Bench.Vectors;

/// <summary>One row of the table.</summary>
internal sealed record Measured(string Name, double BuildSeconds, IReadOnlyList<(int Ef, double PerSecond, double Recall)> Searches, double Mebibytes);

/// <summary>Our graph by itself, one thread: what hnswlib and FAISS are measured as.</summary>
internal static class GraphRun
{
    public static Measured Run(Dataset data, int links, int insertBreadth, IReadOnlyList<int> breadths, int rounds)
    {
        using var store = new SlotStore(data.Dimensions, links, data.Count);
        using var epochs = new Epochs(data.Dimensions, links);
        var graph = new HnswGraph(store, epochs, insertBreadth);
        var watch = Stopwatch.StartNew();
        var levels = new Random(1);
        for (var i = 0; i < data.Count; i++)
        {
            var slot = store.Add(data.Vector(i), HnswGraph.LevelOf((ulong)levels.NextInt64() << 1, links), data, i);
            store.Life(slot).Born = 0;
            graph.Insert(slot);
        }

        var build = watch.Elapsed.TotalSeconds;
        var searches = new List<(int, double, double)>();
        foreach (var breadth in breadths)
        {
            var found = new int[data.Truth.Length];
            var perSecond = new List<double>();
            for (var round = 0; round < rounds; round++)
            {
                watch.Restart();
                for (var q = 0; q < data.QueryCount; q++)
                    Search(graph, store, epochs, data.Query(q), breadth, found.AsSpan(q * Dataset.Neighbours, Dataset.Neighbours));
                perSecond.Add(data.QueryCount / watch.Elapsed.TotalSeconds);
            }

            searches.Add((breadth, VectorsBench.Median(perSecond), VectorsBench.Recall(data, found)));
        }

        return new Measured("Loadline graph", build, searches, store.Bytes / 1048576.0);
    }

    private static unsafe void Search(HnswGraph graph, SlotStore store, Epochs epochs, ReadOnlySpan<float> query, int breadth, Span<int> found)
    {
        var walk = epochs.Enter();
        Codes.Encode(query, walk.Query);
        walk.Aim(walk.Query, store.Padded);
        graph.Search(walk, breadth, new SeenAt(store, 0), int.MaxValue);
        var near = walk.Found.Keys;
        Span<ulong> exact = stackalloc ulong[near.Length];
        for (var i = 0; i < near.Length; i++)
        {
            var slot = Near.Slot(near[i]);
            exact[i] = Near.Key(TensorPrimitives.Dot(query, store.Vector(slot)), slot);
        }

        exact.Sort();
        for (var i = 0; i < found.Length; i++)
            found[i] = i < exact.Length ? store.Head(Near.Slot(exact[i])).Ordinal : -1;
        epochs.Leave(walk);
    }
}
