using Microsoft.Extensions.Configuration;
using Rag.Engines;
using Rag.Host;
using Rag.Host.Serving;
using Rag.Host.Supervising;
using Rag.Hosting;
using Xunit;

namespace Rag.Tests.Supervising;

public sealed class FleetPlanTests : IDisposable
{
    private readonly SocketFolder _sockets = SocketFolder.Create();

    public void Dispose() => _sockets.Dispose();

    [Fact]
    public void Every_service_is_a_process_that_comes_after_those_it_depends_on()
    {
        var plans = Plan();
        Assert.Equal(Modules.All.Select(module => module.Name).Order(), plans.Select(plan => plan.Name).Order());
        foreach (var (plan, at) in plans.Select((plan, at) => (plan, at)))
            Assert.All(plan.DependsOn, name => Assert.InRange(plans.ToList().FindIndex(other => other.Name == name), 0, at - 1));
        Assert.Equal("gateway", plans[^1].Name);
        Assert.Equal(plans.Count - 1, plans[^1].DependsOn.Count);
        Assert.Equal(plans.Count - 1, Values(plans[^1], "--peer").Count());
        Assert.All(plans.SkipLast(1), plan => Assert.NotNull(plan.Grpc));
    }

    [Fact]
    public void A_process_is_told_where_those_are_that_it_depends_on_and_nothing_else()
    {
        var search = Plan().Single(plan => plan.Name == "search");
        Assert.Equal("serve --services search --data /data --parent 7", string.Join(' ', search.Arguments.Take(7)));
        var peers = Values(search, "--peer");
        Assert.Equal(Modules.All.Single(module => module.Name == "search").DependsOn.Order(StringComparer.Ordinal), peers.Select(peer => peer.Split('=')[0]));
        Assert.Contains($"embedding={_sockets.Address("embedding")}", peers);
        Assert.Equal([_sockets.Address("search")], Values(search, "--grpc"));
    }

    [Fact]
    public void Each_replica_has_a_name_and_an_address_and_its_users_know_all()
    {
        var plans = Plan("embedding=2");
        Assert.Equal(["embedding-1", "embedding-2"], plans.Where(plan => plan.Service == "embedding").Select(plan => plan.Name));
        var expected = $"embedding={_sockets.Address("embedding-1")},{_sockets.Address("embedding-2")}";
        foreach (var user in plans.Where(plan => plan.DependsOn.Contains("embedding-1")))
        {
            Assert.Contains("embedding-2", user.DependsOn);
            Assert.Contains(expected, Values(user, "--peer"));
        }
    }

    [Fact]
    public void The_first_gateway_listens_where_it_is_told_and_the_others_anywhere()
    {
        var gateways = Plan("gateway=3").Where(plan => plan.Service == "gateway").ToList();
        Assert.Equal(["http://127.0.0.1:8080"], gateways[0].Listening.Http1);
        Assert.Equal(["http://127.0.0.1:8082"], gateways[0].Listening.Http2);
        Assert.All(gateways.Skip(1), gateway => Assert.Equal(["http://127.0.0.1:0"], gateway.Listening.Http1));
        Assert.All(gateways, gateway => Assert.Equal(["3"], Values(gateway, "--replicas-of-gateway")));
        Assert.All(gateways, gateway => Assert.Null(gateway.Grpc));
    }

    [Fact]
    public void Services_together_are_one_process_that_knows_only_who_is_elsewhere()
    {
        var plans = Plan(together: ["gateway,identity,query,search,reranking,generation", "documents, caching, ingestion, embedding, vectors, keywords"]);
        Assert.Equal(["documents", "gateway"], plans.Select(plan => plan.Name));
        var (documents, gateway) = (plans[0], plans[1]);
        Assert.Equal("serve --services documents,caching,ingestion,embedding,vectors,keywords --data /data --parent 7 --worker ingestion --grpc", string.Join(' ', documents.Arguments.SkipLast(1)));
        Assert.Equal(["documents"], gateway.DependsOn);
        Assert.Equal(
            documents.Services.Order(StringComparer.Ordinal).Select(service => $"{service}={documents.Grpc}"), Values(gateway, "--peer"));
        Assert.Equal(["http://127.0.0.1:8080"], gateway.Listening.Http1);
        Assert.Null(gateway.Grpc);
    }

    [Fact]
    public void Who_is_with_nobody_depends_on_the_process_that_hosts_what_it_needs()
    {
        var plans = Plan("query=2", together: "caching,documents");
        Assert.Equal(Modules.All.Count, plans.Count);
        var ingestion = plans.Single(plan => plan.Name == "ingestion");
        Assert.Equal(["caching", "embedding", "keywords", "vectors"], ingestion.DependsOn);
        Assert.Contains($"documents={_sockets.Address("caching")}", Values(ingestion, "--peer"));
        Assert.Equal(["query-1", "query-2"], plans.Where(plan => plan.Service == "query").Select(plan => plan.Name));
    }

