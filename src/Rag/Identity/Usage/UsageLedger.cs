using Microsoft.Extensions.Logging;
using Rag.Errors;

namespace Rag.Identity.Usage;

/// <summary>Usage in a store, within a bound of days: once a day and process, what is too old is forgotten.</summary>
internal sealed partial class UsageLedger(IUsageStore store, IdentityOptions options, TimeProvider time, ILogger<UsageLedger> log) : IUsage
{
    private const int MostEntries = 10_000;

    /// <summary>A gateway sends a batch again for as long as it lives and the store is down; a week is more than enough.</summary>
    private const int SourceDays = 7;

    private int _cleared;

    public async ValueTask<IReadOnlyList<DayTotal>> AddAsync(UsageBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Source.Length is 0 or > 128 || batch.Number < 1)
            throw new RagException(RagError.InvalidArgument, $"source, number: '{batch.Source}', {batch.Number} are not permitted; expected 1–128 characters and 1 or more");
        if (batch.Entries.Count + batch.Watched.Count > MostEntries)
            throw new RagException(RagError.InvalidArgument, $"entries: {batch.Entries.Count} and {batch.Watched.Count} users are too many; at most {MostEntries} together are allowed");
        var totals = await store.AddAsync(batch, cancellationToken).ConfigureAwait(false);
        await ClearAsync(cancellationToken).ConfigureAwait(false);
        return totals;
    }

    public ValueTask<UsagePage> ReadAsync(UsageQuestion question, CancellationToken cancellationToken) =>
        question.Most is >= 1 and <= UsageQuestion.MaxMost
            ? store.ReadAsync(question, cancellationToken)
            : throw new RagException(RagError.InvalidArgument, $"limit: {question.Most} is not permitted; expected 1–{UsageQuestion.MaxMost}");

    private async ValueTask ClearAsync(CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).DayNumber;
        var before = Volatile.Read(ref _cleared);
        if (before == today || Interlocked.CompareExchange(ref _cleared, today, before) != before)
            return;
        try
        {
            // The day that is today counts as one.
            var forgotten = await store.ForgetAsync(today - options.UsageDays + 1, today - SourceDays, cancellationToken).ConfigureAwait(false);
            if (forgotten > 0)
                LogForgotten(forgotten, options.UsageDays);
        }
        catch (RagException)
        {
            Volatile.Write(ref _cleared, before); // what was added is added; the next batch tries again
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "identity: {Lines} lines of usage older than {Days} days are forgotten")]
    private partial void LogForgotten(int lines, int days);
}
