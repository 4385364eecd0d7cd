using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rag.Hosting;
using Rag.Vectors.Moves;

namespace Rag.Engines.Faiss;

/// <summary>FAISS as the engine of vectors, in the service's process.</summary>
internal sealed class FaissEngine : Engine
{
    public override string Seam => "vectors";

    public override string Name => "faiss";

    public override string Description => "FAISS's HNSW in this process, durable in the data folder; needs a library that eng/engines/faiss.sh builds";

    public override IReadOnlyList<Setting> Settings => FaissOptions.Settings;

    public override void Register(IServiceCollection services, EngineContext context)
    {
        var options = FaissOptions.Read(context.Configuration);
        services.AddVectors(MoveSettings.Read(context.Configuration), provider => new FaissIndexes(context.Folder("vectors"), options, provider.GetRequiredService<ILogger<FaissVectors>>()));
    }

    public override ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken)
    {
        try
        {
            var options = FaissOptions.Read(context.Configuration);
            return new([new Finding(true, $"FAISS {FaissLibrary.Load(options.Library).Version} from {options.Library}")]);
        }
        catch (InvalidOperationException error)
        {
            return new([new Finding(false, error.Message, "mend the configuration")]);
        }
        catch (FaissException error)
        {
            return new([new Finding(false, error.Message, "eng/engines/faiss.sh install, then set faiss:library to what eng/engines/faiss.sh library prints")]);
        }
    }
}
