using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Rag.Errors;

namespace Rag.Identity;

/// <summary>Keys in a store, with what was found remembered for a short while.</summary>
internal sealed partial class KeyIdentity(IKeyStore store, IdentityOptions options, TimeProvider time) : IIdentity
{
    internal const int ShortestKey = 16;
    internal const int LongestKey = 256;

    // Keyed by hash: a memory dump of the process holds no clear-text key longer than its request.
    private readonly ConcurrentDictionary<KeyHash, Known> _known = new();
    private readonly KeyHash? _devKey = options.DevKey is null ? null : KeyHash.Of(options.DevKey);
    private readonly Caller _developer = new("dev", "default", options.DevRequestsPerMinute);

    public ValueTask<Caller?> AuthenticateAsync(string apiKey, CancellationToken cancellationToken)
    {
        if (apiKey.Length is < ShortestKey or > LongestKey)
            return ValueTask.FromResult<Caller?>(null);
        var hash = KeyHash.Of(apiKey);
        if (hash == _devKey)
            return ValueTask.FromResult<Caller?>(_developer);
        return _known.TryGetValue(hash, out var known) && time.GetTimestamp() < known.Until
            ? ValueTask.FromResult(known.Caller)
            : LookUpAsync(hash, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<IssuedKey>> IssueKeysAsync(IReadOnlyList<KeyRequest> requests, CancellationToken cancellationToken)
    {
        Validate(requests);
        var issued = new IssuedKey[requests.Count];
        var added = new NewKey[requests.Count];
        for (var i = 0; i < issued.Length; i++)
        {
            var (user, tenant, limit, given, requestsPerDay, tokensPerDay) = requests[i];
            var caller = new Caller(user, tenant ?? "default", limit ?? options.RequestsPerMinute, requestsPerDay ?? options.RequestsPerDay, tokensPerDay ?? options.TokensPerDay);
            var key = given ?? MakeKey();
            issued[i] = new IssuedKey(caller.User, caller.Tenant, caller.RequestsPerMinute, key, caller.RequestsPerDay, caller.TokensPerDay);
            added[i] = new NewKey(caller, KeyHash.Of(key));
        }

        await store.AddAsync(added, cancellationToken).ConfigureAwait(false);
        // The user's other keys carry the old tenant and limit: forget everybody rather than search.
        _known.Clear();
        return issued;
    }

    private async ValueTask<Caller?> LookUpAsync(KeyHash hash, CancellationToken cancellationToken)
    {
        var caller = await store.FindAsync(hash, cancellationToken).ConfigureAwait(false);
        if (_known.Count >= options.CachedKeys)
            MakeRoom();
        var life = caller is null ? options.UnknownFor : options.CachedFor;
        _known[hash] = new Known(caller, time.GetTimestamp() + (long)(life.TotalSeconds * time.TimestampFrequency));
        return caller;
    }

    // Unknown keys go first: a flood of invented ones must not push out the real ones.
    private void MakeRoom()
    {
        foreach (var (hash, known) in _known)
            if (known.Caller is null || known.Until <= time.GetTimestamp())
                _known.TryRemove(hash, out _);
        if (_known.Count >= options.CachedKeys)
            _known.Clear();
    }

    private static string MakeKey()
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        return "rag_" + Base64Url.EncodeToString(random);
    }

    private static void Validate(IReadOnlyList<KeyRequest> requests)
    {
        var problems = new List<string>();
        for (var i = 0; i < requests.Count; i++)
        {
            var request = requests[i];
            if (!NameRule().IsMatch(request.User))
                problems.Add($"keys[{i}].user: '{Short(request.User)}' is not permitted; expected 1–128 letters, digits, '.', '_', '-' or '@'");
            if (request.Tenant is { } tenant && !NameRule().IsMatch(tenant))
                problems.Add($"keys[{i}].tenant: '{Short(tenant)}' is not permitted; expected 1–128 letters, digits, '.', '_', '-' or '@'");
            if (request.RequestsPerMinute is < 1 or > IdentityOptions.MaxRequestsPerMinute)
                problems.Add($"keys[{i}].requests_per_minute: {request.RequestsPerMinute} is not permitted; expected 1–{IdentityOptions.MaxRequestsPerMinute}");
            if (request.RequestsPerDay is < 0 or > IdentityOptions.MaxPerDay)
                problems.Add($"keys[{i}].requests_per_day: {request.RequestsPerDay} is not permitted; expected 0 (none) to {IdentityOptions.MaxPerDay}");
            if (request.TokensPerDay is < 0 or > IdentityOptions.MaxPerDay)
                problems.Add($"keys[{i}].tokens_per_day: {request.TokensPerDay} is not permitted; expected 0 (none) to {IdentityOptions.MaxPerDay}");
            if (request.Key is { } key && (key.Length is < ShortestKey or > LongestKey || key.AsSpan().ContainsAnyExceptInRange('!', '~')))
                problems.Add($"keys[{i}].key: expected {ShortestKey}–{LongestKey} printable ASCII characters without spaces, got {key.Length} characters");
        }

        if (problems.Count > 0)
            throw new RagException(RagError.InvalidArgument, string.Join("; ", problems));
    }

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";

    [GeneratedRegex(@"^[A-Za-z0-9._@\-]{1,128}\z")]
    private static partial Regex NameRule();

    private readonly record struct Known(Caller? Caller, long Until);
}
