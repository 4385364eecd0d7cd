using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Embedding;
using Rag.Errors;
using Rag.Vectors;
using Rag.Vectors.Moves;
using Xunit;

namespace Rag.Tests.Vectors.Moves;

/// <summary>A move is killed before and after every call that it makes of its engine; what the disk held then is started anew, and the move goes on from there.</summary>
public sealed class MoveCrashTests
{
    private static readonly EmbeddingModel Old = Make.Model;
    private static readonly EmbeddingModel New = new("newer", "7", 32);
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(60);

    // What callers want; each is repeated until it was acknowledged, as the queue does.
    private static readonly IReadOnlyList<Func<ModelVectors, Task>> Wishes =
    [
        vectors => PutAsync(vectors, ("d0", 1), ("d1", 1), ("d2", 1), ("d3", 1), ("gone", 1)),
        vectors => Make.Delete(vectors, "gone", 2),
        vectors => vectors.PrepareAsync(New, default).AsTask(),
        vectors => PutAsync(vectors, ("e", 1)),
        vectors => PutAsync(vectors, ("d1", 2)),
        vectors => Make.Delete(vectors, "d2", 2),
        FillAsync,
        vectors => PutAsync(vectors, ("f", 1), ("d3", 2)),
    ];

    private static readonly (string, int)[] Expected = [("d0", 1), ("d1", 2), ("d3", 2), ("e", 1), ("f", 1)];

    [Fact]
    public async Task A_kill_at_any_moment_loses_nothing_and_brings_nothing_back()
    {
        var moments = new Dictionary<string, int>();
        var lives = 0;
        for (var at = 1; ; at++)
        {
            if (await RunAsync(at) is not { } moment)
                break;
            lives++;
            moments[moment] = moments.GetValueOrDefault(moment) + 1;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{lives} kills: {string.Join(", ", moments.Select(pair => $"{pair.Key} {pair.Value}"))}");
        // Each kind of moment was met, or the test proves less than it says.
        foreach (var what in new[] { "read the plan", "write the plan", "open", "drop", "compare", "replace", "delete" })
        {
            Assert.Contains("before: " + what, moments.Keys);
            Assert.Contains("after: " + what, moments.Keys);
        }
    }

    /// <summary>One run that dies at a moment; which one that was, or null when it was over before.</summary>
    private static async Task<string?> RunAsync(int diesAt)
    {
        var time = new FakeTimeProvider();
        using var first = new Folder();
        using var second = new Folder();
        string? moment = null;
        var next = 0;
        var dying = new DyingIndexes(Indexes(first.Path), diesAt, at =>
        {
            moment = at;
            first.CopyTo(second);
        });
        try
        {
            await using var vectors = new ModelVectors(dying, new MoveSettings(Keep), time, NullLogger<ModelVectors>.Instance);
            next = await LiveAsync(vectors, next, done => next = done);
            await EndAsync(vectors, time);
        }
        catch (DyingIndexes.DeadException)
        {
        }
        catch (AggregateException error) when (error.InnerExceptions.All(inner => inner is DyingIndexes.DeadException))
        {
        }

        if (moment is not null)
        {
            await using var vectors = new ModelVectors(Indexes(second.Path), new MoveSettings(Keep), time, NullLogger<ModelVectors>.Instance);
            await LiveAsync(vectors, next, _ => { });
            await EndAsync(vectors, time);
        }

        return moment;
    }

    private static async Task<int> LiveAsync(ModelVectors vectors, int from, Action<int> done)
    {
        for (var i = from; i < Wishes.Count; i++)
        {
            await Wishes[i](vectors);
            done(i + 1);
        }

        return Wishes.Count;
    }

    private static async Task EndAsync(ModelVectors vectors, FakeTimeProvider time)
    {
        await FillAsync(vectors);
        time.Advance(Keep);
        for (var i = 0; i < 3 && (await vectors.AdvanceAsync(default)).IsMoving; i++)
            await FillAsync(vectors);
        Assert.Equal(new VectorModels(New, null, null, 0, 0), await vectors.ModelsAsync(default));
        var hits = await vectors.SearchAsync(new VectorSearch("t", New, Vector(New, "any", 1, 0), 1000, null), default);
        Assert.Equal(Expected, hits.Select(hit => (hit.DocumentId, hit.Version)).Distinct().Order());
        Assert.Equal(2 * Expected.Length, hits.Count); // each chunk once
        Assert.Equal(RagError.InvalidArgument, (await Assert.ThrowsAsync<RagException>(
            () => vectors.SearchAsync(new VectorSearch("t", Old, Vector(Old, "any", 1, 0), 10, null), default).AsTask())).Error);
    }

    private static async Task FillAsync(ModelVectors vectors)
    {
        for (var round = 0; round < 10; round++)
        {
            while (await vectors.TakeAsync(2, default) is { Count: > 0 } some)
                foreach (var document in some)
                    await (document.Deleted ? Make.Delete(vectors, document.DocumentId, document.Version) : Make.Replace(vectors, Document(New, document.DocumentId, document.Version)));
            if ((await vectors.AdvanceAsync(default)).Next is null)
                return;
        }

        Assert.Fail("the move does not end");
    }

    // As ingestion does it: asks which models are wanted, and brings vectors of all of them.
    private static async Task PutAsync(ModelVectors vectors, params (string Id, int Version)[] documents)
    {
        var models = await vectors.ModelsAsync(default);
        await Make.Replace(vectors, [.. new[] { models.Active ?? Old, models.Next }.OfType<EmbeddingModel>().SelectMany(model => documents.Select(document => Document(model, document.Id, document.Version)))]);
    }

    private static DocumentVectors Document(EmbeddingModel model, string id, int version) =>
        new("t", id, version, model, [Vector(model, id, version, 0), Vector(model, id, version, 1)], Make.NoMetadata);

    private static float[] Vector(EmbeddingModel model, string id, int version, int ordinal) => Make.Vector(new Random((id.Sum(c => c) * 100) + (version * 10) + ordinal), model.Dimensions);

    private static BuiltInIndexes Indexes(string folder) => new(folder, new VectorsOptions(), TimeProvider.System, NullLogger.Instance);

    private sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("rag-moves-").FullName;

        public void CopyTo(Folder other)
        {
            foreach (var file in Directory.GetFiles(Path, "*", SearchOption.AllDirectories).Where(file => System.IO.Path.GetFileName(file) != "lock"))
            {
                var to = System.IO.Path.Combine(other.Path, System.IO.Path.GetRelativePath(Path, file));
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(to)!);
                File.Copy(file, to);
            }
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
