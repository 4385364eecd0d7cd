using Loadline.Faults.Proxy;
using Loadline.Tests.Plans;
using Xunit;

namespace Loadline.Tests.Faults.Proxy;

/// <summary>docs/proxy.md has the toxics that there are.</summary>
public class ProxyDocsTests
{
    [Fact]
    public void The_table_of_toxics_is_that_of_the_list() => Repository.AssertHoldsTable("docs/proxy.md", "toxics", Table());

    [Fact]
    public void Every_kind_is_in_the_list_once() => Assert.Equal(
        typeof(ToxicKind).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ToxicKind))).Select(type => type.Name).Order(),
        ToxicKinds.All.Select(kind => kind.GetType().Name).Order());

    private static string Table() => "| type | does | attributes |\n|---|---|---|\n" + string.Concat(ToxicKinds.All.Select(kind =>
        $"| `{kind.Name}`{(kind.IsOurs ? " *" : "")} | {kind.About} | {(kind.Attributes.Count == 0 ? "–" : string.Join("; ", kind.Attributes.Select(Described)))} |\n"));

    private static string Described(ToxicAttribute attribute) =>
        $"`{attribute.Name}`{(attribute.IsOurs ? " *" : "")}{(attribute.Unit.Length > 0 ? $" ({attribute.Unit})" : "")}: {attribute.About}{(attribute.Default == 0 ? "" : $", default {attribute.Default}")}";
}
