using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.VectorData;
using Rag.Hosting;
using Rag.Vectors.Moves;

namespace Rag.Engines.ExtensionsVectorData;

/// <summary>
/// Vectors in a provider of Microsoft.Extensions.VectorData. A host of one's own adds the provider's <see cref="VectorStore"/> to its services before the engines
/// (<c>docs/engines.md</c> has the lines) and sets <c>vectors:engine</c> to <c>extensions-vector-data</c>.
/// </summary>
internal sealed class VectorDataEngine : Engine
{
    public override string Seam => "vectors";

    public override string Name => "extensions-vector-data";

    public override string Description => "a provider of Microsoft.Extensions.VectorData that a host of one's own brings along; what is true stays in the data folder";

    public override IReadOnlyList<Setting> Settings => VectorDataOptions.Settings;

    public override void Register(IServiceCollection services, EngineContext context)
    {
        if (!services.Any(service => service.ServiceType == typeof(VectorStore)))
            throw new InvalidOperationException("vectors:engine: 'extensions-vector-data' needs a VectorStore among the host's services, and there is none; 'rag' itself brings none. See docs/engines.md");
        var options = VectorDataOptions.Read(context.Configuration);
        services.AddVectors(MoveSettings.Read(context.Configuration), provider => new ProviderIndexes(
            context.Folder(Seam), provider.GetRequiredService<VectorStore>(), options, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ProviderVectors>>()));
    }
}
