using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Caching;

/// <summary>The caching service: answers, embeddings, and the rate limits that gateways share. Run one of it.</summary>
public sealed class CachingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "caching";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => [];

    /// <inheritdoc/>
    public override bool Replicable => false;

    /// <inheritdoc/>
    public override IReadOnlyList<Contract> Contracts => [CachingContract.Instance, RateLimitsContract.Instance];

    /// <inheritdoc/>
    public override IReadOnlyList<Setting> Settings => CachingSettings.All;

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        var options = CachingSettings.Read(configuration);
        services.TryAddSingleton<ICaching>(provider =>
        {
            var time = provider.GetRequiredService<TimeProvider>();
            return new CacheStore(options, time, new Random(unchecked((int)time.GetTimestamp())));
        });
        services.TryAddSingleton<IRateLimits>(provider => new RateLimitStore(provider.GetRequiredService<TimeProvider>(), options.Users));
    }
}
