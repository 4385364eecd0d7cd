namespace Rag.Documents;

/// <summary>
/// Reads all that a store holds, for backups and for moving to another engine. Works beside the services, on one consistent state, and takes nothing from them but
/// reading. An engine of documents registers it beside its <see cref="IDocumentStore"/>.
/// </summary>
public interface IDocumentArchive
{
    /// <summary>Every document that ever was, each once, deleted ones included: their versions must go on where they were.</summary>
    IAsyncEnumerable<ArchivedDocument> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>A document on its way to another store.</summary>
/// <param name="Head">What its newest version is.</param>
/// <param name="Version">The newest version; where that one was given up on, the version that searches find, if there is one.</param>
/// <param name="Content">What was uploaded as that version; empty for a deletion.</param>
public sealed record ArchivedDocument(DocumentHead Head, StoredVersion Version, ReadOnlyMemory<byte> Content)
{
    /// <summary>Whether an earlier version stands in for a newest one that could not be processed.</summary>
    public bool StandsIn => Version.Version < Head.Version;

    /// <summary>
    /// The version's number at its destination: its own, so that clients' <c>If-Match</c> still holds. One that stands in comes after the one that it stands in
    /// for: a number never means two texts.
    /// </summary>
    public int Number => StandsIn ? Head.Version + 1 : Version.Version;
}
