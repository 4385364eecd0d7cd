using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Rag.Seams;

/// <summary>Registers what every seam of a process shares.</summary>
public static class SeamServices
{
    /// <summary>Adds <see cref="SeamOptions"/> and <see cref="Dependencies"/>.</summary>
    /// <exception cref="InvalidOperationException">The section <c>seams</c> holds mistakes; the message names all of them.</exception>
    public static void AddSeams(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(SeamOptions.Read(configuration));
        services.AddSingleton(provider => new Dependencies(
            provider.GetRequiredService<SeamOptions>(), provider.GetRequiredService<TimeProvider>(), Environment.ProcessId ^ Environment.TickCount));
    }
}
