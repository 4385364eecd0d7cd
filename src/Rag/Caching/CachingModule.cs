using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Hosting;

namespace Rag.Caching;

/// <summary>The caching service, in process.</summary>
public sealed class CachingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "caching";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => [];

    /// <inheritdoc/>
    public override bool Replicable => false;

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        var options = CachingOptions.Read(configuration);
        services.AddSingleton(provider => new InProcessCache(options, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ICaching>(provider => provider.GetRequiredService<InProcessCache>());
        services.AddSingleton<ICacheEntries>(provider => provider.GetRequiredService<InProcessCache>());
    }
}
