using System.Collections.Concurrent;
using Rag.Documents;
using Rag.Tests.Documents;
using Xunit;

namespace Rag.Tests.Ingestion;

/// <summary>
/// What kill -9 leaves, without a process to kill: at each boundary (before a commit, inside its transaction, after it, around each call to an index)
/// the files and the indexes are copied as they are, together with what had been acknowledged by then. Each copy is then started, drained and checked.
/// The end-to-end test does the same with the real process.
/// </summary>
public class CrashTests
{
    public static TheoryData<string> Boundaries() =>
    [
        "before commit", "inside commit", "after commit", "embed", "vectors.replace", "vectors.replace done", "keywords.replace", "keywords.replace done",
        "vectors.delete", "vectors.delete done", "keywords.delete", "keywords.delete done",
    ];

    [Theory]
    [MemberData(nameof(Boundaries))]
    public async Task After_a_crash_at_this_boundary_what_was_acknowledged_is_searchable_once_and_what_was_deleted_is_gone(string boundary)
    {
        var root = Directory.CreateTempSubdirectory("rag-crash-").FullName;
        try
        {
            var images = await CrashAsync(boundary, root);
            Assert.NotEmpty(images);
            foreach (var image in images)
                await CheckAsync(image);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>Uploads, replaces and deletes with a worker beside, and takes images at some passages of the boundary.</summary>
    private static async Task<List<Image>> CrashAsync(string boundary, string root)
    {
        var acknowledged = new ConcurrentDictionary<string, (int Version, bool Deleted)>();
        var images = new List<Image>();
        var services = new FakeServices();
        var passages = 0;
        var live = Path.Combine(root, "live");
        var frozen = new Lock();

        void Pass(string name)
        {
            // Each third passage, once there is something to lose, until four images are taken.
            if (name != boundary || acknowledged.IsEmpty || Interlocked.Increment(ref passages) % 3 != 1)
                return;
            lock (frozen)
                if (images.Count < 4)
                {
                    // First what was acknowledged, then the files: they may hold more than was acknowledged, never less.
                    var known = acknowledged.ToDictionary();
                    images.Add(new Image(Copy(live, Path.Combine(root, $"image{images.Count}")), services.Copy(), known));
                }
        }

        services.Before = Pass;
        services.After = name => Pass(name + " done");
        // Where the writer is stopped at a boundary of its own, files stand still; elsewhere the copy is taken between two commits.
        using var documents = new DocumentsFixture(folder: Directory.CreateDirectory(live).FullName, wrap: s => new ImagedStore(s, Pass, frozen), time: TimeProvider.System);
        await using var worker = new WorkerFixture(documents, services);
        await worker.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async client =>
        {
            var chance = new Random(client);
            for (var i = 0; i < 25; i++)
            {
                // Documents of a client are its own, so it knows the order of its acknowledgements.
                var id = $"c{client}-d{chance.Next(6)}";
                if (chance.Next(4) == 0)
                {
                    if (await documents.Service.DeleteAsync("t", id, null, default))
                        acknowledged[id] = (acknowledged[id].Version + 1, true);
                }
                else
                    acknowledged[id] = ((await documents.PutAsync(id, $"{id} text {i}")).Version, false);
            }
        }));
        await worker.DrainAsync();
        return images;
    }

    private static async Task CheckAsync(Image image)
    {
        using var documents = new DocumentsFixture(folder: image.Folder, time: TimeProvider.System);
        await using var worker = new WorkerFixture(documents, image.Services);
        await worker.StartAsync();
        await worker.DrainAsync();
        foreach (var (id, (version, deleted)) in image.Acknowledged)
        {
            var document = await documents.Service.GetAsync("t", id, default);
            var (vectors, keywords) = (image.Services.VectorIndex[("t", id)], image.Services.KeywordIndex[("t", id)]);
            // A write that was on its way may have made it: then there is one version more.
            Assert.InRange(keywords.Version, version, version + 1);
            Assert.Equal(keywords.Version, vectors.Version);
            if (keywords.Version == version)
                Assert.Equal(deleted, document is null);
            Assert.Equal((document is null, document is null), (keywords.Chunks is null, vectors.Chunks is null));
            if (document is null)
                continue;
            Assert.Equal((keywords.Version, DocumentState.Searchable), (document.Version, document.Status));
            Assert.Equal(document.Text, Assert.Single(keywords.Chunks!.Chunks));
            Assert.Single(vectors.Chunks!);
        }

        var next = image.Acknowledged.Keys.First();
        Assert.True((await documents.PutAsync(next)).Version > image.Acknowledged[next].Version);
    }

    /// <summary>The database and its log. Not the log's index: a restart after the death of all processes makes it anew.</summary>
    private static string Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var name in (string[])["documents.db", "documents.db-wal", "documents.db.inhand"])
            if (File.Exists(Path.Combine(from, name)))
            {
                using var source = new FileStream(Path.Combine(from, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var target = File.Create(Path.Combine(to, name));
                source.CopyTo(target);
            }
        return to;
    }

    private sealed record Image(string Folder, FakeServices Services, Dictionary<string, (int Version, bool Deleted)> Acknowledged);

    private sealed class ImagedStore(IDocumentStore inner, Action<string> pass, Lock frozen) : IDocumentStore
    {
        public void Commit(Action<IDocumentTransaction> work)
        {
            lock (frozen)
            {
                pass("before commit");
                inner.Commit(
                    t =>
                    {
                        work(t);
                        pass("inside commit");
                    });
                pass("after commit");
            }
        }

        public ValueTask<StoredVersion?> FindAsync(string tenant, string documentId, CancellationToken cancellationToken) =>
            inner.FindAsync(tenant, documentId, cancellationToken);

        public ValueTask<IReadOnlyList<StoredVersion>> ListAsync(string tenant, string? after, int limit, CancellationToken cancellationToken) =>
            inner.ListAsync(tenant, after, limit, cancellationToken);

        public ValueTask<StoredContent?> ReadContentAsync(long jobId, CancellationToken cancellationToken) => inner.ReadContentAsync(jobId, cancellationToken);

        public ValueTask<string?> ReadTextAsync(long jobId, CancellationToken cancellationToken) => inner.ReadTextAsync(jobId, cancellationToken);

        public StoredBacklog ReadBacklog() => inner.ReadBacklog();

        public void NoteInHand(long jobId, bool inHand) => inner.NoteInHand(jobId, inHand);

        public void Dispose() => inner.Dispose();
    }
}
