using System.Runtime.CompilerServices;
using Rag.Errors;
using Rag.Seams;

namespace Rag.Bench.Seams;

/// <summary>A service that does next to nothing: what is measured is the way there.</summary>
public interface IEcho
{
    ValueTask<string> SayAsync(string text, CancellationToken cancellationToken);

    ValueTask<string> SayLaterAsync(string text, CancellationToken cancellationToken);

    /// <summary>Numbers from 1; as many as the absolute value says, and each after a yield when it is negative.</summary>
    IAsyncEnumerable<int> CountAsync(int to, CancellationToken cancellationToken);
}

internal sealed class Echo : IEcho
{
    public ValueTask<string> SayAsync(string text, CancellationToken cancellationToken) => ValueTask.FromResult(text);

    public async ValueTask<string> SayLaterAsync(string text, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return text;
    }

    public async IAsyncEnumerable<int> CountAsync(int to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 1; i <= Math.Abs(to); i++)
        {
            if (to < 0)
                await Task.Yield();
            yield return i;
        }
    }
}

/// <summary>A service that is down, and says so as a seam does.</summary>
internal sealed class DownEcho : IEcho
{
    public ValueTask<string> SayAsync(string text, CancellationToken cancellationToken) =>
        ValueTask.FromException<string>(new RagException(RagError.Unavailable, "it is down"));

    public ValueTask<string> SayLaterAsync(string text, CancellationToken cancellationToken) => SayAsync(text, cancellationToken);

    public IAsyncEnumerable<int> CountAsync(int to, CancellationToken cancellationToken) => throw new RagException(RagError.Unavailable, "it is down");
}

internal static class EchoContract
{
    private static readonly UnaryCall<IEcho, string, string> Say = new("Say", static (s, r, stop) => s.SayAsync(r, stop), CallPolicy.Read);

    private static readonly UnaryCall<IEcho, string, string> SayLater = new("SayLater", static (s, r, stop) => s.SayLaterAsync(r, stop), CallPolicy.Read);

    private static readonly StreamCall<IEcho, int, int> Count = new("Count", static (s, r, stop) => s.CountAsync(r, stop), CallPolicy.Read);

    public static Contract<IEcho> Instance { get; } = new("embedding", seam => new Proxy(seam), Say, SayLater, Count);

    private sealed class Proxy(Seam<IEcho> seam) : IEcho
    {
        public ValueTask<string> SayAsync(string text, CancellationToken cancellationToken) => seam.CallAsync(Say, text, cancellationToken);

        public ValueTask<string> SayLaterAsync(string text, CancellationToken cancellationToken) => seam.CallAsync(SayLater, text, cancellationToken);

        public IAsyncEnumerable<int> CountAsync(int to, CancellationToken cancellationToken) => seam.StreamAsync(Count, to, cancellationToken);
    }
}
