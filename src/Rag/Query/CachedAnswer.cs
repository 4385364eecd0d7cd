using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rag.Search;

namespace Rag.Query;

/// <summary>A whole answer, kept to be told again.</summary>
internal sealed record CachedAnswer(IReadOnlyList<SearchResult> Citations, string Text, AnswerEnd End)
{
    // Names the form of what is kept: processes of two versions may share a cache during an update.
    private const byte Form = 1;

    /// <summary>As bytes, for the cache.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, AnswerJson.Compact.CachedAnswer);
        var bytes = new byte[json.Length + 1];
        bytes[0] = Form;
        json.CopyTo(bytes, 1);
        return bytes;
    }

    /// <summary>From bytes; null when another version of this program wrote them.</summary>
    public static CachedAnswer? FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] != Form)
            return null;
        try
        {
            return JsonSerializer.Deserialize(bytes[1..], AnswerJson.Compact.CachedAnswer);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(CachedAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext
{
    // Nothing here meets a browser: é stays é.
    public static AnswerJson Compact { get; } = new(new JsonSerializerOptions
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    });
}
