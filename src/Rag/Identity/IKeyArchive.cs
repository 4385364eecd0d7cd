namespace Rag.Identity;

/// <summary>Reads all valid keys with their hashes, for backups and for moving to another engine. An engine of identity registers it beside its <see cref="IKeyStore"/>.</summary>
public interface IKeyArchive
{
    /// <summary>Every key that is valid. Revoked ones are left out: a key that is unknown is refused as well.</summary>
    IAsyncEnumerable<NewKey> ReadAsync(CancellationToken cancellationToken);
}
