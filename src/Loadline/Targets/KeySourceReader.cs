using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Loadline.Targets;

/// <summary>Reads where keys come from: <c>keys: none</c>, <c>{ env: NAME }</c>, <c>{ file: PATH }</c> or a request that makes them.</summary>
internal static class KeySourceReader
{
    private const string Remedy = "write keys: none, keys: { env: NAME }, keys: { file: PATH } or keys: with request, body, each and path";

    internal static KeySource Read(ProfileSection root)
    {
        if (root.Find("keys") is null or YamlScalarNode { Value: "none" })
            return new KeySource.None();
        if (root.Find("keys") is not YamlMappingNode || root.Section("keys") is not { } keys)
        {
            root.Problem(root.LineOf("keys"), "keys", null, "says not where keys come from (a key itself must not stand in a profile)", Remedy);
            return new KeySource.None();
        }
        var variable = keys.Text("env");
        var file = keys.Text("file");
        var issued = keys.Has("request") ? Issued(keys) : null;
        if (!keys.Has("request"))
            keys.RejectUnknown();
        if ((variable is null ? 0 : 1) + (file is null ? 0 : 1) + (keys.Has("request") ? 1 : 0) != 1)
            root.Problem(keys.Line, "keys", null, "must come from exactly one place", Remedy);
        if (variable is not null)
            return new KeySource.Environment(variable);
        return file is not null ? new KeySource.File(file) : issued ?? (KeySource)new KeySource.None();
    }

    private static KeySource? Issued(ProfileSection keys)
    {
        var request = OperationReader.Request(keys, null);
        var ok = keys.Statuses("ok", Enumerable.Range(200, 100));
        var path = keys.Parsed("path", JsonPath.Parse, "write path: $.keys[*].key", "write path: $.keys[*].key");
        var each = keys.Template("each", TemplateForm.Json, "write each: '{\"user\": {{user}}}'", "correct it");
        var batch = keys.Text("batch") ?? "500";
        if (!int.TryParse(batch, NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size is < 1 or > 10_000)
            keys.Problem(keys.LineOf("batch"), "batch", batch, "must be a whole number, 1–10000 (users a request)", "write batch: 500");
        if (request?.Body is { } body && !body.Uses(Placeholder.Users))
            keys.Problem(keys.LineOf("body"), "body", null, "does not contain {{users}}", "write body: '{\"keys\": [{{users}}]}'");
        keys.RejectUnknown();
        if (request is null || path is null || each is null)
            return null;
        var operation = new OperationProfile
        {
            Name = "keys",
            Request = request,
            OkStatuses = ok,
            Answer = new AnswerRules([new AnswerRule(AnswerPart.Text, path)]),
            Stream = null,
            Searchable = null,
        };
        return new KeySource.Issued(operation, each, size, path);
    }
}
