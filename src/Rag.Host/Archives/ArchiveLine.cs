using System.Text.Json.Serialization;

namespace Rag.Host.Archives;

/// <summary>A line of a backup: exactly one of its parts. The first is the header, the last the end.</summary>
internal sealed record ArchiveLine(ArchiveHeader? Header = null, ArchiveKey? Key = null, ArchiveDocument? Document = null, ArchiveEnd? End = null);

/// <summary>What the file is.</summary>
/// <param name="Format">1.</param>
/// <param name="MadeAt">When it was begun (UTC).</param>
internal sealed record ArchiveHeader(int Format, DateTimeOffset MadeAt);

/// <summary>A user's key; the hash is all that is known of it.</summary>
internal sealed record ArchiveKey(string Hash, string User, string Tenant, int RequestsPerMinute);

/// <summary>A document, or the memory of one that was deleted. Its content are the bytes as uploaded (base64 in the file; null for a deletion), its metadata a JSON object as text.</summary>
internal sealed record ArchiveDocument(
    string Tenant, string Id, int Version, bool Deleted, string Title, string ContentType, string? FileName, string? Metadata, string UploadedBy,
    DateTimeOffset CreatedAt, DateTimeOffset QueuedAt, byte[]? Content);

/// <summary>What must have come before it, so that a file that was cut is told from a whole one: how many, and the SHA-256 of every line before this one with its line end, in lower-case hexadecimal.</summary>
internal sealed record ArchiveEnd(long Keys, long Documents, string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ArchiveLine))]
internal sealed partial class ArchiveJson : JsonSerializerContext;
