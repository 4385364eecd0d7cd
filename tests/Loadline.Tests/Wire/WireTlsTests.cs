using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Loadline.Targets;
using Loadline.Tests.Recording;
using Loadline.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Xunit;

namespace Loadline.Tests.Wire;

/// <summary>TLS, one-sided and mutual: what every wire makes of it.</summary>
public abstract class WireTlsTests(WireKind kind) : WireConformance(kind), IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority = new("Loadline test authority");

    [Fact]
    public async Task A_server_is_believed_when_its_authority_is_named_and_only_then()
    {
        await using var target = await TestTarget.StartAsync(Answer, https: https => https.ServerCertificate = _authority.Issue("localhost"));
        _authority.Write(_folder.File("ca.pem"));
        new TestAuthority("another").Write(_folder.File("other.pem"));
        Assert.Equal((Outcome.Ok, null), await OutcomeAsync(target, $"tls: {{ authorities: '{_folder.File("ca.pem")}', server_name: localhost }}"));
        Assert.Equal((Outcome.Ok, null), await OutcomeAsync(target, "tls: { verify: false }"));
        Assert.Equal((Outcome.Failed, "connect_failed"), await OutcomeAsync(target, ""));
        Assert.Equal((Outcome.Failed, "connect_failed"), await OutcomeAsync(target, $"tls: {{ authorities: '{_folder.File("other.pem")}', server_name: localhost }}"));
        Assert.Equal((Outcome.Failed, "connect_failed"), await OutcomeAsync(target, $"tls: {{ authorities: '{_folder.File("ca.pem")}', server_name: elsewhere }}"));
    }

    [Fact]
    public async Task A_client_shows_its_certificate_when_it_is_asked()
    {
        string? seen = null;
        await using var target = await TestTarget.StartAsync(
            context =>
            {
                seen = context.Connection.ClientCertificate?.Subject;
                return Answer(context);
            },
            https: https =>
            {
                https.ServerCertificate = _authority.Issue("localhost");
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.AllowAnyClientCertificate();
            });
        using (var own = _authority.Issue("load tester"))
        {
            File.WriteAllText(_folder.File("client.pem"), own.ExportCertificatePem());
            using var key = own.GetECDsaPrivateKey()!;
            File.WriteAllText(_folder.File("client-key.pem"), key.ExportEncryptedPkcs8PrivateKeyPem("open", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1000)));
        }
        File.WriteAllText(_folder.File("password"), "open\n");
        var tls = $"tls: {{ verify: false, certificate: '{_folder.File("client.pem")}', key: '{_folder.File("client-key.pem")}', key_password: {{ file: '{_folder.File("password")}' }} }}";
        Assert.Equal((Outcome.Ok, null), await OutcomeAsync(target, tls));
        Assert.Equal("CN=load tester", seen);
        Assert.Equal(Outcome.Failed, (await OutcomeAsync(target, "tls: { verify: false }")).Item1);
    }

    [Fact]
    public async Task A_certificate_that_is_not_there_is_told_before_anything_is_sent()
    {
        await using var target = await TestTarget.StartAsync(Answer, https: https => https.ServerCertificate = _authority.Issue("localhost"));
        var told = await Assert.ThrowsAsync<TransportException>(() => OutcomeAsync(target, "tls: { certificate: /nowhere/client.pem }"));
        Assert.Contains("tls.certificate: '/nowhere/client.pem'", told.Message);
    }

    [Fact]
    public async Task Streams_and_long_bodies_come_through_and_connections_are_kept()
    {
        var connections = new HashSet<string>();
        await using var target = await TestTarget.StartAsync(
            async context =>
            {
                lock (connections)
                    connections.Add(context.Connection.Id);
                using var reader = new StreamReader(context.Request.Body);
                var asked = await reader.ReadToEndAsync();
                context.Response.ContentType = "text/event-stream";
                for (var i = 0; i < 50; i++)
                {
                    await context.Response.WriteAsync($"event: token\ndata: {{\"text\":\"{new string('x', asked.Length / 50)}\"}}\n\n");
                    await context.Response.Body.FlushAsync();
                }
                await context.Response.WriteAsync("event: done\ndata: {}\n\n");
            },
            https: https => https.ServerCertificate = _authority.Issue("localhost"));
        var profile = TestTarget.Profile(transport: "tls: { verify: false }");
        using var wire = Open(profile, Options(target.Address), new RunClock(TimeProvider.System));
        for (var i = 0; i < 5; i++)
        {
            var exchange = new Exchange { Operation = "query" };
            await wire.SendAsync(Request(profile, streamed: true, question: new string('q', 200_000)), exchange, default);
            Assert.Equal((Outcome.Ok, null, 50), (exchange.Outcome, exchange.Reason, exchange.Tokens));
        }
        Assert.Single(connections);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
        GC.SuppressFinalize(this);
    }

    private static Task Answer(HttpContext context) => context.Response.WriteAsync("{}");

    private async Task<(Outcome, string?)> OutcomeAsync(TestTarget target, string transport)
    {
        var (exchange, _) = await SendAsync(target.Address, TestTarget.Profile(transport: transport));
        return (exchange.Outcome, exchange.Reason);
    }
}

public class DotNetTlsTests() : WireTlsTests(WireKind.DotNet);

public class EpollTlsTests() : WireTlsTests(WireKind.Epoll);

public class SocketsTlsTests() : WireTlsTests(WireKind.Sockets);
