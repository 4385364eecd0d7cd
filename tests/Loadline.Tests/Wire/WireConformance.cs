using Loadline.Targets;
using Loadline.Wire;
using Loadline.Wire.Lean;

namespace Loadline.Tests.Wire;

/// <summary>The wires that there are. Whatever a target does, they must agree on what it was.</summary>
public enum WireKind
{
    DotNet,
    Epoll,
    Sockets,
}

/// <summary>What the suites of all wires share.</summary>
public abstract class WireConformance(WireKind kind)
{
    private protected bool IsLean => kind != WireKind.DotNet;

    private protected IWire Open(TargetProfile profile, WireOptions options, RunClock clock) => kind switch
    {
        WireKind.DotNet => new HttpWire(profile, options, clock),
        // Where there is no epoll, .NET's sockets stand in for it, as they do in a run.
        WireKind.Epoll => new LeanWire(profile, options, clock),
        _ => new LeanWire(profile, options, clock, epoll: false),
    };

    private protected async Task<(Exchange Exchange, WireReply Reply)> SendAsync(
        Uri address, TargetProfile profile, bool streamed = false, string? expected = null, TimeSpan? timeout = null, WireOptions? options = null,
        CancellationToken stop = default, TimeProvider? time = null)
    {
        using var wire = Open(profile, (options ?? Options(address)) with { Timeout = timeout ?? TimeSpan.FromSeconds(20) }, new RunClock(time ?? TimeProvider.System));
        var exchange = new Exchange { Operation = "query", Due = 0 };
        var reply = await wire.SendAsync(Request(profile, streamed, expected), exchange, stop);
        return (exchange, reply);
    }

    private protected static WireOptions Options(Uri address) => new() { BaseAddress = address, Timeout = TimeSpan.FromSeconds(20) };

    private protected static WireRequest Request(TargetProfile profile, bool streamed = false, string? expected = null, string question = "why?") => new()
    {
        Operation = profile.Operations["query"],
        Values = new TemplateValues { Question = question },
        Authorization = "secret-key",
        Streamed = streamed,
        ExpectedDocument = expected,
    };
}
