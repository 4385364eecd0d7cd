using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rag.Errors;
using Rag.Identity;

namespace Rag.Gateway;

/// <summary>
/// Who holds a key, as identity last said, so that keys seen lately work while identity is down. Fresh answers are believed without asking: a revocation takes
/// hold after at most 5 s here plus identity's own 10 s. Older ones serve only when identity can't be asked, and the answer then says so.
/// Keys are kept as hashes, and only those that identity has confirmed: invented ones can't fill it.
/// </summary>
internal sealed partial class KnownCallers(IIdentity identity, GatewayOptions options, TimeProvider time, ILogger<KnownCallers> log)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <summary>How long identity is waited for when there is an older answer; whoever is not known has nothing else to wait for.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);


    private readonly ConcurrentDictionary<KeyHash, Known> _known = new();
    private readonly RepeatedWarning _warning = new(time);

    /// <summary>Keys remembered.</summary>
    public int Count => _known.Count;

    /// <summary>Finds who holds a key.</summary>
    /// <exception cref="RagException">Unavailable: identity can't be asked, and the key was not seen lately.</exception>
    public ValueTask<KnownCaller> FindAsync(string apiKey, CancellationToken cancellationToken)
    {
        var hash = KeyHash.Of(apiKey);
        return _known.TryGetValue(hash, out var known) && time.GetElapsedTime(known.At) < Fresh
            ? new(new KnownCaller(known.Caller, false, known.Key))
            : AskAsync(apiKey, hash, known, cancellationToken);
    }

    private async ValueTask<KnownCaller> AskAsync(string apiKey, KeyHash hash, Known? known, CancellationToken cancellationToken)
    {
        Caller? caller;
        try
        {
            var asked = identity.AuthenticateAsync(apiKey, cancellationToken);
            caller = known is null || asked.IsCompleted ? await asked.ConfigureAwait(false) : await asked.AsTask().WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            Warn(error.Message);
            if (known is not null && time.GetElapsedTime(known.At) < options.KnownKeyTime)
                return new KnownCaller(known.Caller, true, known.Key);
            // Not 401: the key may well be right.
            throw new RagException(
                RagError.Unavailable, "the key can't be checked now, and was not used here lately; try again later", (error as RagException)?.RetryAfter ?? TimeSpan.FromSeconds(1), error);
        }

        if (caller is null)
        {
            _known.TryRemove(hash, out _);
            return default;
        }

        if (known is null && _known.Count >= options.KnownKeys)
            MakeRoom();
        var key = known?.Key ?? hash.ToString()[..12];
        _known[hash] = new Known(caller, key, time.GetTimestamp());
        return new KnownCaller(caller, false, key);
    }

    // The older half goes: rare, and one look at each.
    private void MakeRoom()
    {
        var times = _known.Values.Select(k => k.At).Order().ToArray();
        if (times.Length == 0)
            return;
        var middle = times[times.Length / 2];
        foreach (var (hash, known) in _known)
            if (known.At <= middle)
                _known.TryRemove(hash, out _);
    }

    private void Warn(string reason)
    {
        if (_warning.IsDue(out var times))
            IdentityFailed(reason, times);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Identity can't be asked ({Reason}; {Times} times); keys seen lately still work")]
    private partial void IdentityFailed(string reason, long times);

    private sealed record Known(Caller Caller, string Key, long At);
}

/// <summary>Who holds a key.</summary>
/// <param name="Caller">The caller, or null when the key is unknown or revoked.</param>
/// <param name="WithoutIdentity">Whether identity could not be asked.</param>
/// <param name="Key">Which key, as <see cref="KeyListing.Id"/>.</param>
internal readonly record struct KnownCaller(Caller? Caller, bool WithoutIdentity, string Key);