    [Fact]
    public void Wrong_groups_are_all_told_at_once()
    {
        var problem = Assert.Throws<CommandException>(() => Plan("query=2", together: ["serch,documents,query", "documents,keywords"]));
        Assert.Equal(ExitCode.InvalidArguments, problem.ExitCode);
        foreach (var text in new[] { "'serch' is no service", "'query' is not permitted, since it has replicas (query=2)", "'documents' is named twice" })
            Assert.Contains(text, problem.Message);
    }

    [Fact]
    public void Processes_that_would_wait_for_each_other_are_refused_with_who_needs_whom()
    {
        var problem = Assert.Throws<CommandException>(() => Plan(together: "documents,query"));
        Assert.Contains("would wait for each other to start: documents+query needs search; search needs documents; put what", problem.Message);
    }

    [Fact]
    public void A_list_in_the_configuration_names_services_line_by_line_or_one_by_one()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["together:0"] = "vectors, keywords",
            ["together:1:0"] = "caching",
            ["together:1:1"] = "documents",
        }).Build();
        var groups = ServiceGroups.Read(configuration, Modules.All, Modules.All.ToDictionary(module => module.Name, _ => 1));
        Assert.Equal(["caching documents", "vectors keywords"], groups.Where(group => group.Modules.Count > 1).Select(group => string.Join(' ', group.Modules.Select(module => module.Name))).Order());
    }

    [Fact]
    public void Sockets_fit_the_operating_system_and_only_their_user_reaches_them()
    {
        foreach (var plan in Plan("embedding=16,generation=16,reranking=16").Where(plan => plan.Grpc is not null))
            Assert.InRange(plan.Grpc!["unix:".Length..].Length, 1, 103);
        var folder = Path.GetDirectoryName(_sockets.Address("x")["unix:".Length..])!;
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        using (SocketFolder.Create())
            Assert.True(Directory.Exists(folder), "another one's sweep must leave what is in use");
        _sockets.Dispose();
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void What_a_killed_process_left_is_removed_by_the_next()
    {
        var left = Directory.CreateTempSubdirectory("rag-up-").FullName;
        File.WriteAllText(Path.Combine(left, "lock"), "");
        File.WriteAllText(Path.Combine(left, "query.sock"), "");
        SocketFolder.Create().Dispose();
        Assert.False(Directory.Exists(left));
    }

    [Fact]
    public void Wrong_replicas_are_all_told_at_once()
    {
        var problem = Assert.Throws<CommandException>(() => Plan("documents=2,embeding=2,query=0,search=x"));
        Assert.Equal(ExitCode.InvalidArguments, problem.ExitCode);
        foreach (var text in new[] { "'documents=2' is not permitted", "'embeding' is no service", "'query=0' is not permitted; expected a whole number from 1 to 16", "'search=x'" })
            Assert.Contains(text, problem.Message);
    }

    [Fact]
    public void A_service_whose_engine_is_shared_may_have_replicas_that_its_own_engine_could_not()
    {
        var context = new EngineContext(
            new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["documents:engine"] = "postgres" }).Build(), "/data", _ => true, TimeProvider.System);
        Assert.Equal(2, Plan("documents=2", module => EngineCatalogue.IsReplicable(module, context)).Count(plan => plan.Name.StartsWith("documents", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("embedding")]
    [InlineData("=2")]
    [InlineData("embedding=2,embedding=3")]
    public void What_is_no_list_of_replicas_is_refused(string text) => Assert.Throws<CommandException>(() => Replicas.Settings([text]));

    [Fact]
    public void Secrets_travel_through_the_environment_and_never_on_a_command_line()
    {
        var settings = new Dictionary<string, string?>
        {
            ["identity:dev_key"] = "secret",
            ["admin_key"] = "secret",
            ["urls"] = "http://127.0.0.1:1",
            ["replicas:query"] = "2",
        };
        var environment = ProcessEnvironment.Of(settings);
        Assert.Equal("secret", environment["RAG_IDENTITY__DEV_KEY"]);
        Assert.Equal("secret", environment["RAG_ADMIN_KEY"]);
        Assert.Equal("", environment["RAG_HTTP2_URLS"]);
        Assert.DoesNotContain("RAG_URLS", environment.Keys);
        Assert.Equal(Environment.GetEnvironmentVariable("DOTNET_TieredPGO") is null ? "0" : null, environment.GetValueOrDefault("DOTNET_TieredPGO"));
        Assert.All(Plan(), plan => Assert.DoesNotContain("secret", plan.Arguments));
    }

    private static string[] Values(ProcessPlan plan, string option) =>
        [.. plan.Arguments.Zip(plan.Arguments.Skip(1)).Where(pair => pair.First == option).Select(pair => pair.Second)];

    private IReadOnlyList<ProcessPlan> Plan(string replicas = "", Func<ServiceModule, bool>? shared = null, params string[] together)
    {
        var settings = new Dictionary<string, string?>([.. Replicas.Settings([replicas]), .. ServiceGroups.Settings(together)]);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var counts = Replicas.Read(configuration, Modules.All, shared ?? (module => module.Replicable));
        return FleetPlan.Of(
            ServiceGroups.Read(configuration, Modules.All, counts), counts, new Listening(["http://127.0.0.1:8080"], ["http://127.0.0.1:8082"]), "/data", _sockets, 7);
    }
}
