using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Loadline.Tests.Wire;

/// <summary>An authority that lives as long as a test.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset To = new(2090, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly X509Certificate2 _own;
    private byte _serial;

    internal TestAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _own = request.CreateSelfSigned(From, To);
    }

    internal X509Certificate2 Issue(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (name == "localhost")
            names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Parse("127.9.9.9"));
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(_own, From, To, [1, ++_serial]);
        return signed.CopyWithPrivateKey(key);
    }

    internal void Write(string path) => File.WriteAllText(path, _own.ExportCertificatePem());

    public void Dispose() => _own.Dispose();
}
