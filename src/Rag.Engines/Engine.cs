using Microsoft.Extensions.DependencyInjection;
using Rag.Hosting;

namespace Rag.Engines;

/// <summary>One way to keep or compute what a seam needs. An engine is a folder here and a line in <see cref="EngineCatalogue"/>.</summary>
public abstract class Engine
{
    /// <summary>The seam that it stands behind, as in <c>SEAM:engine</c>: <c>documents</c>, <c>identity</c>, <c>queue</c>, <c>vectors</c>, <c>keywords</c>, <c>caching</c>, <c>embedding</c>, <c>reranking</c> or <c>generation</c>.</summary>
    public abstract string Seam { get; }

    /// <summary>Its name, as in <c>documents:engine: postgres</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it is, in a few words, for help and documents.</summary>
    public abstract string Description { get; }

    /// <summary>The services in whose processes it is registered; its seam's own by default.</summary>
    public virtual IReadOnlyList<string> Services => [Seam];

    /// <summary>Whether several processes of the service may work on it at a time, because the state lies outside of them.</summary>
    public virtual bool Shared => false;

    /// <summary>The values of the configuration that it reads. Engines of one server share theirs.</summary>
    public virtual IReadOnlyList<Setting> Settings => [];

    /// <summary>Whether the configuration chooses it without naming it, as <c>generation:url</c> chooses an OpenAI-compatible server. Default false.</summary>
    /// <param name="context">All that the process knows.</param>
    public virtual bool IsImpliedBy(EngineContext context) => false;

    /// <summary>Registers what the seam needs, before the service's module looks. Nothing is opened yet.</summary>
    /// <param name="services">Where; <see cref="TimeProvider"/> and logging are there.</param>
    /// <param name="context">All that the process knows.</param>
    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public virtual void Register(IServiceCollection services, EngineContext context)
    {
    }

    /// <summary>Connects as the service would and says what it found: one finding for each thing that must hold. Never throws for what it finds; changes nothing.</summary>
    /// <param name="context">All that the process knows.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    public virtual ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken) => new([]);

    /// <summary>Brings what it keeps (schema, topics, collections) to what this version needs. Doing it twice changes nothing; two at once wait for each other.</summary>
    /// <param name="context">All that the process knows.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    /// <returns>What was done, a line each; empty when there was nothing to do.</returns>
    public virtual ValueTask<IReadOnlyList<string>> MigrateAsync(EngineContext context, CancellationToken cancellationToken) => new([]);
}

/// <summary>What <c>rag check</c> says of one thing.</summary>
/// <param name="Works">Whether it is as it must be.</param>
/// <param name="What">What was found, with versions and sizes; never a secret.</param>
/// <param name="Remedy">What to do about it; null where nothing needs doing.</param>
public sealed record Finding(bool Works, string What, string? Remedy = null);
