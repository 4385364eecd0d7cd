namespace Rag.Identity.Usage;

/// <summary>What users asked for and what it took, by day (UTC), tenant, user, key and operation.</summary>
public interface IUsage
{
    /// <summary>
    /// Adds a batch, durably and exactly once: of one source a batch counts only when its number is above every one that came before, so it may be sent again until it was acknowledged.
    /// </summary>
    /// <returns>The day's totals of <see cref="UsageBatch.Watched"/>, this batch included; users without any are left out.</returns>
    ValueTask<IReadOnlyList<DayTotal>> AddAsync(UsageBatch batch, CancellationToken cancellationToken);

    /// <summary>What was counted, in the order of days, tenants, users, keys and operations.</summary>
    ValueTask<UsagePage> ReadAsync(UsageQuestion question, CancellationToken cancellationToken);
}

/// <summary>What one gateway counted since its last batch.</summary>
/// <param name="Source">Which gateway process; a name that is never used again.</param>
/// <param name="Number">Counts its batches, from 1.</param>
/// <param name="Entries">What to add; the same day, tenant, user, key and operation may come twice.</param>
/// <param name="Day">The day whose totals are asked for, as <see cref="UsageEntry.Day"/>.</param>
/// <param name="Watched">Users whose totals are asked for, because they have a quota.</param>
public sealed record UsageBatch(string Source, long Number, IReadOnlyList<UsageEntry> Entries, int Day, IReadOnlyList<string> Watched);

/// <summary>One line of what was counted.</summary>
/// <param name="Day">The day in UTC, as <see cref="DateOnly.DayNumber"/>.</param>
/// <param name="Tenant">The user's tenant at that time.</param>
/// <param name="User">Who.</param>
/// <param name="Key">Which of the user's keys, as <see cref="KeyListing.Id"/>.</param>
/// <param name="Operation">What was asked for: <c>query</c>, <c>search</c>, <c>upload</c>, <c>read</c>, <c>delete</c>, <c>chat</c>, <c>embeddings</c> or <c>models</c>.</param>
/// <param name="Amounts">How much.</param>
public sealed record UsageEntry(int Day, string Tenant, string User, string Key, string Operation, UsageAmounts Amounts);

/// <summary>Amounts of one operation.</summary>
/// <param name="Requests">Requests that were let in, those that failed afterwards included.</param>
/// <param name="PromptTokens">Tokens that a model was given for answers; an answer from the cache took none.</param>
/// <param name="CompletionTokens">Tokens that it made.</param>
/// <param name="Texts">Texts embedded for the user; those of uploads are not counted.</param>
/// <param name="EmbeddedTokens">Their tokens.</param>
/// <param name="Documents">Document versions accepted.</param>
/// <param name="Bytes">Bytes of them, as uploaded.</param>
public readonly record struct UsageAmounts(long Requests, long PromptTokens, long CompletionTokens, long Texts, long EmbeddedTokens, long Documents, long Bytes)
{
    /// <summary>All tokens: of prompts, of answers and of embedded texts. What a quota of tokens counts.</summary>
    public long Tokens() => PromptTokens + CompletionTokens + EmbeddedTokens;

    /// <summary>The sum.</summary>
    public UsageAmounts Plus(UsageAmounts other) => new(
        Requests + other.Requests, PromptTokens + other.PromptTokens, CompletionTokens + other.CompletionTokens, Texts + other.Texts,
        EmbeddedTokens + other.EmbeddedTokens, Documents + other.Documents, Bytes + other.Bytes);

    /// <summary>Of each the greater.</summary>
    public UsageAmounts Greater(UsageAmounts other) => new(
        Math.Max(Requests, other.Requests), Math.Max(PromptTokens, other.PromptTokens), Math.Max(CompletionTokens, other.CompletionTokens), Math.Max(Texts, other.Texts),
        Math.Max(EmbeddedTokens, other.EmbeddedTokens), Math.Max(Documents, other.Documents), Math.Max(Bytes, other.Bytes));
}

/// <summary>A user's total of one day, over all gateways, keys and operations.</summary>
/// <param name="User">Who.</param>
/// <param name="Requests">Requests.</param>
/// <param name="Tokens">Tokens, as <see cref="UsageAmounts.Tokens"/>.</param>
public sealed record DayTotal(string User, long Requests, long Tokens);

/// <summary>Asks for what was counted.</summary>
/// <param name="From">The first day, as <see cref="UsageEntry.Day"/>.</param>
/// <param name="To">The last one.</param>
/// <param name="Tenant">Of one tenant alone; null for all.</param>
/// <param name="User">Of one user alone; null for all.</param>
/// <param name="After">The <see cref="UsagePage.Next"/> of the page before; null for the first.</param>
/// <param name="Most">The most lines, 1–<see cref="MaxMost"/>.</param>
public sealed record UsageQuestion(int From, int To, string? Tenant, string? User, UsagePlace? After, int Most)
{
    /// <summary>The most lines of a page.</summary>
    public const int MaxMost = 10_000;
}

/// <summary>Which line.</summary>
/// <param name="Day">Its day.</param>
/// <param name="Tenant">Its tenant.</param>
/// <param name="User">Its user.</param>
/// <param name="Key">Its key.</param>
/// <param name="Operation">Its operation.</param>
public sealed record UsagePlace(int Day, string Tenant, string User, string Key, string Operation);

/// <summary>Some lines.</summary>
/// <param name="Entries">In order.</param>
/// <param name="Next">Where to go on; null at the end.</param>
public sealed record UsagePage(IReadOnlyList<UsageEntry> Entries, UsagePlace? Next);
