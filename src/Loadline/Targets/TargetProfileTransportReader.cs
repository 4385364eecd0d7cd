using YamlDotNet.RepresentationModel;

namespace Loadline.Targets;

/// <summary>Reads <c>wire</c>, <c>proxy</c> and <c>tls</c>.</summary>
internal static class TargetProfileTransportReader
{
    private static readonly Dictionary<string, WireChoice> Wires = new()
    {
        ["auto"] = WireChoice.Auto,
        ["lean"] = WireChoice.Lean,
        ["dotnet"] = WireChoice.DotNet,
    };

    internal static TransportProfile Read(ProfileSection root, TargetProtocol protocol)
    {
        var wire = root.Choice("wire", WireChoice.Auto, Wires);
        var proxy = Proxy(root);
        if (wire == WireChoice.Lean && protocol != TargetProtocol.Http1)
            root.Problem(root.LineOf("wire"), "wire", "lean", "speaks HTTP/1.1 alone", "write wire: auto, or protocol: http1");
        if (wire == WireChoice.Lean && proxy is not null)
            root.Problem(root.LineOf("wire"), "wire", "lean", "knows no proxy", "write wire: auto, or leave proxy out");
        var tls = Tls(root.Section("tls"));
        if (proxy is not null && tls?.ServerName is not null)
            root.Problem(root.LineOf("tls"), "tls.server_name", tls.ServerName, "can't be chosen through a proxy", "leave proxy or server_name out");
        return new TransportProfile { Wire = wire, Proxy = proxy, Tls = tls };
    }

    private static ProxyProfile? Proxy(ProfileSection root)
    {
        if (root.Find("proxy") is not YamlMappingNode)
            return root.Parsed("proxy", UrlOf, null, "write proxy: http://proxy:3128") is { } alone ? new ProxyProfile(alone, null, null) : null;
        var section = root.Section("proxy")!;
        var url = section.Parsed("url", UrlOf, "write url: http://proxy:3128", "write url: http://proxy:3128");
        var user = section.Text("user");
        var password = Secret(section, "password");
        if (password is not null && user is null)
            section.Problem(section.LineOf("password"), "password", null, "belongs to no user", "write user: too");
        section.RejectUnknown();
        return url is null ? null : new ProxyProfile(url, user, password);
    }

    private static TlsProfile? Tls(ProfileSection? section)
    {
        if (section is null)
            return null;
        var tls = new TlsProfile
        {
            Authorities = section.Text("authorities"),
            Certificate = section.Text("certificate"),
            Key = section.Text("key"),
            KeyPassword = Secret(section, "key_password"),
            ServerName = section.Text("server_name"),
            Verify = section.Choice("verify", true, new Dictionary<string, bool> { ["true"] = true, ["false"] = false }),
        };
        if (tls.Certificate is null && (tls.Key is not null || tls.KeyPassword is not null))
            section.Problem(section.Line, "certificate", null, "is missing beside the key", "write certificate: client.pem");
        if (!tls.Verify && tls.Authorities is not null)
            section.Problem(section.LineOf("authorities"), "authorities", null, "are of no use when nothing is verified", "leave verify: false out");
        section.RejectUnknown();
        return tls;
    }

    private static Secret? Secret(ProfileSection section, string key)
    {
        if (section.Find(key) is not YamlMappingNode)
            return section.Text(key) is { } text ? new Secret.Plain(text) : null;
        var inner = section.Section(key)!;
        var (variable, file) = (inner.Text("env"), inner.Text("file"));
        inner.RejectUnknown();
        if ((variable is null) == (file is null))
            section.Problem(section.LineOf(key), key, null, "must be in exactly one place", $"write {key}: {{ env: NAME }} or {{ file: PATH }}");
        return variable is not null ? new Secret.Environment(variable) : file is not null ? new Secret.File(file) : null;
    }

    private static Uri UrlOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0
            ? uri : throw new FormatException("a proxy's URL begins with http:// or https://, names a host, and holds no password");
}
