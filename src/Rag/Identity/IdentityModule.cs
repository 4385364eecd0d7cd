using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Hosting;
using Rag.Identity.Usage;
using Rag.Seams;

namespace Rag.Identity;

/// <summary>The identity service. The host registers an <see cref="IKeyStore"/> and an <see cref="IUsageStore"/> beside it.</summary>
public sealed class IdentityModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "identity";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => [];

    /// <inheritdoc/>
    public override IReadOnlyList<Contract> Contracts => [IdentityContract.Instance, UsageContract.Instance];

    /// <inheritdoc/>
    public override IReadOnlyList<Setting> Settings => IdentitySettings.All;

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(IdentitySettings.Read(configuration));
        services.AddSingleton<IIdentity, KeyIdentity>();
        services.AddSingleton<IUsage, UsageLedger>();
    }

    /// <summary>The service by itself, for commands that run beside the server.</summary>
    public static IIdentity Create(IKeyStore store, IConfiguration configuration, TimeProvider time) =>
        new KeyIdentity(store, IdentitySettings.Read(configuration), time);
}
