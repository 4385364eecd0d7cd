using System.Text;
using Loadline.Targets;
using Loadline.Tests.Recording;
using Loadline.Wire;
using Loadline.Wire.Lean;
using Xunit;

namespace Loadline.Tests.Wire;

public class WireChoiceTests
{
    [Theory]
    [InlineData("http1", "", true)]
    [InlineData("http1", "wire: lean", true)]
    [InlineData("http1", "wire: dotnet", false)]
    [InlineData("http1", "proxy: http://127.0.0.1:3128", false)]
    [InlineData("http2", "", false)]
    public void Our_own_wire_is_used_where_it_fits_unless_the_profile_names_another(string protocol, string transport, bool lean)
    {
        var profile = TestTarget.Profile(protocol: protocol, transport: transport);
        using var wire = Wires.Open(profile, new WireOptions { BaseAddress = new Uri("http://127.0.0.1:1"), Timeout = TimeSpan.FromSeconds(1) }, new RunClock(TimeProvider.System));
        Assert.Equal(lean, wire is LeanWire);
        Assert.Equal(lean, Wires.NameOf(profile).StartsWith("lean", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http2", "wire: lean", "speaks HTTP/1.1 alone")]
    [InlineData("http1", "wire: fast", "is not one of the legal words")]
    [InlineData("http1", "{ wire: lean, proxy: 'http://p:1' }", "knows no proxy")]
    [InlineData("http1", "proxy: ftp://p", "a proxy's URL begins with http:// or https://")]
    [InlineData("http1", "proxy: http://u:secret@p", "holds no password")]
    [InlineData("http1", "proxy: { url: 'http://p', password: x }", "belongs to no user")]
    [InlineData("http1", "tls: { key: k.pem }", "is missing beside the key")]
    [InlineData("http1", "tls: { verify: false, authorities: a.pem }", "are of no use when nothing is verified")]
    [InlineData("http1", "tls: { ca: a.pem }", "is not known here")]
    public void Mistakes_are_told_with_their_remedy(string protocol, string transport, string rule)
    {
        transport = transport.StartsWith('{') ? string.Join("\n", transport.Trim('{', '}', ' ').Split(", ").Select(part => part.Replace("'", ""))) : transport;
        var told = Assert.Throws<TargetProfileException>(() => TestTarget.Profile(protocol: protocol, transport: transport));
        Assert.Contains(rule, told.Message);
    }

    [Fact]
    public async Task A_proxy_is_spoken_to_with_the_password_from_its_file()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("password"), "pass\n");
        var asked = new List<string>();
        await using var proxy = RawServer.Start(async (socket, _, end) =>
        {
            while (await RawServer.ReceiveRequestAsync(socket, end) is { } request)
            {
                asked.Add(request);
                var allowed = request.Contains("Proxy-Authorization: Basic " + Convert.ToBase64String("us:pass"u8), StringComparison.Ordinal);
                await socket.SendAsync(Encoding.ASCII.GetBytes(allowed
                    ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
                    : "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n"), end);
            }
        });
        var profile = TestTarget.Profile(transport: $"proxy: {{ url: '{proxy.Address}', user: us, password: {{ file: '{folder.File("password")}' }} }}");
        using var wire = Wires.Open(profile, new WireOptions { BaseAddress = new Uri("http://rag.invalid"), Timeout = TimeSpan.FromSeconds(20) }, new RunClock(TimeProvider.System));
        var exchange = new Exchange { Operation = "query" };
        await wire.SendAsync(new WireRequest { Operation = profile.Operations["query"], Values = new() }, exchange, default);
        Assert.Equal((Outcome.Ok, 200), (exchange.Outcome, exchange.Status));
        Assert.StartsWith("POST http://rag.invalid/query HTTP/1.1", asked[^1]);
    }

    [Fact]
    public void A_secret_that_is_not_there_is_told_and_one_that_is_never_is()
    {
        var told = Assert.Throws<TransportException>(() => new Secret.Environment("LOADLINE_NO_SUCH_VARIABLE").Read("headers.X-A"));
        Assert.Equal("headers.X-A: environment variable LOADLINE_NO_SUCH_VARIABLE is empty; set it to the value", told.Message);
        Assert.Throws<TransportException>(() => new Secret.File("/nowhere/secret").Read("headers.X-A"));
        Assert.Equal("in the profile", new Secret.Plain("value").ToString());
    }
}
