using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Rag.Hosting;

namespace Rag.Vectors.Moves;

/// <summary>How an engine of vectors is registered.</summary>
public static class VectorsServices
{
    /// <summary>Registers <see cref="IVectors"/> and <see cref="IVectorMoves"/> on an engine's indexes, unless another engine has done so before.</summary>
    /// <param name="services">Where; <see cref="TimeProvider"/> and logging are there.</param>
    /// <param name="settings">How a move goes.</param>
    /// <param name="open">Makes the engine's indexes.</param>
    public static void AddVectors(this IServiceCollection services, MoveSettings settings, Func<IServiceProvider, IVectorIndexes> open)
    {
        if (services.Any(service => service.ServiceType == typeof(IVectors)))
        {
            services.TryAddSingleton<IVectorMoves>(provider => new UnmovedVectors(provider.GetRequiredService<IVectors>()));
            return;
        }

        services.TryAddSingleton(provider => new ModelVectors(
            open(provider), settings, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ModelVectors>>()));
        services.AddSingleton<IVectors>(provider => provider.GetRequiredService<ModelVectors>());
        services.TryAddSingleton<IVectorMoves>(provider => provider.GetRequiredService<ModelVectors>());
        services.AddHostedService(provider =>
        {
            var vectors = provider.GetRequiredService<ModelVectors>();
            return new SizeWatch<ModelVectors>(vectors.WantsLooks ? vectors.SeeSizeAsync : null, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SizeWatch<ModelVectors>>>());
        });
    }
}
