using System.Diagnostics;
using System.Globalization;
using Rag.Engines.Faiss;
using Rag.Tests.Conformance.Vectors;
using Rag.Tests.Journals;
using Rag.Tests.Vectors;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Engines.Faiss;

/// <summary>What lies on the disk: Python's faiss reads it and writes it, damage costs time and nothing else, and a kill at any moment loses nothing.</summary>
public sealed class FaissFileTests : IDisposable
{
    private const string Python = "/usr/bin/python3"; // Debian's own, which python3-faiss is for

    private readonly TestFolder _folder = new();
    private readonly Random _random = new(3);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Python_reads_our_file_and_finds_the_same()
    {
        var query = Make.Vector(_random);
        var found = await FillAsync(query);
        var said = Ask(
            """
            import faiss, sys, numpy
            index = faiss.read_index(sys.argv[1])
            faiss.downcast_index(index.index).hnsw.efSearch = 200
            distances, ids = index.search(numpy.array([[float(x) for x in sys.argv[2].split(",")]], dtype="float32"), 10)
            print(index.ntotal, index.d, *[f"{1 - d / 2:.5f}" for d in distances[0]])
            """, _folder.File("*.faiss"), Text(query));
        Assert.Equal(["1500", "48", .. found.Select(hit => hit.Score.ToString("F5", CultureInfo.InvariantCulture))], said);
    }

    [Theory]
    [InlineData("METRIC_L2")]
    [InlineData("METRIC_INNER_PRODUCT")]
    public async Task A_file_that_Python_wrote_is_taken_and_searched(string metric)
    {
        var query = Make.Vector(_random);
        var found = await FillAsync(query);
        var file = _folder.File("*.faiss");
        Ask(
            """
            import faiss, sys, numpy
            old = faiss.read_index(sys.argv[1])
            ids = faiss.vector_to_array(old.id_map)
            new = faiss.IndexIDMap2(faiss.IndexHNSWFlat(old.d, 32, getattr(faiss, sys.argv[2])))
            new.add_with_ids(numpy.vstack([old.reconstruct(int(i)) for i in ids[:-100]]), ids[:-100])
            faiss.write_index(new, sys.argv[1])
            """, file, metric);
        File.Delete(Path.ChangeExtension(file, ".sha256"));

        // It lacks 100 vectors, which are added from SQLite; so it was taken, and completed.
        var library = FaissLibrary.Load(FaissLibraryPath.Get());
        using (var index = FaissIndex.Read(library, file))
            Assert.Equal(1400, index.Count);
        using var vectors = FaissVectorsTests.Open(_folder.Path);
        var again = await Make.Search(vectors, query);
        Assert.Equal(found.Select(hit => (hit.DocumentId, hit.Ordinal)), again.Select(hit => (hit.DocumentId, hit.Ordinal)));
        Assert.All(found.Zip(again), pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-5f));
        Assert.Equal((1500, 0), ((await vectors.DescribeAsync(default)).Chunks, (await vectors.DescribeAsync(default)).Deleted));
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("empty")]
    [InlineData("text")]
    [InlineData("bits")]
    [InlineData("another kind")]
    [InlineData("wrong sum")]
    public async Task A_damaged_file_is_made_anew(string damage)
    {
        var query = Make.Vector(_random);
        var found = await FillAsync(query);
        var file = _folder.File("*.faiss");
        var bytes = File.ReadAllBytes(file);
        if (damage == "bits")
            for (var i = 100; i < bytes.Length; i += 997)
                bytes[i] ^= 0xff;
        if (damage == "another kind")
            Ask("""import faiss, sys; faiss.write_index(faiss.IndexFlatL2(48), sys.argv[1])""", file);
        else
            File.WriteAllBytes(file, damage switch { "cut" => bytes[..(bytes.Length / 2)], "empty" => [], "text" => "this is no index"u8.ToArray(), "bits" => bytes, _ => [.. bytes, 0] });
        if (damage is not ("wrong sum" or "bits"))
            File.Delete(Path.ChangeExtension(file, ".sha256")); // so that FAISS itself must notice
        using var vectors = FaissVectorsTests.Open(_folder.Path);
        Assert.Equal(found.Select(hit => (hit.DocumentId, hit.Ordinal)), (await Make.Search(vectors, query)).Select(hit => (hit.DocumentId, hit.Ordinal)));
    }

    [Fact]
    public async Task A_link_that_leads_nowhere_is_noticed_before_a_search_follows_it()
    {
        await FillAsync(Make.Vector(_random));
        var file = _folder.File("*.faiss");
        Ask(
            """
            import faiss, sys, numpy
            index = faiss.read_index(sys.argv[1])
            hnsw = faiss.downcast_index(index.index).hnsw
            links = faiss.vector_to_array(hnsw.neighbors)
            links[5] = 1 << 29
            faiss.copy_array_to_vector(links, hnsw.neighbors)
            faiss.write_index(index, sys.argv[1])
            """, file);
        var error = Assert.Throws<FaissException>(() => FaissIndex.Read(FaissLibrary.Load(FaissLibraryPath.Get()), file));
        Assert.EndsWith("a link leads nowhere", error.Message);
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_kill_at_any_moment()
    {
        using var vectors = FaissVectorsTests.Open(_folder.Path);
        for (var version = 1; version <= 5; version++)
        {
            await Make.Replace(vectors, Make.Document("d", version, _random), Make.Document("gone", version, _random));
            await Make.Delete(vectors, "gone", version);
            using var crashed = _folder.Copy();
            using var again = FaissVectorsTests.Open(crashed.Path);
            Assert.Equal([version, version, version], (await Make.Search(again, Make.Vector(_random))).Select(hit => hit.Version));
        }
    }

    [Fact]
    public async Task Endless_replacement_keeps_the_index_bounded_and_exact()
    {
        using var vectors = FaissVectorsTests.Open(_folder.Path);
        var documents = new DocumentVectors[20];
        for (var version = 1; version <= 30; version++)
            for (var d = 0; d < documents.Length; d++)
                await Make.Replace(vectors, documents[d] = Make.Document($"d{d}", version, _random, chunks: 10));
        var state = await vectors.DescribeAsync(default);
        Assert.Equal(200, state.Chunks);
        Assert.InRange(state.Deleted, 0, 1_010);
        Assert.InRange(await Make.Recall(vectors, documents, _random, queries: 20), 0.99, 1);
    }

    [Fact]
    public void A_second_process_is_kept_out()
    {
        using var vectors = FaissVectorsTests.Open(_folder.Path);
        Assert.Throws<IOException>(() => FaissVectorsTests.Open(_folder.Path));
    }

    [Fact]
    public void A_missing_library_is_named_with_the_remedy() =>
        Assert.StartsWith("faiss:library: '/nowhere/libfaiss.so' can't be loaded", Assert.Throws<FaissException>(() => FaissLibrary.Load("/nowhere/libfaiss.so")).Message);

    private async Task<IReadOnlyList<VectorHit>> FillAsync(float[] query)
    {
        using var vectors = FaissVectorsTests.Open(_folder.Path);
        await SearchTests.Fill(vectors, _random, 500);
        return await Make.Search(vectors, query);
    }

    private static string Text(float[] vector) => string.Join(',', vector.Select(number => number.ToString("R", CultureInfo.InvariantCulture)));

    private static string[] Ask(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Python, ["-c", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return said.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }
}
