using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Rag.Errors;
using Rag.Identity;
using Rag.Identity.Usage;

namespace Rag.Gateway.Metering;

/// <summary>
/// Quotas of a day (UTC), against what the store last said and what this gateway has counted since. Nobody waits for the store: a user that was not seen since the day or the process
/// began is let in until the first totals come, about a second later; so is everybody while the store is down, but for what this gateway counts itself. Other gateways'
/// counts arrive with a user's own next request. Safe for concurrent use.
/// </summary>
internal sealed class DailyQuotas(TimeProvider time)
{
    private const int MostUsers = 100_000;

    private static readonly Counter<long> Refused = new Meter("Rag").CreateCounter<long>(
        "rag.usage.quota_refusals", "{request}", "Requests refused because a quota of the day was used up, by quota: requests, tokens");

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Counted> _users = new(StringComparer.Ordinal);
    private int _day;

    /// <summary>The day in UTC, as <see cref="DateOnly.DayNumber"/>.</summary>
    public int Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).DayNumber;

    /// <summary>Whether a user's usage must be known.</summary>
    public static bool Has(Caller caller) => caller.RequestsPerDay > 0 || caller.TokensPerDay > 0;

    /// <summary>Refuses a request of a user whose day is used up.</summary>
    /// <exception cref="RagException">Throttled, until the day ends.</exception>
    public void Check(Caller caller)
    {
        if (!Has(caller))
            return;
        var (requests, tokens) = CountOf(caller.User);
        if (caller.RequestsPerDay > 0 && requests >= caller.RequestsPerDay)
            throw Over("requests", caller.RequestsPerDay);
        if (caller.TokensPerDay > 0 && tokens >= caller.TokensPerDay)
            throw Over("tokens", caller.TokensPerDay);

        RagException Over(string what, int quota)
        {
            Refused.Add(1, new KeyValuePair<string, object?>("quota", what));
            var now = time.GetUtcNow();
            return new RagException(
                RagError.Throttled, $"user '{caller.User}' has used its {quota} {what} of this day (UTC); wait as Retry-After says, until 00:00 UTC", now.UtcDateTime.Date.AddDays(1) - now.UtcDateTime);
        }
    }

    /// <summary>What is known of a user's day.</summary>
    public (long Requests, long Tokens) CountOf(string user)
    {
        lock (_lock)
        {
            Turn();
            return _users.TryGetValue(user, out var counted)
                ? (counted.Known.Requests + counted.Sent.Requests + counted.Unsent.Requests, counted.Known.Tokens + counted.Sent.Tokens + counted.Unsent.Tokens)
                : default;
        }
    }

    /// <summary>Counts what a user with a quota has used. Past the bound of users the newest are not counted before the store has.</summary>
    public void Add(string user, int day, UsageAmounts amounts)
    {
        lock (_lock)
        {
            Turn();
            if (day != _day || (_users.Count >= MostUsers && !_users.ContainsKey(user)))
                return;
            ref var counted = ref CollectionsMarshal.GetValueRefOrAddDefault(_users, user, out _);
            counted.Unsent = counted.Unsent.Plus(amounts.Requests, amounts.Tokens());
        }
    }

    /// <summary>A batch with what these users have used until now goes to the store.</summary>
    public void Sending(IReadOnlyList<string> users)
    {
        lock (_lock)
            foreach (var user in users)
                if (_users.ContainsKey(user))
                {
                    ref var counted = ref CollectionsMarshal.GetValueRefOrAddDefault(_users, user, out _);
                    (counted.Sent, counted.Unsent) = (counted.Sent.Plus(counted.Unsent.Requests, counted.Unsent.Tokens), default);
                }
    }

    /// <summary>It has arrived, and these are the totals with it.</summary>
    public void Arrived(int day, IReadOnlyList<string> users, IReadOnlyList<DayTotal> totals)
    {
        lock (_lock)
        {
            Turn();
            if (day != _day)
                return;
            foreach (var user in users)
                if (_users.ContainsKey(user))
                    CollectionsMarshal.GetValueRefOrAddDefault(_users, user, out _).Sent = default;
            foreach (var total in totals)
                if (_users.ContainsKey(total.User))
                    CollectionsMarshal.GetValueRefOrAddDefault(_users, total.User, out _).Known = new Sums(total.Requests, total.Tokens);
        }
    }

    private void Turn()
    {
        if (Today is var today && today == _day)
            return;
        _day = today;
        _users.Clear();
    }

    private readonly record struct Sums(long Requests, long Tokens)
    {
        public Sums Plus(long requests, long tokens) => new(Requests + requests, Tokens + tokens);
    }

    private struct Counted
    {
        public Sums Known, Sent, Unsent;
    }
}
