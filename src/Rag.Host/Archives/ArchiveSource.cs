using System.Runtime.CompilerServices;
using System.Text;
using Rag.Documents;
using Rag.Engines;
using Rag.Identity;
using Rag.Identity.Usage;
using Rag.Ingestion;

namespace Rag.Host.Archives;

/// <summary>All documents, keys and usage of a system's engines, as a backup has them.</summary>
internal sealed class ArchiveSource(EngineContext context) : IAsyncDisposable
{
    private readonly ServiceProvider _documents = Server(context, "documents");
    private readonly ServiceProvider _identity = Server(context, "identity");

    /// <summary>Documents whose newest version could not be processed, and for which the version that searches find stands in.</summary>
    public long StoodIn { get; private set; }

    /// <summary>Every valid key.</summary>
    public IAsyncEnumerable<NewKey> KeysAsync(CancellationToken cancellationToken) => Archive<IKeyArchive>(_identity, "identity").ReadAsync(cancellationToken);

    /// <summary>All usage that is kept.</summary>
    public async IAsyncEnumerable<UsageEntry> UsageAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var store = Archive<IUsageStore>(_identity, "identity");
        UsagePlace? after = null;
        do
        {
            var page = await store.ReadAsync(new UsageQuestion(0, int.MaxValue, null, null, after, UsageQuestion.MaxMost), cancellationToken).ConfigureAwait(false);
            foreach (var entry in page.Entries)
                yield return entry;
            after = page.Next;
        }
        while (after is not null);
    }

    /// <summary>Every document that ever was.</summary>
    public async IAsyncEnumerable<ArchiveDocument> DocumentsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var archived in Archive<IDocumentArchive>(_documents, "documents").ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var version = archived.Version;
            var deleted = version.Kind == IngestionKind.Delete;
            StoodIn += archived.StandsIn ? 1 : 0;
            yield return new ArchiveDocument(
                version.Tenant, version.DocumentId, archived.Number, deleted, version.Title, version.ContentType, version.FileName,
                version.Metadata.IsEmpty ? null : Encoding.UTF8.GetString(version.Metadata.Span), version.UploadedBy, version.CreatedAt, version.QueuedAt,
                deleted ? null : archived.Content.ToArray());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _documents.DisposeAsync().ConfigureAwait(false);
        await _identity.DisposeAsync().ConfigureAwait(false);
    }

    private static ServiceProvider Server(EngineContext context, string seam) => Serving.Server.Explained(() => EngineCatalogue.Open(seam, context));

    private static T Archive<T>(ServiceProvider engine, string seam) where T : class => engine.GetService<T>()
        ?? throw new CommandException(ExitCode.InvalidArguments, $"the engine of {seam} can't be read as a whole; back it up with its own tools");
}
