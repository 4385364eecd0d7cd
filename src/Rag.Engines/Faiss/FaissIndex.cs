using Microsoft.Win32.SafeHandles;

namespace Rag.Engines.Faiss;

/// <summary>An index in native memory, freed when nobody holds it any more.</summary>
internal sealed class FaissHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly FaissLibrary _library;

    public FaissHandle(FaissLibrary library, nint index)
        : base(ownsHandle: true)
    {
        _library = library;
        SetHandle(index);
    }

    protected override bool ReleaseHandle()
    {
        _library.Free(handle);
        return true;
    }
}

/// <summary>
/// One FAISS index: HNSW over whole vectors of length 1, with ids. Searches may run beside each other; <see cref="Add"/> and <see cref="Write"/> must be alone.
/// </summary>
internal sealed class FaissIndex : IDisposable
{
    private readonly FaissLibrary _library;
    private readonly FaissHandle _handle;

    private FaissIndex(FaissLibrary library, nint index)
    {
        (_library, _handle) = (library, new FaissHandle(library, index));
        library.Check(library.Size(_handle, out var count, out var dimensions), "tell its size");
        (Count, Dimensions) = (count, dimensions);
    }

    /// <summary>Vectors in it, those that count no more included.</summary>
    public long Count { get; private set; }

    public int Dimensions { get; }

    public static FaissIndex Create(FaissLibrary library, int dimensions, FaissOptions options)
    {
        library.Check(library.Create(dimensions, options.Links, options.InsertBreadth, out var made), "make an index");
        return new FaissIndex(library, made);
    }

    /// <summary>Opens a file, which Python may have written.</summary>
    /// <exception cref="FaissException">It is not there, is damaged, or holds another kind of index.</exception>
    public static FaissIndex Read(FaissLibrary library, string path)
    {
        library.Check(library.Read(path, out var made), $"read {path}");
        return new FaissIndex(library, made);
    }

    public void Write(string path) => _library.Check(_library.Write(_handle, path), $"write {path}");

    public long[] Ids()
    {
        var ids = new long[Count];
        _library.Check(_library.Ids(_handle, ids), "list its ids");
        return ids;
    }

    /// <summary>Adds vectors that lie one behind the other.</summary>
    public void Add(float[] vectors, long[] ids)
    {
        if (vectors.Length != ids.Length * Dimensions)
            throw new ArgumentException($"{vectors.Length} numbers for {ids.Length} vectors of {Dimensions}", nameof(vectors));
        _library.Check(_library.Add(_handle, ids.Length, vectors, ids), "add vectors");
        Count += ids.Length;
    }

    /// <summary>The nearest by the graph, best first.</summary>
    public List<(long Id, float Score)> Search(float[] query, int count, int breadth)
    {
        var (scores, ids) = (new float[count], new long[count]);
        _library.Check(_library.Search(_handle, Checked(query), count, breadth, scores, ids), "search");
        return [.. ids.Zip(scores).Where(found => found.First >= 0)];
    }

    /// <summary>The similarity of certain vectors; NaN for one that is not there.</summary>
    public float[] Compare(float[] query, long[] ids)
    {
        var scores = new float[ids.Length];
        _library.Check(_library.Compare(_handle, Checked(query), ids.Length, ids, scores), "compare");
        return scores;
    }

    public void Dispose() => _handle.Dispose();

    private float[] Checked(float[] query) =>
        query.Length == Dimensions ? query : throw new ArgumentException($"{query.Length} numbers, but the index has {Dimensions}", nameof(query));
}
