using System.Buffers;
using System.Text.Json;
using Rag.Filters;

namespace Rag.Documents;

/// <summary>Metadata as the UTF-8 JSON object in which it is stored.</summary>
internal static class MetadataJson
{
    private static readonly Dictionary<string, MetadataValue> None = [];

    /// <summary>Empty for no metadata.</summary>
    public static ReadOnlyMemory<byte> Write(IReadOnlyDictionary<string, MetadataValue> metadata)
    {
        if (metadata.Count == 0)
            return default;
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            foreach (var (key, value) in metadata)
                if (value.Text is { } text)
                    json.WriteString(key, text);
                else if (value.Number is { } number)
                    json.WriteNumber(key, number);
                else
                    json.WriteBoolean(key, value.Flag == true);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    public static IReadOnlyDictionary<string, MetadataValue> Read(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty)
            return None;
        var metadata = new Dictionary<string, MetadataValue>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(json.Span);
        var name = "";
        while (reader.Read())
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName: name = reader.GetString()!; break;
                case JsonTokenType.String: metadata[name] = reader.GetString()!; break;
                case JsonTokenType.Number: metadata[name] = reader.GetDouble(); break;
                case JsonTokenType.True: metadata[name] = true; break;
                case JsonTokenType.False: metadata[name] = false; break;
            }
        return metadata;
    }
}
