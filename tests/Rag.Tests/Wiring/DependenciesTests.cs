using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Host.Serving;
using Rag.Host.Wiring;
using Rag.Hosting;
using Xunit;

namespace Rag.Tests.Wiring;

public sealed class DependenciesTests
{
    [Fact]
    public void A_circle_is_told_once_with_its_way()
    {
        var problems = Dependencies.Problems([new Fake("a", "b"), new Fake("b", "c"), new Fake("c", "b"), new Fake("d", "d")]);
        Assert.Equal(["services depend on each other in a circle: b → c → b", "services depend on each other in a circle: d → d"], problems);
    }

    [Fact]
    public void A_diamond_is_no_circle() =>
        Assert.Empty(Dependencies.Problems([new Fake("a", "b", "c"), new Fake("b", "d"), new Fake("c", "d"), new Fake("d")]));

    [Fact]
    public void A_dependency_that_is_no_service_is_told() =>
        Assert.Equal(["a depends on 'ghost', which is no service"], Dependencies.Problems([new Fake("a", "ghost")]));

    [Fact]
    public void Our_own_services_have_neither() => Assert.Empty(Dependencies.Problems(Modules.All));

    private sealed class Fake(string name, params string[] dependsOn) : ServiceModule
    {
        public override string Name => name;

        public override IReadOnlyList<string> DependsOn => dependsOn;

        public override void Register(IServiceCollection services, IConfiguration configuration)
        {
        }
    }
}
