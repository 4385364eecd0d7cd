using YamlDotNet.RepresentationModel;

namespace Loadline.Targets;

/// <summary>
/// Reads <c>form:</c>, a body of fields and files: multipart (RFC 7578) unless the content type says URL-encoded. It becomes one template, so sending it costs
/// no more than any other body.
/// </summary>
internal static class FormReader
{
    internal const string UrlEncoded = "application/x-www-form-urlencoded";

    // Fixed, so that the template is: no text that a data feed or a person writes holds it.
    private const string Boundary = "loadline-5bf1c7e20d9a4c36a8e4";

    /// <summary>The body and its content type; null when it has mistakes.</summary>
    internal static (Template Body, string ContentType)? Read(ProfileSection section, bool urlEncoded)
    {
        var parts = new List<Template>();
        var good = true;
        foreach (var key in section.Keys().ToList())
        {
            if (section.Find(key) is YamlMappingNode)
                good &= !Refused(section, key, urlEncoded) && File(section.Section(key)!, key, parts);
            else if (section.Template(key, urlEncoded ? TemplateForm.Path : TemplateForm.Text) is { } value)
                parts.AddRange(urlEncoded ? [Literal($"{(parts.Count == 0 ? "" : "&")}{Uri.EscapeDataString(key)}="), value] : [Literal(Head(key, "")), value, Literal("\r\n")]);
            else
                good &= section.Find(key) is null;
        }
        if (parts.Count == 0)
        {
            if (good)
                section.Problem(section.Line, "form", null, "has no field", "write form: { file: { name: \"{{document.id}}.txt\", content: \"{{document.text}}\" } }");
            return null;
        }
        if (!good)
            return null;
        if (urlEncoded)
            return (Template.Join(parts), UrlEncoded);
        parts.Add(Literal($"--{Boundary}--\r\n"));
        return (Template.Join(parts), $"multipart/form-data; boundary={Boundary}");
    }

    private static bool Refused(ProfileSection section, string key, bool urlEncoded)
    {
        if (urlEncoded)
            section.Problem(section.LineOf(key), key, "a mapping", "is a file, and a URL-encoded form holds none", "leave content_type out: the form is multipart then");
        return urlEncoded;
    }

    private static bool File(ProfileSection file, string key, List<Template> parts)
    {
        var name = file.Template("name", TemplateForm.Quoted, "write name: \"{{document.id}}.txt\"");
        var content = file.Template("content", TemplateForm.Text, "write content: \"{{document.text}}\"");
        var type = file.Text("type") ?? "text/plain";
        if (type.Any(char.IsControl))
            file.Problem(file.LineOf("type"), "type", type, "is no media type", "write type: text/plain");
        file.RejectUnknown();
        if (name is null || content is null)
            return false;
        parts.AddRange([Literal(Head(key, "; filename=\"")), name, Literal($"\"\r\nContent-Type: {type}\r\n\r\n"), content, Literal("\r\n")]);
        return true;
    }

    // Without a file the head ends here; with one the file's name and type follow.
    private static string Head(string key, string more) =>
        $"--{Boundary}\r\nContent-Disposition: form-data; name=\"{key.Replace("\"", "%22", StringComparison.Ordinal)}\"{more}{(more.Length == 0 ? "\r\n\r\n" : "")}";

    private static Template Literal(string text) => Template.Literal(text);
}
