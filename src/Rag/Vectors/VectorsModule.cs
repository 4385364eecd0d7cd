using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rag.Hosting;
using Rag.Seams;
using Rag.Vectors.Moves;

namespace Rag.Vectors;

/// <summary>The service <c>vectors</c>: approximate nearest neighbours, in memory, durable in <c>{data}/vectors</c>. Needs no other service.</summary>
public sealed class VectorsModule : ServiceModule
{
    /// <inheritdoc />
    public override string Name => "vectors";

    /// <inheritdoc />
    public override IReadOnlyList<string> DependsOn => [];

    /// <inheritdoc/>
    public override bool Replicable => false;

    /// <inheritdoc/>
    public override IReadOnlyList<Contract> Contracts => [VectorsContract.Instance, VectorMovesContract.Instance];

    /// <inheritdoc/>
    public override IReadOnlyList<Setting> Settings => [.. VectorsSettings.All, .. MoveSettings.All];

    /// <inheritdoc />
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        var options = VectorsSettings.Read(configuration);
        services.AddVectors(MoveSettings.Read(configuration), provider => new BuiltInIndexes(
            DataFolder(configuration), options, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>().CreateLogger("Rag.Vectors")));
    }
}
