using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Engines;
using Rag.Host.Serving;
using Rag.Host.Wiring;
using Rag.Seams;
using Rag.Tests.Journals;
using Xunit;

namespace Rag.Tests.Contracts;

/// <summary>A whole system in this test process, in one of its shapes, with the scripted LLM behind it.</summary>
public abstract class Shape : IAsyncLifetime
{
    private const string AdminKey = "admin-key-of-the-tests";

    private readonly TestFolder _folder = new();
    private readonly List<WebApplication> _hosts = [];
    private SystemUnderTest? _system;

    /// <summary>The system, once it runs.</summary>
    public SystemUnderTest System => _system ?? throw new InvalidOperationException("it has not started");

    /// <summary>What calls contracts in this shape: a host's own services.</summary>
    internal abstract IServiceProvider Caller { get; }

    /// <summary>Where sockets may be made.</summary>
    protected string Sockets => _folder.Path;

    public async ValueTask InitializeAsync()
    {
        var llm = await ScriptedLlm.StartAsync();
        var gateway = await StartAsync(llm);
        _system = new SystemUnderTest(new Uri(gateway.Urls.First()), AdminKey, llm);
        await _system.WarmAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in Enumerable.Reverse(_hosts))
        {
            await host.StopAsync(new CancellationToken(canceled: true));
            await host.DisposeAsync();
        }

        if (_system is not null)
            await _system.Llm.DisposeAsync();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the hosts.</summary>
    /// <returns>The one with the gateway.</returns>
    protected abstract Task<WebApplication> StartAsync(ScriptedLlm llm);

    /// <summary>Starts one host as <c>rag serve</c> does.</summary>
    protected async Task<WebApplication> HostAsync(ScriptedLlm llm, params IEnumerable<(string Key, string Value)> settings)
    {
        IEnumerable<(string Key, string Value)> common =
        [
            ("urls", "http://127.0.0.1:0"), ("data", _folder.Path), ("admin_key", AdminKey), ("generation:url", llm.Url.ToString()), ("generation:model", "scripted"),
            ("logging:LogLevel:Default", "Warning"),
        ];
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(common.Concat(settings).ToDictionary(s => s.Key, s => (string?)s.Value)).Build();
        var placement = Placement.Read(configuration, Modules.All);
        var host = RagApp.Build(configuration, placement, services => EngineCatalogue.Register(services, Server.Engines(configuration, placement, _folder.Path)));
        _hosts.Add(host);
        await host.StartAsync();
        return host;
    }
}

/// <summary>All services in one host: calls between them are method calls.</summary>
public sealed class CoHosted : Shape
{
    private WebApplication? _host;

    internal override IServiceProvider Caller => _host!.Services;

    protected override async Task<WebApplication> StartAsync(ScriptedLlm llm) => _host = await HostAsync(llm);
}

/// <summary>Every service in a host of its own: calls between them go over gRPC on unix sockets.</summary>
public sealed class Apart : Shape
{
    private ServiceProvider? _caller;

    internal override IServiceProvider Caller => _caller!;

    protected override async Task<WebApplication> StartAsync(ScriptedLlm llm)
    {
        var peers = Modules.All.Select(module => ($"peers:{module.Name}", $"unix:{Sockets}/{module.Name}.sock")).ToList();
        WebApplication? gateway = null;
        foreach (var module in Modules.All)
        {
            var host = await HostAsync(llm, [("services", module.Name), ("grpc", $"unix:{Sockets}/{module.Name}.sock"), .. peers]);
            if (module.Name == "gateway")
                gateway = host;
        }

        _caller = Elsewhere(Modules.All.Select(module => (module, $"unix:{Sockets}/{module.Name}.sock")));
        return gateway!;
    }

    private static ServiceProvider Elsewhere(IEnumerable<(Rag.Hosting.ServiceModule Module, string Address)> services)
    {
        var caller = new ServiceCollection();
        caller.AddLogging();
        caller.AddSingleton(TimeProvider.System);
        caller.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        caller.AddSeams(new ConfigurationBuilder().Build(), []);
        caller.AddSingleton<Rag.Host.Wiring.Remote.PeerChannels>();
        foreach (var (module, address) in services)
            foreach (var contract in module.Contracts)
                contract.Accept(new RemoteRegistration(caller, [Wiring.ProbeServer.At(address)]));
        return caller.BuildServiceProvider();
    }
}
