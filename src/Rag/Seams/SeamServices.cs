using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Rag.Hosting;
using Rag.Seams.Faults;

namespace Rag.Seams;

/// <summary>Registers what every seam of a process shares.</summary>
public static class SeamServices
{
    /// <summary>Adds <see cref="SeamOptions"/>, <see cref="Dependencies"/>, the <see cref="FaultBoard"/>, and it as <see cref="IFaultControl"/> unless there is another.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="configuration">All settings; the section <c>seams</c> is read.</param>
    /// <param name="modules">The services of this process.</param>
    /// <exception cref="InvalidOperationException">The section <c>seams</c> holds mistakes; the message names all of them.</exception>
    public static void AddSeams(this IServiceCollection services, IConfiguration configuration, IReadOnlyList<ServiceModule> modules)
    {
        services.AddSingleton(SeamOptions.Read(configuration));
        services.AddSingleton(provider => new Dependencies(provider.GetRequiredService<SeamOptions>(), provider.GetRequiredService<TimeProvider>(), Seed()));
        var targets = FaultTargets(modules);
        services.AddSingleton(provider => new FaultBoard(
            targets, provider.GetRequiredService<TimeProvider>(), Seed(), provider.GetRequiredService<ILogger<FaultBoard>>()));
        services.TryAddSingleton<IFaultControl>(provider => provider.GetRequiredService<FaultBoard>());
    }

    /// <summary>Where faults can be injected in some services: the calls of their contracts, and what modules name besides.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> FaultTargets(IReadOnlyList<ServiceModule> modules) =>
        modules.SelectMany(module => module.Contracts).SelectMany(contract => contract.Calls.Select(call => (contract.Service, call.Name)))
            .Concat(modules.SelectMany(module => module.FaultPoints.Select(point => (Service: module.Name, Name: point))))
            .GroupBy(point => point.Service).ToDictionary(group => group.Key, IReadOnlyList<string> (group) => [.. group.Select(point => point.Name)]);

    // Differs between processes and starts: those that failed together must not come back together.
    private static int Seed() => Environment.ProcessId ^ Environment.TickCount;
}
