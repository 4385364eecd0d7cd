using Microsoft.Extensions.Logging.Abstractions;
using Rag.Errors;
using Rag.Host.Wiring;
using Rag.Host.Wiring.Remote;
using Rag.Seams;
using Rag.Seams.Faults;
using Xunit;

namespace Rag.Tests.Wiring;

/// <summary>Faults in several processes at a time: here two boards, and a process that doesn't answer.</summary>
public sealed class SpreadFaultsTests
{
    private static readonly Dictionary<string, IReadOnlyList<string>> Targets = new() { ["probe"] = ["Ask"], ["other"] = ["Ask"] };
    private static readonly FaultSpec Refuse = new() { Service = "probe", Kind = FaultKind.Refuse, For = TimeSpan.FromMinutes(1) };

    private readonly FaultBoard _one = new(Targets, TimeProvider.System, 1);
    private readonly FaultBoard _two = new(Targets, TimeProvider.System, 2);

    [Fact]
    public async Task A_fault_is_in_every_process_of_the_service_under_one_name_and_ends_in_all()
    {
        var faults = Spread(Process("one", _one), Process("two", _two));
        var lease = await faults.ApplyAsync(Refuse, default);
        Assert.Equal([lease.Id], (await _one.ListAsync(default)).Select(l => l.Id));
        Assert.Equal([lease.Id], (await _two.ListAsync(default)).Select(l => l.Id));
        Assert.Equal([lease.Id], (await faults.ListAsync(default)).Select(l => l.Id));
        Assert.True(await faults.EndAsync(lease.Id, default));
        Assert.True(_one.IsQuiet && _two.IsQuiet);
        Assert.False(await faults.EndAsync(lease.Id, default));
    }

    [Fact]
    public async Task It_is_everywhere_or_nowhere()
    {
        var faults = Spread(Process("one", _one), new Away());
        var error = await Assert.ThrowsAsync<RagException>(async () => await faults.ApplyAsync(Refuse, default));
        Assert.Equal(RagError.Unavailable, error.Error);
        Assert.Contains("1 of 2 processes of probe can't be reached (away)", error.Message);
        Assert.True(_one.IsQuiet);
    }

    [Fact]
    public async Task What_is_wrong_with_it_is_told_before_anyone_is_asked()
    {
        var error = await Assert.ThrowsAsync<RagException>(async () => await Spread(new Away()).ApplyAsync(Refuse with { Service = "ghost" }, default));
        Assert.Equal(RagError.InvalidArgument, error.Error);
        Assert.Contains("'ghost' is not known here; known are other, probe", error.Message);
    }

    [Fact]
    public async Task All_end_in_the_processes_that_answer()
    {
        var faults = Spread(Process("one", _one), Process("two", _two));
        await faults.ApplyAsync(Refuse, default);
        await faults.ApplyAsync(Refuse with { Call = "Ask" }, default);
        Assert.Equal(2, await Spread(Process("one", _one), Process("two", _two), new Away()).EndAllAsync(default));
        Assert.True(_one.IsQuiet && _two.IsQuiet);
    }

    [Fact]
    public async Task A_process_takes_faults_over_grpc_and_its_callers_meet_them()
    {
        await using var server = await ProbeServer.StartAsync(new Probe(), "http://127.0.0.1:0");
        using var channels = new PeerChannels(ProbeServer.Configured());
        var address = ProbeServer.At(server.Peer.Address);
        var faults = Spread(new RemotePeer<IFaultPort>("faults", address, channels.To(address), TimeProvider.System));
        var lease = await faults.ApplyAsync(Refuse with { Call = "Ask" }, default);
        Assert.Equal(lease, Assert.Single(await faults.ListAsync(default)));
        var error = await Assert.ThrowsAsync<RagException>(async () => await server.Peer.CallAsync(Probe.Ask, "?", null, default));
        Assert.Equal((RagError.Unavailable, true), (error.Error, error.Message.Contains(lease.Id, StringComparison.Ordinal)));
        Assert.True(await faults.EndAsync(lease.Id, default));
        Assert.Equal("!", await server.Peer.CallAsync(Probe.Ask, "!", null, default));
    }

    private static SpreadFaults Spread(params IReadOnlyList<IPeer<IFaultPort>> processes) =>
        new(Targets, new Dictionary<string, IReadOnlyList<IPeer<IFaultPort>>> { ["probe"] = processes }, NullLogger<SpreadFaults>.Instance);

    private static Named Process(string name, FaultBoard board) => new(name, new LocalPeer<IFaultPort>(new FaultPort(board)));

    private sealed class Named(string name, IPeer<IFaultPort> inner) : IPeer<IFaultPort>
    {
        public string Address => name;

        public ValueTask<TReply> CallAsync<TRequest, TReply>(
            UnaryCall<IFaultPort, TRequest, TReply> call, TRequest request, TimeSpan? allowed, CancellationToken cancellationToken) => inner.CallAsync(call, request, allowed, cancellationToken);

        public IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
            StreamCall<IFaultPort, TRequest, TItem> call, TRequest request, TimeSpan? allowed, Action? accepted, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private sealed class Away : IPeer<IFaultPort>
    {
        public string Address => "away";

        public ValueTask<TReply> CallAsync<TRequest, TReply>(
            UnaryCall<IFaultPort, TRequest, TReply> call, TRequest request, TimeSpan? allowed, CancellationToken cancellationToken) =>
            throw new RagException(RagError.Unavailable, "nobody there");

        public IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
            StreamCall<IFaultPort, TRequest, TItem> call, TRequest request, TimeSpan? allowed, Action? accepted, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
