using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Rag.Documents;
using Rag.Filters;

namespace Rag.Gateway;

/// <summary>The body of <c>POST /documents</c> and <c>PUT /documents/{id}</c> as JSON; read field by field, this is its description.</summary>
internal sealed record DocumentBody(
    [property: Description("1–256 letters, digits, '.', '_', '-', ':'; made when absent. An id that exists gets its next version"), StringLength(256)] string? Id,
    [property: Description("For people; default empty"), StringLength(1024)] string? Title,
    [property: Description("The text"), StringLength(1048576, MinimumLength = 1), Required] string Text,
    [property: Description("What text is: text/plain (default), text/markdown or text/html")] string? ContentType,
    [property: Description("Scalars to filter by")] Dictionary<string, MetadataValue>? Metadata);

internal sealed record AcceptedAnswer(
    string DocumentId, int Version, DocumentState Status,
    [property: Description("Parts that were missing, such as ingestion_unavailable: stored all the same, searchable later; absent when all was well")] IReadOnlyList<string>? Degraded = null);

internal sealed record DocumentAnswer(
    string DocumentId, int Version, string Title, string ContentType, string? FileName,
    [property: Description("Size as uploaded")] long Bytes,
    [property: Description("The extracted text; absent until it has been extracted, and in listings")] string? Text,
    IReadOnlyDictionary<string, MetadataValue> Metadata, string UploadedBy, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DocumentState Status)
{
    public static DocumentAnswer Of(DocumentRecord d) => new(
        d.DocumentId, d.Version, d.Title, d.ContentType, d.FileName, d.Bytes, d.Text, d.Metadata, d.UploadedBy, d.CreatedAt, d.UpdatedAt, d.Status);
}

internal sealed record DocumentsAnswer(
    IReadOnlyList<DocumentAnswer> Documents,
    [property: Description("Give it as 'after' for the next page; absent at the end")] string? Next);

internal sealed record StatusAnswer(
    string DocumentId, int Version, DocumentState Status,
    [property: Description("Why it failed")] string? Reason,
    int Attempts, int Chunks, DateTimeOffset QueuedAt, DateTimeOffset? StartedAt, DateTimeOffset? SearchableAt, DateTimeOffset? FailedAt)
{
    public static StatusAnswer Of(DocumentStatus s) => new(
        s.DocumentId, s.Version, s.Status, s.Reason, s.Attempts, s.Chunks, s.QueuedAt, s.StartedAt, s.SearchableAt, s.FailedAt);
}

/// <summary>A metadata value is the JSON scalar that it stands for.</summary>
internal sealed class MetadataValueConverter : JsonConverter<MetadataValue>
{
    public override MetadataValue Read(ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert, System.Text.Json.JsonSerializerOptions options) =>
        MetadataValue.TryRead(System.Text.Json.JsonElement.ParseValue(ref reader), out var value)
            ? value
            : throw new System.Text.Json.JsonException("expected a text, a number, true or false");

    public override void Write(System.Text.Json.Utf8JsonWriter writer, MetadataValue value, System.Text.Json.JsonSerializerOptions options)
    {
        if (value.Text is { } text)
            writer.WriteStringValue(text);
        else if (value.Number is { } number)
            writer.WriteNumberValue(number);
        else
            writer.WriteBooleanValue(value.Flag == true);
    }
}
