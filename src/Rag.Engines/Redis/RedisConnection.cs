using Rag.Errors;
using StackExchange.Redis;

namespace Rag.Engines.Redis;

/// <summary>
/// The process's connection to Redis, made with the first call and mended by the client. Each call costs its time-out at most, also when the server is frozen;
/// failures are those of a service, never the driver's.
/// </summary>
internal sealed class RedisConnection(RedisOptions options, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<ConnectionMultiplexer>? _connecting;

    /// <summary>What it was made with.</summary>
    public RedisOptions Options => options;

    /// <summary>One call.</summary>
    /// <param name="service">Who asks, for the message of a failure.</param>
    /// <param name="call">The call; begun once, and its end is not awaited past the time-out.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RagException">Unavailable: down, too slow, or it refuses.</exception>
    public async ValueTask<T> CallAsync<T>(string service, Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            var multiplexer = await ConnectAsync().WaitAsync(options.Timeout, time, cancellationToken).ConfigureAwait(false);
            return await call(multiplexer.GetDatabase()).WaitAsync(options.Timeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException error) // the client's own is one as well
        {
            throw new RagException(RagError.Unavailable, $"{service}: Redis did not answer within {options.Timeout.TotalMilliseconds:0} ms", Soon, error);
        }
        catch (RedisServerException error)
        {
            throw new RagException(RagError.Unavailable, $"{service}: Redis refused: {error.Message}", Soon, error);
        }
        catch (Exception error) when (error is RedisException or ObjectDisposedException)
        {
            throw new RagException(RagError.Unavailable, $"{service}: Redis can't be reached", Soon, error);
        }
    }

    /// <summary>Subscribes for as long as the process lives; the client subscribes anew by itself after each reconnection.</summary>
    public async Task SubscribeAsync(RedisChannel channel, Action<RedisValue> heard)
    {
        var multiplexer = await ConnectAsync().ConfigureAwait(false);
        await multiplexer.GetSubscriber().SubscribeAsync(channel, (_, message) => heard(message)).ConfigureAwait(false);
    }

    /// <summary>The client itself, for checks.</summary>
    public Task<ConnectionMultiplexer> ConnectAsync()
    {
        lock (_gate)
        {
            // It fails only for settings that make no sense; an absent server is tried again for ever.
            if (_connecting is null or { IsFaulted: true } or { IsCanceled: true })
                _connecting = ConnectionMultiplexer.ConnectAsync(options.Client());
            return _connecting;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connecting is { IsCompletedSuccessfully: true } connected)
            await (await connected.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }
}
