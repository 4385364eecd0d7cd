using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Loadline.Faults.Proxy.Api;

/// <summary>The proxies of one API by their names. Changes come one at a time.</summary>
internal sealed class ProxyCollection(TimeProvider time, ulong seed) : IAsyncDisposable
{
    private readonly SemaphoreSlim _changes = new(1, 1);
    private readonly ConcurrentDictionary<string, ToxicProxy> _proxies = new(StringComparer.Ordinal);

    internal IEnumerable<KeyValuePair<string, ToxicProxy>> All => _proxies.OrderBy(each => each.Key, StringComparer.Ordinal);

    internal ToxicProxy Get(string name) => _proxies.TryGetValue(name, out var proxy) ? proxy : throw ApiException.NoProxy;

    internal Task<ToxicProxy> AddAsync(ProxyWish wish) => AloneAsync(() =>
    {
        if (_proxies.ContainsKey(wish.Name))
            throw ApiException.ProxyExists;
        return Task.FromResult(_proxies[wish.Name] = Start(wish));
    });

    internal Task RemoveAsync(string name) => AloneAsync(async () =>
    {
        if (!_proxies.TryRemove(name, out var proxy))
            throw ApiException.NoProxy;
        await proxy.DisposeAsync().ConfigureAwait(false);
        return proxy;
    });

    /// <summary>Makes all that are wished for be there. One that is there already, with the same addresses, stays untouched.</summary>
    /// <param name="wishes">What is wished for, checked.</param>
    /// <param name="done">Takes what was done, also where a later one fails.</param>
    internal Task PopulateAsync(IEnumerable<ProxyWish> wishes, List<(string Name, ToxicProxy Proxy)> done) => AloneAsync<object?>(async () =>
    {
        foreach (var wish in wishes)
        {
            if (_proxies.TryGetValue(wish.Name, out var proxy) && !(wish.Upstream == proxy.Upstream && SamePlace(wish.Listen!, proxy)))
            {
                _proxies.TryRemove(wish.Name, out _);
                await proxy.DisposeAsync().ConfigureAwait(false);
                proxy = null;
            }
            done.Add((wish.Name, proxy ?? (_proxies[wish.Name] = Start(wish))));
        }
        return null;
    });

    /// <summary>Changes a proxy's addresses and whether it listens.</summary>
    internal Task<ToxicProxy> UpdateAsync(string name, Func<ToxicProxy, ProxyWish> read) => AloneAsync(() =>
    {
        var proxy = Get(name);
        var wish = read(proxy);
        return Task.FromResult(Try(wish, () =>
        {
            // Not opened at the old place first, nor at the new one if it is to be closed.
            if (wish.Enabled == false)
                proxy.Enabled = false;
            proxy.Move(SamePlace(wish.Listen!, proxy) ? proxy.Listen : wish.Listen!, wish.Upstream!);
            proxy.Enabled = wish.Enabled ?? true;
            return proxy;
        }));
    });

    /// <summary>Enables all, without toxics.</summary>
    internal Task ResetAsync() => AloneAsync<object?>(() =>
    {
        foreach (var (_, proxy) in All)
        {
            Try(new ProxyWish("") { Listen = proxy.Listen }, () =>
            {
                proxy.Reset();
                return proxy;
            });
        }
        return Task.FromResult<object?>(null);
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, proxy) in All)
            await proxy.DisposeAsync().ConfigureAwait(false);
        _changes.Dispose();
    }

    private static bool SamePlace(string listen, ToxicProxy proxy)
    {
        if (listen == proxy.Listen)
            return true;
        try
        {
            return proxy.Address is { } address && Endpoints.Resolve(listen).Equals(address);
        }
        catch (Exception problem) when (problem is FormatException or SocketException)
        {
            return false;
        }
    }

    private static T Try<T>(ProxyWish wish, Func<T> change)
    {
        try
        {
            return change();
        }
        catch (SocketException problem)
        {
            throw ApiException.Of(wish.Listen ?? "", problem);
        }
        catch (FormatException problem)
        {
            throw ApiException.BadBody(problem.Message);
        }
    }

    private ToxicProxy Start(ProxyWish wish) => Try(wish, () => ToxicProxy.Start(
        new ProxyOptions { Listen = wish.Listen is { Length: > 0 } listen ? listen : "127.0.0.1:0", Upstream = wish.Upstream!, Enabled = wish.Enabled ?? true, Seed = seed }, time));

    private async Task<T> AloneAsync<T>(Func<Task<T>> change)
    {
        await _changes.WaitAsync().ConfigureAwait(false);
        try
        {
            return await change().ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }
}

/// <summary>A proxy as a request asks for it; null is what it doesn't say.</summary>
internal sealed record ProxyWish(string Name)
{
    internal string? Listen { get; init; }

    internal string? Upstream { get; init; }

    internal bool? Enabled { get; init; }
}
