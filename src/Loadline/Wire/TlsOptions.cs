using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>Turns a profile's TLS into what .NET takes; both wires speak it alike.</summary>
internal static class TlsOptions
{
    /// <exception cref="TransportException">A file isn't there, or isn't what it should be.</exception>
    internal static SslClientAuthenticationOptions Of(TlsProfile? tls, Uri address, List<SslApplicationProtocol>? protocols)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = tls?.ServerName ?? address.IdnHost,
            ApplicationProtocols = protocols,
        };
        if (tls is null)
            return options;
        if (!tls.Verify)
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        if (tls.Authorities is { } authorities)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(Read("tls.authorities", authorities, () =>
            {
                var found = new X509Certificate2Collection();
                found.ImportFromPemFile(authorities);
                return found.Count > 0 ? found : throw new CryptographicException("it holds no certificate");
            }));
        }
        if (tls.Certificate is { } certificate)
            options.ClientCertificateContext = Read("tls.certificate", certificate, () => ClientCertificate(tls, certificate));
        return options;
    }

    private static SslStreamCertificateContext ClientCertificate(TlsProfile tls, string certificate)
    {
        var own = tls.KeyPassword is { } password
            ? X509Certificate2.CreateFromEncryptedPemFile(certificate, password.Read("tls.key_password"), tls.Key)
            : X509Certificate2.CreateFromPemFile(certificate, tls.Key);
        var above = new X509Certificate2Collection();
        above.ImportFromPemFile(certificate);
        return SslStreamCertificateContext.Create(own, above, offline: true);
    }

    private static T Read<T>(string where, string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new TransportException($"{where}: '{file}' is not what is needed: {e.Message.TrimEnd('.')}; name a readable PEM file", e);
        }
    }
}
