using Rag.Documents;
using Rag.Engines;
using Rag.Errors;
using Rag.Host.Serving;
using Rag.Identity;
using Rag.Identity.Usage;

namespace Rag.Host.Archives;

/// <summary>The engines into which documents, keys and usage are brought.</summary>
internal sealed class Destination : IAsyncDisposable
{
    private readonly ServiceProvider _documents;
    private readonly ServiceProvider _identity;

    private Destination(ServiceProvider documents, ServiceProvider identity)
    {
        (_documents, _identity) = (documents, identity);
        var store = documents.GetRequiredService<IDocumentStore>();
        Target = new ArchiveTarget(store, identity.GetRequiredService<IKeyStore>(), identity.GetRequiredService<IUsageStore>(), TimeProvider.System);
        Backlog = store.ReadBacklog();
    }

    /// <summary>Where they go.</summary>
    public ArchiveTarget Target { get; }

    private StoredBacklog Backlog { get; }

    /// <summary>Opens it.</summary>
    /// <param name="context">The destination's configuration.</param>
    /// <param name="merge">Whether there may be documents already.</param>
    /// <exception cref="CommandException">It can't be opened, or holds documents and must not.</exception>
    public static Destination Open(EngineContext context, bool merge)
    {
        var destination = Refused(() => new Destination(
            Server.Explained(() => EngineCatalogue.Open("documents", context)), Server.Explained(() => EngineCatalogue.Open("identity", context))));
        if (merge || destination.Backlog is { Documents: 0, Jobs.Count: 0 })
            return destination;
        destination._documents.Dispose();
        destination._identity.Dispose();
        throw new CommandException(
            ExitCode.InvalidArguments,
            $"the destination holds {destination.Backlog.Documents} documents; use an empty one, or add --merge to leave alone those that are there in the same or a newer version");
    }

    /// <summary>Writes the rest and says what was done.</summary>
    public async Task EndAsync(string note, CancellationToken cancellationToken)
    {
        await Target.FlushAsync(cancellationToken).ConfigureAwait(false);
        var (documents, deletions, there, keys, usage) = Target.Done;
        var differing = Target.Differing is { Count: > 0 } differ
            ? $", of which {differ.Count} are something else there under the same version (the first: {differ.First}): upload again what is meant" : "";
        await Console.Out.WriteLineAsync(
            $"brought in: documents {documents - deletions}, deletions {deletions}, keys {keys}, lines of usage {usage}; left alone: {there}{differing}{note}; documents become searchable as ingestion works through them").ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _documents.DisposeAsync().ConfigureAwait(false);
        await _identity.DisposeAsync().ConfigureAwait(false);
    }

    private static Destination Refused(Func<Destination> open)
    {
        try
        {
            return open();
        }
        catch (Exception error) when (error is InvalidOperationException or RagException)
        {
            throw new CommandException(ExitCode.EngineUnusable, error.Message, error);
        }
    }
}
