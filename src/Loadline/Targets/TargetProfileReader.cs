using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Loadline.Targets;

/// <summary>Reads profiles. All mistakes of a file are reported together; nothing is silently adjusted.</summary>
public static partial class TargetProfileReader
{
    private const int LongestFile = 1 << 20;
    private const int DeepestNesting = 16;

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
        if (yaml.Length > LongestFile)
        {
            problems.Add(new ProfileProblem(1, "(file)", null, $"is longer than {LongestFile} characters", "a profile is a page of YAML"));
            return null;
        }
        var root = YamlText.Read(yaml, DeepestNesting, (line, rule, remedy) => problems.Add(new ProfileProblem(line, "(file)", null, rule, remedy)));
        if (root is YamlMappingNode mapping)
            return new ProfileSection(mapping, "", problems, new VariableNames());
        if (problems.Count == 0)
            problems.Add(new ProfileProblem(1, "(file)", null, "a profile is one mapping", "begin with name: and operations:"));
        return null;
    }

    private static TargetProfile? Read(ProfileSection root)
    {
        var name = root.Parsed("name", NameOf, "write name: my-rag", "write name: my-rag");
        var about = root.Text("about", "write one sentence: which systems the profile fits");
        var url = Url(root);
        var protocol = root.Choice("protocol", TargetProtocol.Http1, new Dictionary<string, TargetProtocol> { ["http1"] = TargetProtocol.Http1, ["http2"] = TargetProtocol.Http2 });
        var transport = TargetProfileTransportReader.Read(root, protocol);
        var variables = VariableReader.Read(root.Section("variables"), root.Section("secrets"));
        var auth = AuthReader.Read(root);
        var throttled = root.Statuses("throttled", [429]);
        var keys = KeySourceReader.Read(root);
        if (auth is null && root.Has("keys") && keys is not KeySource.None)
            root.Problem(root.LineOf("keys"), "keys", null, "keys are of no use without auth", "add auth: bearer, basic, { cookie: NAME } or { header: X-API-Key, value: \"{{key}}\" }");
        var setup = SetupReader.Read(root.Section("setup"));
        var headers = OperationReader.Headers(root, null);
        var session = SetupReader.Session(root.Section("session"));
        var operations = new Dictionary<string, OperationProfile>(StringComparer.Ordinal);
        if (root.Section("operations", "write operations: with at least one, such as query:") is { } section)
        {
            foreach (var (key, operation) in section.Sections())
                if (operation is not null && OperationReader.Read(key, operation) is { } read)
                    operations[key] = read.WithRequests(request => request.With(headers));
            if (!section.Keys().Any())
                root.Problem(section.Line, "operations", null, "is empty", "describe at least one, such as query:");
        }
        if (session is null && !root.Has("session") && operations.Values.Any(operation => operation.Requests.Any(request => request.Uses(Placeholder.Session))))
            root.Problem(root.Line, "session", null, "is required, since an operation asks for {{session}}", "write session: with request, body and id");
        var probes = ProbeReader.Read(root.Section("probes"));
        var parts = Parts(root.Section("parts"));
        var traces = Traces(root);
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
            Variables = variables,
            Headers = headers,
            Setup = setup,
            Session = session?.WithRequests(request => request.With(headers)),
            Probes = probes,
            Parts = parts,
            Traces = traces,
        };
    }

    private static Dictionary<string, string> Parts(ProfileSection? section)
    {
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in section?.Keys() ?? [])
            if (section!.Parsed(part, PlaceOf, "write where it runs, such as container:chroma", "write, for example, port:8001, unit:chroma.service or container:chroma") is { } place)
                parts[part] = place.ToString();
        return parts;
    }

    private static ProcessPlace PlaceOf(string text) => ProcessPlace.Read(text, out var why) is not { } place ? throw new FormatException(why)
        : place.Kind.Length == 0 ? throw new FormatException($"is a name alone, and where a part runs begins with {string.Join(": or ", ProcessPlace.Kinds)}:")
        : place;

    // A URL with a password in it is not repeated in the message.
    private static Uri? Url(ProfileSection root)
    {
        if (root.Text("url") is not { } text)
            return null;
        var good = Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0;
        if (!good || uri!.UserInfo.Length > 0)
            root.Problem(
                root.LineOf("url"), "url", text.Contains('@', StringComparison.Ordinal) ? null : text,
                good ? "carries a user name or password, which would be seen" : "a URL begins with http:// or https:// and names a host",
                good ? "write the URL without them, auth: basic, and keys: { env: NAME } with user:password in NAME" : "write url: http://127.0.0.1:8000");
        return good ? uri : null;
    }

    private static string? Traces(ProfileSection root)
    {
        if (root.Text("traces") is not { } text)
            return null;
        if (text.Contains(TargetProfile.TraceIdMark, StringComparison.Ordinal)
            && Uri.TryCreate(text.Replace(TargetProfile.TraceIdMark, "0", StringComparison.Ordinal), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0)
            return text;
        root.Problem(root.LineOf("traces"), "traces", null, $"is an http or https address with {TargetProfile.TraceIdMark} in it, without a user name or password", $"write traces: http://127.0.0.1:16686/trace/{TargetProfile.TraceIdMark}");
        return null;
    }

    private static string NameOf(string text) =>
        Name().IsMatch(text) ? text : throw new FormatException("a name is lower-case words joined by hyphens");

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex Name();
}
