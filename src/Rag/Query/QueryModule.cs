using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Rag.Caching;
using Rag.Embedding;
using Rag.Hosting;
using Rag.Models;
using Rag.Seams;

namespace Rag.Query;

/// <summary>The query service.</summary>
public sealed class QueryModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "query";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => ["search", "generation", "caching", "embedding"];

    /// <inheritdoc/>
    public override IReadOnlyList<Contract> Contracts => [QueryContract.Instance];

    /// <inheritdoc/>
    public override IReadOnlyList<Setting> Settings => QuerySettings.All;

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        var options = QuerySettings.Read(configuration);
        services.AddSingleton(options);
        services.AddSingleton(provider =>
        {
            var time = provider.GetRequiredService<TimeProvider>();
            var alike = options.SemanticCache ? new AlikeAnswers(provider.GetRequiredService<IEmbedding>(), options, time) : null;
            return new AnswerCache(provider.GetRequiredService<ICaching>(), alike, options, time, provider.GetRequiredService<ILogger<AnswerCache>>());
        });
        services.TryAddSingleton<ModelNames>();
        services.AddSingleton<IQuery, QueryService>();
    }
}
