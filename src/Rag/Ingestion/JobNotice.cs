using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rag.Ingestion;

/// <summary>A document's name.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="DocumentId">Which.</param>
public readonly record struct DocumentName(string Tenant, string DocumentId);

/// <summary>
/// The word that a document has work. It carries no content and decides nothing: the outbox knows what is to be done and who does it, so a notice that is
/// lost, late or told twice costs time and never a document.
/// </summary>
/// <param name="Tenant">Whose document.</param>
/// <param name="DocumentId">Which.</param>
/// <param name="JobId">The job's number when it was announced; a newer one may have taken its place since.</param>
/// <param name="Version">The version that it is about.</param>
/// <param name="Kind">What is to be done.</param>
/// <param name="QueuedAt">When the version was acknowledged.</param>
public sealed record JobNotice(string Tenant, string DocumentId, long JobId, int Version, IngestionKind Kind, DateTimeOffset QueuedAt)
{
    /// <summary>The document that it is about.</summary>
    [JsonIgnore]
    public DocumentName Document => new(Tenant, DocumentId);

    /// <summary>What brokers that order by key are given: all notices of a document have the same one.</summary>
    [JsonIgnore]
    public string Key => $"{Tenant}/{DocumentId}";

    /// <summary>The trace that the upload belongs to, as W3C's <c>traceparent</c>; absent for none.</summary>
    [JsonPropertyName("traceparent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceParent { get; init; }

    /// <summary>As UTF-8 JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, JobNoticeJson.Default.JobNotice);

    /// <summary>Reads <see cref="ToBytes"/>; null when it is something else.</summary>
    public static JobNotice? Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, JobNoticeJson.Default.JobNotice) is { Tenant: not null, DocumentId: not null } notice ? notice : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A job that was given up on.</summary>
/// <param name="Notice">The job.</param>
/// <param name="Reason">Why, as the document's status says it.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="FailedAt">When it was given up on.</param>
public sealed record DeadLetter(JobNotice Notice, string Reason, int Attempts, DateTimeOffset FailedAt)
{
    /// <summary>As UTF-8 JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, JobNoticeJson.Default.DeadLetter);

    /// <summary>Reads <see cref="ToBytes"/>; null when it is something else.</summary>
    public static DeadLetter? Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, JobNoticeJson.Default.DeadLetter);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>How notices are written: a JSON object with snake_case names, for those who look into a topic.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(JobNotice))]
[JsonSerializable(typeof(DeadLetter))]
internal sealed partial class JobNoticeJson : JsonSerializerContext;
