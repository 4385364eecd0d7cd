using Microsoft.Extensions.DependencyInjection;
using Rag.Errors;
using Rag.Hosting;
using Rag.Vectors.Moves;

namespace Rag.Engines.Chroma;

/// <summary>Chroma as the engine of vectors. Several processes may work on it at a time.</summary>
internal sealed class ChromaEngine : Engine
{
    public override string Seam => "vectors";

    public override string Name => "chroma";

    public override string Description => "a Chroma server, 1.0 or later";

    public override bool Shared => true;

    public override IReadOnlyList<Setting> Settings => ChromaOptions.Settings;

    public override void Register(IServiceCollection services, EngineContext context)
    {
        var options = ChromaOptions.Read(context.Configuration);
        services.AddVectors(MoveSettings.Read(context.Configuration), _ => new ChromaIndexes(options));
    }

    public override async ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken)
    {
        try
        {
            var options = ChromaOptions.Read(context.Configuration);
            using var client = new ChromaClient(options);
            var version = await client.GetVersionAsync(cancellationToken).ConfigureAwait(false);
            if (!Version.TryParse(version.Split('-', '+')[0], out var number) || number.Major < 1)
                return [new Finding(false, $"Chroma {version} at {options.Url.Authority}", "install Chroma 1.0 or later: earlier ones don't keep the metadata of a collection that is opened twice")];
            var plan = await ChromaIndexes.ReadPlanAsync(client, options, cancellationToken).ConfigureAwait(false) ?? VectorPlan.First;
            var model = plan.ActiveModel ?? await new ChromaCollections(client, ChromaIndexes.OptionsOf(options, plan.Active)).ModelAsync(cancellationToken).ConfigureAwait(false);
            return
            [
                new Finding(true, $"Chroma {version} at {options.Url.Authority}"),
                new Finding(true, model is null ? $"collection '{options.Collection}' is empty" : $"collection '{options.Collection}' holds vectors of {model.Words}{(plan.NextModel is { } next ? $" and moves to {next.Words}" : "")}"),
            ];
        }
        catch (InvalidOperationException error)
        {
            return [new Finding(false, error.Message, "mend the configuration")];
        }
        catch (RagException error)
        {
            return [new Finding(false, error.Message, error.InnerException is HttpRequestException ? "start Chroma (eng/engines/chroma.sh run DIR PORT, or chroma run), or set chroma:url to where it listens" : "follow what is said, and see the server's log")];
        }
    }

    public override async ValueTask<IReadOnlyList<string>> MigrateAsync(EngineContext context, CancellationToken cancellationToken)
    {
        var options = ChromaOptions.Read(context.Configuration);
        using var client = new ChromaClient(options);
        if (await ChromaIndexes.ReadPlanAsync(client, options, cancellationToken).ConfigureAwait(false) is not null
            || await client.FindCollectionAsync(options.Collection + ".fences", cancellationToken).ConfigureAwait(false) is not null)
            return [];
        await new ChromaCollections(client, options).FencesAsync(cancellationToken).ConfigureAwait(false);
        return [$"chroma: made collection {options.Collection}.fences"];
    }
}
