using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Extraction;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Generation;

/// <summary>The generation service: the built-in extractive answerer, unless the host has registered an engine before.</summary>
public sealed class GenerationModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "generation";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => [];

    /// <inheritdoc/>
    public override IReadOnlyList<Contract> Contracts => [GenerationContract.Instance];

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration) =>
        services.TryAddSingleton<IGeneration, ExtractiveAnswerer>();
}
