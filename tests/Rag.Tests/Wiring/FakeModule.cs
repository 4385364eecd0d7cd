using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Hosting;

namespace Rag.Tests.Wiring;

/// <summary>A service that is nothing but its name and its dependencies.</summary>
internal sealed class FakeModule(string name, params string[] dependsOn) : ServiceModule
{
    public override string Name => name;

    public override IReadOnlyList<string> DependsOn => dependsOn;

    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
    }
}
