using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Gateway.Metering;
using Rag.Hosting;
using Rag.Models;

namespace Rag.Gateway;

/// <summary>The gateway service: the public HTTP API.</summary>
public sealed class GatewayModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "gateway";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn =>
        ["identity", "query", "search", "documents", "embedding", "generation", "vectors", "keywords", "caching"];

    /// <inheritdoc/>
    public override IReadOnlyList<Setting> Settings => GatewaySettings.All;

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(GatewaySettings.Read(configuration));
        services.AddSingleton<UserLimits>();
        services.TryAddSingleton<ModelNames>();
        services.AddSingleton<KnownCallers>();
        services.AddSingleton<Gate>();
        services.AddSingleton<DailyQuotas>();
        services.AddSingleton<UsageMeter>();
        services.AddHostedService(provider => provider.GetRequiredService<UsageMeter>());
        services.AddSingleton<UsageEndpoints>();
        services.AddSingleton<QueryEndpoints>();
        services.AddSingleton<DocumentEndpoints>();
        services.AddSingleton<ChatEndpoint>();
        services.AddSingleton<ModelEndpoints>();
        services.AddSingleton<PartStates>();
        services.AddSingleton<StatusEndpoints>();
        services.AddSingleton<AdminGate>();
        services.AddSingleton<AdminEndpoints>();
        services.AddSingleton<FaultEndpoints>();
        // The OpenAPI document describes what GatewayJson writes.
        services.ConfigureHttpJsonOptions(options =>
        {
            GatewayJson.Configure(options.SerializerOptions);
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, GatewayJson.Default);
        });
    }

    /// <inheritdoc/>
    public override void Map(IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        new GatewayRoutes(
            endpoints, services.GetRequiredService<Gate>(), services.GetRequiredService<GatewayOptions>()).Map(services);
    }
}
