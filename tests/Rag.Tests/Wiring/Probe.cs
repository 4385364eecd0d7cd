using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Tests.Wiring;

/// <summary>A service that does what each test wants.</summary>
public interface IProbe
{
    ValueTask<string?> AskAsync(string? question, CancellationToken cancellationToken);

    ValueTask<byte[]> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    IAsyncEnumerable<int> CountAsync(int to, CancellationToken cancellationToken);

    ValueTask<int> PollAsync(CancellationToken cancellationToken);
}

internal sealed class Probe : IProbe
{
    public static readonly UnaryCall<IProbe, string?, string?> Ask = new("Ask", static (s, r, stop) => s.AskAsync(r, stop), CallPolicy.Read);
    public static readonly UnaryCall<IProbe, ReadOnlyMemory<byte>, byte[]> Send = new("Send", static (s, r, stop) => s.SendAsync(r, stop), CallPolicy.Write);
    public static readonly StreamCall<IProbe, int, int> Count = new("Count", static (s, r, stop) => s.CountAsync(r, stop), CallPolicy.Read);
    public static readonly UnaryCall<IProbe, Nothing, int> Poll = new("Poll", static (s, _, stop) => s.PollAsync(stop), CallPolicy.Watch);

    public static Contract<IProbe> Contract { get; } = new("probe", _ => throw new NotSupportedException(), Ask, Send, Count, Poll);

    public Func<string?, CancellationToken, ValueTask<string?>> OnAsk { get; set; } = (question, _) => new(question);

    public Func<int, CancellationToken, IAsyncEnumerable<int>> OnCount { get; set; } = (to, _) => Enumerable.Range(0, to).ToAsyncEnumerable();

    /// <summary>Ends when a call's token does.</summary>
    public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when a call that waits has begun to.</summary>
    public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ValueTask<string?> AskAsync(string? question, CancellationToken cancellationToken) => OnAsk(question, cancellationToken);

    public ValueTask<byte[]> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => new(bytes.ToArray());

    public IAsyncEnumerable<int> CountAsync(int to, CancellationToken cancellationToken) => OnCount(to, cancellationToken);

    public async ValueTask<int> PollAsync(CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        return 0;
    }

    /// <summary>Waits until it is told to stop.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Waiting.TrySetResult();
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            Stopped.TrySetResult();
        }
    }

    /// <summary>What a test writes, as it writes it.</summary>
    public static async IAsyncEnumerable<int> Written(ChannelReader<int> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in items.ReadAllAsync(cancellationToken))
            yield return item;
    }

    public static string Scope() =>
        $"{CallScope.CurrentPriority} {CallScope.Current?.Remaining?.TotalSeconds:0} {Activity.Current?.TraceId.ToHexString()}";

    internal sealed class Module(IProbe probe) : ServiceModule
    {
        public override string Name => "probe";

        public override IReadOnlyList<string> DependsOn => [];

        public override IReadOnlyList<Contract> Contracts => [Contract];

        public override void Register(IServiceCollection services, IConfiguration configuration) => services.AddSingleton(probe);
    }
}
