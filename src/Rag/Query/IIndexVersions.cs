namespace Rag.Query;

/// <summary>
/// One number per tenant that changes whenever a change of the tenant's documents has reached the indexes. It is part of every answer's cache key,
/// so a cached answer is never older than the documents.
/// </summary>
public interface IIndexVersions
{
    /// <summary>The tenant's number now. Read it before retrieving: an answer is then filed under a version at most as new as what it saw.</summary>
    long Of(string tenant);

    /// <summary>Call after the indexes have changed and before anyone is told.</summary>
    void Changed(string tenant);
}
