using Rag.Host.Serving;
using Rag.Host.Wiring;
using Xunit;

namespace Rag.Tests.Wiring;

public sealed class DependencyGraphTests
{
    [Fact]
    public void A_circle_is_told_once_with_its_way()
    {
        var problems = DependencyGraph.Problems([new FakeModule("a", "b"), new FakeModule("b", "c"), new FakeModule("c", "b"), new FakeModule("d", "d")]);
        Assert.Equal(["services depend on each other in a circle: b → c → b", "services depend on each other in a circle: d → d"], problems);
    }

    [Fact]
    public void A_diamond_is_no_circle() =>
        Assert.Empty(DependencyGraph.Problems([new FakeModule("a", "b", "c"), new FakeModule("b", "d"), new FakeModule("c", "d"), new FakeModule("d")]));

    [Fact]
    public void A_dependency_that_is_no_service_is_told() =>
        Assert.Equal(["a depends on 'ghost', which is no service"], DependencyGraph.Problems([new FakeModule("a", "ghost")]));

    [Fact]
    public void Our_own_services_have_neither() => Assert.Empty(DependencyGraph.Problems(Modules.All));
}
