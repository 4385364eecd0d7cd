using YamlDotNet.RepresentationModel;

namespace Loadline.Targets;

/// <summary>Reads how a key is sent: <c>auth: bearer</c>, <c>basic</c>, <c>{ cookie: NAME }</c> or <c>{ header, value }</c>.</summary>
internal static class AuthReader
{
    private const string Remedy = "write auth: bearer, basic, { cookie: NAME } or { header: X-API-Key, value: \"{{key}}\" }";

    internal static AuthRule? Read(ProfileSection root)
    {
        if (root.Find("auth") is YamlScalarNode { Value: { } word })
        {
            switch (word)
            {
                case "bearer":
                    return new AuthRule("Authorization", Template.Compile("Bearer {{key}}", TemplateForm.Text));
                case "basic":
                    return new AuthRule("Authorization", Template.Compile("Basic {{key.base64}}", TemplateForm.Text));
                case "none":
                    return null;
                default:
                    root.Problem(root.LineOf("auth"), "auth", null, "is none of the ways to send a key", Remedy);
                    return null;
            }
        }
        return root.Section("auth") is { } section ? Mapping(section) : null;
    }

    private static AuthRule? Mapping(ProfileSection section)
    {
        if (section.Text("cookie") is { } cookie)
        {
            section.RejectUnknown();
            return new AuthRule("Cookie", Template.Join([Template.Literal(cookie + "="), Template.Compile("{{key}}", TemplateForm.Text)]));
        }
        var header = section.Text("header", "write header: Authorization");
        var value = section.Template("value", TemplateForm.Text, "write value: \"Bearer {{key}}\"", "write value: \"Bearer {{key}}\"");
        if (value is not null && !value.Uses(Placeholder.Key) && !value.Uses(Placeholder.KeyBase64))
            section.Problem(section.LineOf("value"), "value", null, "does not contain {{key}}", "write value: \"Bearer {{key}}\"");
        section.RejectUnknown();
        return header is null || value is null ? null : new AuthRule(header, value);
    }
}
