using System.Text.Json.Serialization;
using Rag.Identity;
using Rag.Identity.Usage;

namespace Rag.Host.Archives;

/// <summary>A line of a backup: exactly one of its parts. The first is the header, the last the end.</summary>
internal sealed record ArchiveLine(
    ArchiveHeader? Header = null, ArchiveKey? Key = null, ArchiveDocument? Document = null, ArchiveEnd? End = null, ArchiveUsage? Usage = null);

/// <summary>What the file is.</summary>
/// <param name="Format">1.</param>
/// <param name="MadeAt">When it was begun (UTC).</param>
internal sealed record ArchiveHeader(int Format, DateTimeOffset MadeAt);

/// <summary>A user's key; the hash is all that is known of it. Quotas of a day are absent where there is none.</summary>
internal sealed record ArchiveKey(string Hash, string User, string Tenant, int RequestsPerMinute, int? RequestsPerDay = null, int? TokensPerDay = null)
{
    public static ArchiveKey Of(NewKey key) => new(
        key.Hash.ToString(), key.Caller.User, key.Caller.Tenant, key.Caller.RequestsPerMinute, key.Caller.RequestsPerDay is > 0 and var requests ? requests : null,
        key.Caller.TokensPerDay is > 0 and var tokens ? tokens : null);

    public NewKey ToKey() => new(new Caller(User, Tenant, RequestsPerMinute, RequestsPerDay ?? 0, TokensPerDay ?? 0), KeyHash.Parse(Hash));
}

/// <summary>A line of usage; its day counts from 0001-01-01.</summary>
internal sealed record ArchiveUsage(
    int Day, string Tenant, string User, string Key, string Operation, long Requests, long PromptTokens, long CompletionTokens, long Texts, long EmbeddedTokens, long Documents, long Bytes)
{
    public static ArchiveUsage Of(UsageEntry entry) => new(
        entry.Day, entry.Tenant, entry.User, entry.Key, entry.Operation, entry.Amounts.Requests, entry.Amounts.PromptTokens, entry.Amounts.CompletionTokens, entry.Amounts.Texts,
        entry.Amounts.EmbeddedTokens, entry.Amounts.Documents, entry.Amounts.Bytes);

    public UsageEntry ToEntry() => new(Day, Tenant, User, Key, Operation, new UsageAmounts(Requests, PromptTokens, CompletionTokens, Texts, EmbeddedTokens, Documents, Bytes));
}

/// <summary>A document, or the memory of one that was deleted. Its content are the bytes as uploaded (base64 in the file; null for a deletion), its metadata a JSON object as text.</summary>
internal sealed record ArchiveDocument(
    string Tenant, string Id, int Version, bool Deleted, string Title, string ContentType, string? FileName, string? Metadata, string UploadedBy,
    DateTimeOffset CreatedAt, DateTimeOffset QueuedAt, byte[]? Content);

/// <summary>What must have come before it, so that a file that was cut is told from a whole one: how many (of usage: absent in backups of earlier versions), and the SHA-256 of every line before this one with its line end, in lower-case hexadecimal.</summary>
internal sealed record ArchiveEnd(long Keys, long Documents, string Sha256, long? Usage = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ArchiveLine))]
internal sealed partial class ArchiveJson : JsonSerializerContext;
