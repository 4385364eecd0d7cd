using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Keywords;

/// <summary>The keywords service: BM25 and the chunks' texts.</summary>
public sealed class KeywordsModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "keywords";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => [];

    /// <inheritdoc/>
    public override bool Replicable => false;

    /// <inheritdoc/>
    public override IReadOnlyList<Contract> Contracts => [KeywordsContract.Instance];

    /// <inheritdoc/>
    public override IReadOnlyList<Setting> Settings => KeywordsSettings.All;

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        var options = KeywordsSettings.Read(configuration);
        services.TryAddSingleton<IKeywords>(provider =>
            new KeywordIndex(DataFolder(configuration), options, provider.GetRequiredService<ILogger<KeywordIndex>>()));
        services.AddHostedService(provider =>
        {
            var keywords = provider.GetRequiredService<IKeywords>();
            return new SizeWatch<IKeywords>(stop => KeywordsMetrics.LookAsync(keywords, stop), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SizeWatch<IKeywords>>>());
        });
    }
}
