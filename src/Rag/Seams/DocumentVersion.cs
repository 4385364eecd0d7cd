namespace Rag.Seams;

/// <summary>One version of a tenant's document, as a message between services.</summary>
public readonly record struct DocumentVersion(string Tenant, string DocumentId, int Version);

/// <summary>A tenant's document, as a message between services.</summary>
public readonly record struct DocumentName(string Tenant, string DocumentId);
