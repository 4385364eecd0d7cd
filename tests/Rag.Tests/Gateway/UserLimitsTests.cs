using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Errors;
using Rag.Gateway;
using Rag.Hosting;
using Rag.Limits;
using Rag.Seams;
using Xunit;

namespace Rag.Tests.Gateway;

public class UserLimitsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Switched _shared;

    public UserLimitsTests() => _shared = new Switched(new RateLimitStore(_time, 1000));

    [Fact]
    public async Task Gateways_share_one_count_per_user()
    {
        var gateways = Enumerable.Range(0, 3).Select(_ => New(replicas: 3)).ToArray();
        var passed = 0;
        for (var i = 0; i < 30; i++)
            passed += (await gateways[i % 3].TakeAsync("ann", 12, default)).Decision.Allowed ? 1 : 0;
        Assert.Equal(12, passed);
    }

    [Theory]
    [InlineData(RagError.Unavailable)]
    [InlineData(RagError.DeadlineExceeded)]
    [InlineData(RagError.Overloaded)]
    public async Task Without_the_shared_count_each_gateway_lets_its_part_pass_and_says_so(RagError failure)
    {
        _shared.Failure = failure;
        var gateways = Enumerable.Range(0, 3).Select(_ => New(replicas: 3)).ToArray();
        var passed = 0;
        for (var i = 0; i < 60; i++)
        {
            var (decision, shared) = await gateways[i % 3].TakeAsync("ann", 12, default);
            Assert.False(shared);
            passed += decision.Allowed ? 1 : 0;
        }

        Assert.Equal(12, passed);
        _shared.Failure = null;
        Assert.True((await gateways[0].TakeAsync("ann", 12, default)).Shared);
    }

    [Fact]
    public async Task A_part_is_never_less_than_one_request()
    {
        _shared.Failure = RagError.Unavailable;
        Assert.True((await New(replicas: 100).TakeAsync("ann", 12, default)).Decision.Allowed);
    }

    [Fact]
    public void In_one_process_nothing_is_waited_for() => Assert.True(New().TakeAsync("ann", 12, default).IsCompletedSuccessfully);

    [Fact]
    public async Task Several_permits_pass_together_or_not_at_all()
    {
        Assert.True((await _shared.TakeAsync(new RateTake("ann", 10, 8), default)).Allowed);
        Assert.False((await _shared.TakeAsync(new RateTake("ann", 10, 3), default)).Allowed);
        Assert.True((await _shared.TakeAsync(new RateTake("ann", 10, 2), default)).Allowed);
    }

    [Fact]
    public async Task A_response_that_was_counted_here_alone_says_so_and_keeps_its_limit_headers()
    {
        await using var server = await GatewayServer.StartAsync(caching: new SwitchedCaching(_shared));
        using var ann = server.Client(await server.KeyAsync("ann", limit: 2));
        using var well = await ann.GetAsync("/documents");
        Assert.False(well.Headers.Contains("X-Degraded"));
        _shared.Failure = RagError.Unavailable;
        using var alone = await ann.GetAsync("/documents");
        Assert.Equal(["caching_unavailable"], alone.Headers.GetValues("X-Degraded"));
        Assert.Equal("\"user\";r=1;t=30", alone.Headers.GetValues("RateLimit").Single());
    }

    private UserLimits New(int replicas = 1) => new(_shared, new GatewayOptions { Replicas = replicas }, _time, NullLogger<UserLimits>.Instance);

    private sealed class Switched(IRateLimits inner) : IRateLimits
    {
        public RagError? Failure { get; set; }

        public ValueTask<RateDecision> TakeAsync(RateTake request, CancellationToken cancellationToken) =>
            Failure is { } failure ? throw new RagException(failure, "switched off") : inner.TakeAsync(request, cancellationToken);
    }

    private sealed class SwitchedCaching(IRateLimits limits) : ServiceModule
    {
        private readonly CachingModule _real = new();

        public override string Name => _real.Name;

        public override IReadOnlyList<string> DependsOn => _real.DependsOn;

        public override IReadOnlyList<Contract> Contracts => _real.Contracts;

        public override void Register(IServiceCollection services, IConfiguration configuration)
        {
            _real.Register(services, configuration);
            services.AddSingleton(limits);
        }
    }
}
