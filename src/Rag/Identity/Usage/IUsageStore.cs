namespace Rag.Identity.Usage;

/// <summary>Where usage is kept: beside users and keys. Writes are durable when they return; several processes may use one store at a time.</summary>
public interface IUsageStore
{
    /// <summary>As <see cref="IUsage.AddAsync"/>.</summary>
    ValueTask<IReadOnlyList<DayTotal>> AddAsync(UsageBatch batch, CancellationToken cancellationToken);

    /// <summary>As <see cref="IUsage.ReadAsync"/>.</summary>
    ValueTask<UsagePage> ReadAsync(UsageQuestion question, CancellationToken cancellationToken);

    /// <summary>Brings in lines of another store: of each amount the greater counts, so doing it again changes nothing.</summary>
    ValueTask MergeAsync(IReadOnlyList<UsageEntry> entries, CancellationToken cancellationToken);

    /// <summary>Forgets lines of days before one, and sources that have sent nothing since.</summary>
    /// <param name="day">The first day that stays.</param>
    /// <param name="sourcesBefore">Sources whose last batch came before this day are forgotten.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How many lines.</returns>
    ValueTask<int> ForgetAsync(int day, int sourcesBefore, CancellationToken cancellationToken);
}

/// <summary>How stores prepare what they are given.</summary>
public static class UsageEntries
{
    /// <summary>One line for each day, tenant, user, key and operation, in one order for all, so that two writers at a time wait for each other instead of locking each other out.</summary>
    public static List<UsageEntry> Gathered(IReadOnlyList<UsageEntry> entries, Func<UsageAmounts, UsageAmounts, UsageAmounts> both)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var gathered = entries.GroupBy(entry => (entry.Day, entry.Tenant, entry.User, entry.Key, entry.Operation))
            .Select(same => same.First() with { Amounts = same.Select(entry => entry.Amounts).Aggregate(both) }).ToList();
        gathered.Sort(static (a, b) => a.Day != b.Day ? a.Day.CompareTo(b.Day)
            : string.CompareOrdinal(a.Tenant, b.Tenant) is var tenant && tenant != 0 ? tenant
            : string.CompareOrdinal(a.User, b.User) is var user && user != 0 ? user
            : string.CompareOrdinal(a.Key, b.Key) is var key && key != 0 ? key : string.CompareOrdinal(a.Operation, b.Operation));
        return gathered;
    }

    /// <summary>A page of lines of which one more than wanted was read.</summary>
    public static UsagePage Page(List<UsageEntry> read, int most)
    {
        ArgumentNullException.ThrowIfNull(read);
        if (read.Count <= most)
            return new UsagePage(read, null);
        var last = read[most - 1];
        return new UsagePage(read[..most], new UsagePlace(last.Day, last.Tenant, last.User, last.Key, last.Operation));
    }
}
