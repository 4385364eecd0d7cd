using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Loadline.Targets;

/// <summary>Reads profiles. All mistakes of a file are reported together; nothing is silently adjusted.</summary>
public static partial class TargetProfileReader
{
    /// <summary>Reads the profile in a file.</summary>
    /// <exception cref="TargetProfileException">The file has mistakes.</exception>
    public static TargetProfile ReadFile(string path) => Read(File.ReadAllText(path), path);

    /// <summary>Reads a profile's text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="file">The file's name, for messages.</param>
    /// <exception cref="TargetProfileException">The text has mistakes.</exception>
    public static TargetProfile Read(string yaml, string file = "profile")
    {
        var problems = new List<ProfileProblem>();
        var profile = Root(yaml, problems) is { } root ? Read(root) : null;
        if (profile is null || problems.Count > 0)
            throw new TargetProfileException(file, [.. problems.OrderBy(problem => problem.Line)]);
        return profile;
    }

    private static ProfileSection? Root(string yaml, List<ProfileProblem> problems)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents is [{ RootNode: YamlMappingNode mapping }])
                return new ProfileSection(mapping, "", problems);
            problems.Add(new ProfileProblem(1, "(file)", null, "a profile is one mapping", "begin with name: and operations:"));
        }
        catch (YamlException e)
        {
            problems.Add(new ProfileProblem((int)e.Start.Line, "(file)", null, $"is not YAML: {e.Message}", "correct the indentation, quotes or the repeated key"));
        }
        return null;
    }

    private static TargetProfile? Read(ProfileSection root)
    {
        var name = root.Parsed("name", NameOf, "write name: my-rag", "write name: my-rag");
        var about = root.Text("about", "write one sentence: which systems the profile fits");
        var url = root.Parsed("url", UrlOf, null, "write url: http://127.0.0.1:8000");
        var protocol = root.Choice("protocol", TargetProtocol.Http1, new Dictionary<string, TargetProtocol> { ["http1"] = TargetProtocol.Http1, ["http2"] = TargetProtocol.Http2 });
        var transport = TargetProfileTransportReader.Read(root, protocol);
        var auth = Auth(root.Section("auth"));
        var throttled = root.Statuses("throttled", [429]);
        var keys = KeySourceReader.Read(root);
        if (auth is null && root.Has("keys") && keys is not KeySource.None)
            root.Problem(root.LineOf("keys"), "keys", null, "keys are of no use without auth", "add auth: { header: Authorization, value: \"Bearer {{key}}\" }");
        var operations = new Dictionary<string, OperationProfile>(StringComparer.Ordinal);
        if (root.Section("operations", "write operations: with at least one, such as query:") is { } section)
        {
            foreach (var (key, operation) in section.Sections())
                if (operation is not null && OperationReader.Read(key, operation) is { } read)
                    operations[key] = read;
            if (!section.Keys().Any())
                root.Problem(section.Line, "operations", null, "is empty", "describe at least one, such as query:");
        }
        root.RejectUnknown();
        return name is null || about is null ? null : new TargetProfile
        {
            Name = name,
            About = about,
            Url = url,
            Protocol = protocol,
            Transport = transport,
            Auth = auth,
            Keys = keys,
            ThrottledStatuses = throttled,
            Operations = operations,
        };
    }

    private static AuthRule? Auth(ProfileSection? section)
    {
        if (section is null)
            return null;
        var header = section.Text("header", "write header: Authorization");
        var value = section.Parsed("value", text => Template.Compile(text, TemplateForm.Text), "write value: \"Bearer {{key}}\"", "write value: \"Bearer {{key}}\"");
        if (value is not null && !value.Uses(Placeholder.Key))
            section.Problem(section.LineOf("value"), "value", value.Source, "does not contain {{key}}", "write value: \"Bearer {{key}}\"");
        section.RejectUnknown();
        return header is null || value is null ? null : new AuthRule(header, value);
    }

    private static string NameOf(string text) =>
        Name().IsMatch(text) ? text : throw new FormatException("a name is lower-case words joined by hyphens");

    private static Uri UrlOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri : throw new FormatException("a URL begins with http:// or https:// and names a host");

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex Name();
}
