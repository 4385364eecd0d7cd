using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Rag.Engines.Faiss;

/// <summary>The functions of <c>native/faiss_shim.cpp</c>. Loaded once per path and kept until the process ends.</summary>
internal sealed class FaissLibrary
{
    private const int Interface = 1;
    private static readonly ConcurrentDictionary<string, Lazy<FaissLibrary>> Loaded = new(StringComparer.Ordinal);

    private readonly LastError _error;

    private FaissLibrary(nint library)
    {
        _error = Function<LastError>(library, "lfaiss_error");
        Create = Function<CreateIndex>(library, "lfaiss_create");
        Read = Function<ReadIndex>(library, "lfaiss_read");
        Write = Function<WriteIndex>(library, "lfaiss_write");
        Free = Function<FreeIndex>(library, "lfaiss_free");
        Size = Function<SizeOfIndex>(library, "lfaiss_size");
        Ids = Function<IdsOfIndex>(library, "lfaiss_ids");
        Add = Function<AddVectors>(library, "lfaiss_add");
        Search = Function<SearchIndex>(library, "lfaiss_search");
        Compare = Function<CompareVectors>(library, "lfaiss_compare");
        _ = Function<VersionOf>(library, "lfaiss_version")(out var version, out var major, out var minor, out var patch);
        if (version != Interface)
            throw new EntryPointNotFoundException($"its interface is {version}, expected {Interface}");
        Version = new Version(major, minor, patch);
    }

    public delegate int CreateIndex(int dimensions, int links, int insertBreadth, out nint made);

    public delegate int ReadIndex([MarshalAs(UnmanagedType.LPUTF8Str)] string path, out nint made);

    public delegate int WriteIndex(FaissHandle index, [MarshalAs(UnmanagedType.LPUTF8Str)] string path);

    public delegate void FreeIndex(nint index);

    public delegate int SizeOfIndex(FaissHandle index, out long count, out int dimensions);

    public delegate int IdsOfIndex(FaissHandle index, [In, Out] long[] ids);

    public delegate int AddVectors(FaissHandle index, long count, [In] float[] vectors, [In] long[] ids);

    public delegate int SearchIndex(FaissHandle index, [In] float[] query, long count, int breadth, [In, Out] float[] scores, [In, Out] long[] ids);

    public delegate int CompareVectors(FaissHandle index, [In] float[] query, long count, [In] long[] ids, [In, Out] float[] scores);

    private delegate nint LastError();

    private delegate int VersionOf(out int version, out int major, out int minor, out int patch);

    public Version Version { get; }

    public CreateIndex Create { get; }

    public ReadIndex Read { get; }

    public WriteIndex Write { get; }

    public FreeIndex Free { get; }

    public SizeOfIndex Size { get; }

    public IdsOfIndex Ids { get; }

    public AddVectors Add { get; }

    public SearchIndex Search { get; }

    public CompareVectors Compare { get; }

    /// <summary>Loads the library of a path.</summary>
    /// <exception cref="FaissException">It is not there, or is none; the message says what to do.</exception>
    public static FaissLibrary Load(string path)
    {
        try
        {
            return Loaded.GetOrAdd(path, static path => new Lazy<FaissLibrary>(() => new FaissLibrary(NativeLibrary.Load(path)))).Value;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            Loaded.TryRemove(path, out _);
            throw new FaissException($"faiss:library: '{path}' can't be loaded ({error.Message}); build it with eng/engines/faiss.sh install and set what eng/engines/faiss.sh library prints", error);
        }
    }

    /// <summary>Throws when a function did not succeed.</summary>
    public void Check(int result, string what)
    {
        if (result != 0)
            throw new FaissException($"FAISS could not {what}: {Marshal.PtrToStringUTF8(_error())}");
    }

    private static T Function<T>(nint library, string name)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));
}

/// <summary>FAISS refused something; the message holds its reason.</summary>
internal sealed class FaissException(string message, Exception? inner = null) : IOException(message, inner);
