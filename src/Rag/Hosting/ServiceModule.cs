using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Seams;

namespace Rag.Hosting;

/// <summary>One service as the host sees it: its name, what it needs, how it is registered and mapped. One per service folder, called <c>…Module</c>.</summary>
public abstract class ServiceModule
{
    /// <summary>The service's name, lower case, as in <c>rag serve --services</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Names of the services whose contracts this one calls.</summary>
    public abstract IReadOnlyList<string> DependsOn { get; }

    /// <summary>What the service offers to others; none by default.</summary>
    public virtual IReadOnlyList<Contract> Contracts => [];

    /// <summary>
    /// Whether several processes may run it at a time on one data folder: it keeps nothing there, or keeps it so that processes share it. False for what
    /// owns its files, or would be several instead of one. Default true.
    /// </summary>
    public virtual bool Replicable => true;

    /// <summary>Places in it, besides its contracts' calls, where faults can be injected; none by default.</summary>
    public virtual IReadOnlyList<string> FaultPoints => [];

    /// <summary>The values of the configuration that it reads, but for those of its engines.</summary>
    public virtual IReadOnlyList<Setting> Settings => [];

    /// <summary>Registers the implementation behind the service's contract, as a singleton, unless an engine has registered one before.</summary>
    /// <param name="services">Where to register; <see cref="TimeProvider"/> and logging are there already.</param>
    /// <param name="configuration">The whole configuration: <c>data</c> is the data folder (the service keeps its files in <c>{data}/{Name}</c>), the section <c>{Name}</c> holds its options.</param>
    public abstract void Register(IServiceCollection services, IConfiguration configuration);

    /// <summary>Maps the service's own endpoints; none by default.</summary>
    public virtual void Map(IEndpointRouteBuilder endpoints)
    {
    }

    /// <summary>Folder of the service's files, made when absent.</summary>
    protected string DataFolder(IConfiguration configuration)
    {
        var root = configuration["data"] ?? throw new InvalidOperationException($"{Name}: no data folder is configured; set 'data'");
        return Directory.CreateDirectory(Path.Combine(root, Name)).FullName;
    }
}
