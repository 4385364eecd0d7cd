using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Reranking;

/// <summary>The reranking service: a closer look at candidates.</summary>
public sealed class RerankingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "reranking";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => [];

    /// <inheritdoc/>
    public override IReadOnlyList<Contract> Contracts => [RerankingContract.Instance];

    /// <inheritdoc/>
    public override IReadOnlyList<Setting> Settings => RerankingSettings.All;

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        var options = RerankingSettings.Read(configuration);
        services.TryAddSingleton<IReranking>(_ => new BuiltInReranking(options));
    }
}
