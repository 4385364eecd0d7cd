using System.Globalization;
using Rag.Errors;
using Rag.Filters;
using Rag.Media;

namespace Rag.Documents;

/// <summary>What an upload must look like, and which version it becomes. Pure.</summary>
internal static class DocumentRules
{
    public const int MaxIdLength = 256;
    public const int MaxTitleLength = 1_024;
    public const int MaxFileNameLength = 512;
    public const int MaxPage = 1_000;

    /// <summary>Checks an upload; all problems come in one message.</summary>
    /// <returns>The media type that its bytes are read as.</returns>
    public static string Check(PutDocument request, DocumentsOptions options)
    {
        var problems = new List<string>();
        var kind = (RagError?)null;
        void Add(RagError error, string text)
        {
            problems.Add(text);
            kind = kind is null || kind == error ? error : RagError.InvalidArgument;
        }

        CheckName("tenant", request.Tenant, problems);
        CheckName("user", request.User, problems);
        if (request.Id is { } id && IdProblem(id) is { } idProblem)
            problems.Add(idProblem);
        if (request.Title.Length > MaxTitleLength)
            problems.Add(Invariant($"title: {request.Title.Length} characters; at most {MaxTitleLength} are allowed"));
        if (request.FileName?.Length > MaxFileNameLength)
            problems.Add(Invariant($"file name: {request.FileName.Length} characters; at most {MaxFileNameLength} are allowed"));
        if (request.IfVersion is <= 0)
            problems.Add(Invariant($"If-Match: version {request.IfVersion} was given; versions start at 1"));
        CheckMetadata(request.Metadata, problems);
        if (problems.Count > 0)
            kind = RagError.InvalidArgument;

        if (request.Content.Length > options.MaxContentBytes)
            Add(RagError.TooLarge, Invariant($"content: {request.Content.Length} bytes; at most {options.MaxContentBytes} are allowed; split the document"));
        else if (request.Content.Length == 0)
            Add(RagError.InvalidArgument, "content: empty; a document needs at least one byte");
        var mediaType = MediaTypes.Resolve(request.ContentType, request.FileName);
        if (mediaType is null)
            Add(RagError.UnsupportedMedia, $"content type: '{Clip(request.ContentType)}' can't be read; use {string.Join(", ", MediaTypes.All)}");

        return problems.Count == 0 ? mediaType! : throw new RagException(kind!.Value, string.Join("; ", problems));
    }

    /// <summary>What is wrong with an id, or null.</summary>
    public static string? IdProblem(string id)
    {
        if (id.Length is 0 or > MaxIdLength)
            return Invariant($"id: {id.Length} characters; 1 to {MaxIdLength} are allowed");
        if (id is "." or "..")
            return $"id: '{id}' means a folder in an address; choose another";
        foreach (var c in id)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-' or ':'))
                return $"id: '{Clip(id)}' holds '{c}'; allowed are letters a-z A-Z, digits and . _ - :";
        return null;
    }

    /// <summary>The version that an upload becomes.</summary>
    /// <exception cref="RagException">NotFound or VersionConflict, when a version was named that isn't the newest.</exception>
    public static int NextVersion(DocumentHead? head, string documentId, int? ifVersion)
    {
        if (ifVersion is not { } expected)
            return (head?.Version ?? 0) + 1;
        if (head is null or { Deleted: true })
            throw new RagException(RagError.NotFound, $"document '{documentId}' doesn't exist, so it has no version {expected}; upload it without If-Match");
        CheckVersion(head, documentId, expected);
        return head.Version + 1;
    }

    /// <summary>Whether a version named by the caller is the newest.</summary>
    public static void CheckVersion(DocumentHead head, string documentId, int? ifVersion)
    {
        if (ifVersion is { } expected && expected != head.Version)
            throw new RagException(RagError.VersionConflict,
                Invariant($"document '{documentId}' is at version {head.Version}, not {expected}; read it again and repeat with If-Match: {head.Version}"));
    }

    private static void CheckName(string what, string value, List<string> problems)
    {
        if (string.IsNullOrWhiteSpace(value))
            problems.Add($"{what}: empty");
    }

    private static void CheckMetadata(IReadOnlyDictionary<string, MetadataValue> metadata, List<string> problems)
    {
        if (metadata.Count > MetadataRules.MostFields)
            problems.Add(Invariant($"metadata: {metadata.Count} fields; at most {MetadataRules.MostFields} are allowed"));
        foreach (var (key, value) in metadata)
        {
            if (key.Length is 0 or > MetadataRules.LongestName)
                problems.Add(Invariant($"metadata.{Clip(key)}: the name has {key.Length} characters; 1 to {MetadataRules.LongestName} are allowed"));
            if (value.Text?.Length > MetadataRules.LongestText)
                problems.Add(Invariant($"metadata.{Clip(key)}: {value.Text.Length} characters; at most {MetadataRules.LongestText} are allowed"));
            if (value.Number is { } number && !double.IsFinite(number))
                problems.Add($"metadata.{Clip(key)}: {number.ToString(CultureInfo.InvariantCulture)} isn't a finite number");
            if (value is { Text: null, Number: null, Flag: null })
                problems.Add($"metadata.{Clip(key)}: no value; use a text, a number, true or false");
        }
    }

    private static string Clip(string text) => text.Length <= 64 ? text : text[..64] + "…";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
