using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Rag.Documents;
using Rag.Errors;
using Rag.Filters;
using Rag.Identity;
using Rag.Media;

namespace Rag.Gateway;

/// <summary>Reads an upload: JSON with a text, or a form with a file.</summary>
internal static partial class DocumentUpload
{

    private static readonly string[] TextTypes = [MediaTypes.Text, MediaTypes.Markdown, MediaTypes.Html];

    public static ValueTask<PutDocument> ReadAsync(HttpContext context, Caller caller, GatewayOptions options, CancellationToken cancellationToken) =>
        context.Request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true
            ? ReadFormAsync(context, caller, options, cancellationToken)
            : ReadJsonAsync(context, caller, options, cancellationToken);

    public static bool IsId(string id) => IdPattern().IsMatch(id) && id is not ("." or "..");

    public static string IdRule(string id) =>
        $"id: '{(id.Length <= 40 ? id : id[..40] + "…")}' is not permitted; expected 1–256 letters, digits, '.', '_', '-' or ':'";

    private static async ValueTask<PutDocument> ReadJsonAsync(HttpContext context, Caller caller, GatewayOptions options, CancellationToken cancellationToken)
    {
        using var body = await JsonBody.ReadAsync(context, options.JsonBytes, cancellationToken).ConfigureAwait(false);
        var fields = new JsonFields(body.RootElement);
        var id = fields.Text("id", 1, 256);
        if (id is not null && !IsId(id))
            fields.Wrong("id", IdRule(id)["id: ".Length..]);
        var title = fields.Text("title", 0, 1024) ?? "";
        var text = fields.Text("text", 1, options.JsonBytes, required: true);
        var type = fields.Text("content_type", 1, 128) ?? TextTypes[0];
        if (!TextTypes.Contains(type))
            fields.Wrong("content_type", $"'{type}' is not permitted for a text; expected {string.Join(", ", TextTypes)}; send other formats as a file");
        var metadata = fields.Any("metadata", false, out var given) ? Metadata(fields, given) : [];
        fields.End(strict: true);
        return new PutDocument
        {
            Tenant = caller.Tenant,
            User = caller.User,
            Id = id,
            Title = title,
            ContentType = type,
            Content = Encoding.UTF8.GetBytes(text!),
            Metadata = metadata,
        };
    }

    private static async ValueTask<PutDocument> ReadFormAsync(HttpContext context, Caller caller, GatewayOptions options, CancellationToken cancellationToken)
    {
        JsonBody.Limit(context, options.FileBytes + 64 * 1024L); // the file, and the fields around it
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(context.Request.ContentType).Boundary).Value;
        if (string.IsNullOrEmpty(boundary) || boundary.Length > 70)
            throw new InvalidRequestException("Content-Type", "Content-Type: the multipart boundary is missing or over 70 characters");
        var reader = new MultipartReader(boundary, context.Request.Body) { HeadersCountLimit = 16, HeadersLengthLimit = 8 * 1024 };
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        (byte[] Bytes, string? Name, string Type)? file = null;
        try
        {
            while (await reader.ReadNextSectionAsync(cancellationToken).ConfigureAwait(false) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
                    throw new InvalidRequestException("", "form: a part has no readable Content-Disposition");
                var name = HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "";
                if (name == "file" && file is null)
                    file = await FileAsync(section, disposition, options.FileBytes, cancellationToken).ConfigureAwait(false);
                else if (texts.Count < 8 && texts.TryAdd(name, Encoding.UTF8.GetString(await BytesAsync(section.Body, 64 * 1024, name, cancellationToken).ConfigureAwait(false))))
                    continue;
                else
                    throw new InvalidRequestException(name, $"{name}: comes twice, or there are over 8 fields");
            }
        }
        catch (IOException error) when (error is not BadHttpRequestException)
        {
            throw new InvalidRequestException("", $"form: can't be read: {error.Message}");
        }
        catch (InvalidDataException error)
        {
            throw new InvalidRequestException("", $"form: can't be read: {error.Message}");
        }

        context.Features.Get<RequestCourse>()?.Place.Begins();
        return Make(caller, texts, file);
    }

    private static PutDocument Make(Caller caller, Dictionary<string, string> texts, (byte[] Bytes, string? Name, string Type)? file)
    {
        var problems = new List<FieldProblem>();
        foreach (var name in texts.Keys.Where(name => name is not ("id" or "title" or "metadata")))
            problems.Add(new FieldProblem(name, $"{name}: unknown field; known are file, id, title, metadata"));
        if (file is null)
            problems.Add(new FieldProblem("file", "file: is required"));
        else if (file.Value.Bytes.Length == 0)
            problems.Add(new FieldProblem("file", "file: is empty"));
        var id = texts.GetValueOrDefault("id");
        if (id is not null && !IsId(id))
            problems.Add(new FieldProblem("id", IdRule(id)));
        var title = texts.GetValueOrDefault("title") ?? file?.Name ?? "";
        if (title.Length > 1024)
            problems.Add(new FieldProblem("title", $"title: {title.Length} characters are too many; at most 1024 are allowed"));
        Dictionary<string, MetadataValue> metadata = [];
        if (texts.GetValueOrDefault("metadata") is { Length: > 0 } json)
            try
            {
                using var parsed = JsonBody.Parse(Encoding.UTF8.GetBytes($"{{\"metadata\":{json}}}"));
                var fields = new JsonFields(parsed.RootElement, "", problems);
                if (fields.Any("metadata", false, out var given))
                    metadata = Metadata(fields, given);
            }
            catch (InvalidRequestException error)
            {
                problems.Add(new FieldProblem("metadata", error.Message.Replace("body:", "metadata:", StringComparison.Ordinal)));
            }

        if (problems.Count > 0)
            throw new InvalidRequestException(problems);
        return new PutDocument
        {
            Tenant = caller.Tenant,
            User = caller.User,
            Id = id,
            Title = title,
            ContentType = file!.Value.Type,
            Content = file.Value.Bytes,
            FileName = file.Value.Name,
            Metadata = metadata,
        };
    }

    private static async ValueTask<(byte[] Bytes, string? Name, string Type)> FileAsync(
        MultipartSection section, ContentDispositionHeaderValue disposition, int mostBytes, CancellationToken cancellationToken)
    {
        var name = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value;
        // The name is a label only, never a path: what a browser may put before it is dropped.
        name = name is null ? null : name[(name.LastIndexOfAny(['/', '\\']) + 1)..] is { Length: > 0 and <= 255 } label ? label : null;
        var type = Type(section.ContentType, name);
        return (await BytesAsync(section.Body, mostBytes, "file", cancellationToken).ConfigureAwait(false), name, type);
    }

    private static string Type(string? given, string? name)
    {
        // Clients send application/octet-stream or text/plain for what they don't know: the name says more.
        var said = MediaTypes.Resolve(given, null);
        var type = said is null or MediaTypes.Text ? MediaTypes.Resolve(null, name) ?? said : said;
        return type ?? throw new RagException(
            RagError.UnsupportedMedia,
            $"file: '{given ?? Path.GetExtension(name ?? "")}' is not supported; send {string.Join(", ", MediaTypes.All)} or a name that ends in {string.Join(", ", MediaTypes.Extensions)}");
    }

    private static async ValueTask<byte[]> BytesAsync(Stream body, int mostBytes, string name, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (bytes.Length + read > mostBytes)
                throw new RagException(RagError.TooLarge, $"{name}: over {mostBytes} bytes, its limit");
            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    private static Dictionary<string, MetadataValue> Metadata(JsonFields fields, JsonElement json)
    {
        var metadata = new Dictionary<string, MetadataValue>();
        if (json.ValueKind != JsonValueKind.Object)
        {
            fields.Wrong("metadata", "expected an object of texts, numbers, true or false");
            return metadata;
        }

        foreach (var field in json.EnumerateObject())
            if (field.Name.Length is 0 or > MetadataRules.LongestName)
                fields.Wrong("metadata", $"a name of {field.Name.Length} characters is not permitted; expected 1–{MetadataRules.LongestName}");
            else if (!MetadataValue.TryRead(field.Value, out var value))
                fields.Wrong($"metadata/{field.Name}", $"expected a text, a number, true or false, got {field.Value.ValueKind}");
            else if (value.Text is { Length: > MetadataRules.LongestText } text)
                fields.Wrong($"metadata/{field.Name}", $"{text.Length} characters are too many; at most {MetadataRules.LongestText} are allowed");
            else
                metadata[field.Name] = value;
        if (metadata.Count > MetadataRules.MostFields)
            fields.Wrong("metadata", $"{metadata.Count} fields are too many; at most {MetadataRules.MostFields} are allowed");
        return metadata;
    }

    [GeneratedRegex(@"^[A-Za-z0-9._:\-]{1,256}\z")]
    private static partial Regex IdPattern();
}
