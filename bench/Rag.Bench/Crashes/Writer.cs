namespace Rag.Bench.Crashes;

/// <summary>
/// One client: uploads, replaces, deletes and creates again documents of its own, and reads them meanwhile. Mostly it touches what it wrote a moment ago, because that is
/// what a worker may have in hand.
/// </summary>
internal sealed class Writer(PublicApi api, Ledger ledger, Violations violations, Random chance)
{
    private const int Recent = 4;
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(40), UntilBack = TimeSpan.FromSeconds(60);

    private readonly List<Entry> _mine = [];

    /// <summary>Writes until it is told to stop; a write that was begun is ended.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var entry = Choose();
            if (await WriteAsync(entry) == Answer.Unknown)
                await WaitForAnswersAsync(entry, stop);
            else if (chance.Next(2) == 0)
                await ReadAsync(entry);
            try
            {
                await Task.Delay(Breath * (1 + 2 * chance.NextDouble()), stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private Entry Choose()
    {
        var known = _mine.Where(entry => entry.Possible is null).TakeLast(chance.Next(5) == 0 ? int.MaxValue : Recent).ToList();
        if (known.Count > 0 && chance.Next(3) > 0)
            return known[chance.Next(known.Count)];
        var entry = ledger.Add();
        _mine.Add(entry);
        return entry;
    }

    private async Task<Answer> WriteAsync(Entry entry)
    {
        var now = entry.Acknowledged;
        var fact = new Fact(now.Version + 1, now.Lives && chance.Next(3) == 0 ? null : ledger.NextWord());
        int? ifVersion = now.Lives && chance.Next(2) == 0 ? now.Version : null;
        entry.Begin(fact);
        var (answer, version) = fact.Word is { } word
            ? await api.PutAsync(entry.Id, Ledger.Text(word), ifVersion, CancellationToken.None)
            : (await api.DeleteAsync(entry.Id, ifVersion, CancellationToken.None), fact.Version);
        switch (answer)
        {
            case Answer.Kept:
                ledger.CountAcknowledged();
                if (version != fact.Version)
                    violations.Add(ViolationKind.WrongVersion, $"{entry.Id}: acknowledged as version {version} where {fact.Version} was due");
                entry.Acknowledge(fact with { Version = version });
                break;
            case Answer.Refused:
                entry.Refuse();
                break;
            case Answer.Conflict:
                violations.Add(ViolationKind.WrongVersion, $"{entry.Id}: version {ifVersion} was acknowledged as the newest, and now conflicts");
                break; // the checkpoint sees what it is
            case Answer.Missing:
                violations.Add(ViolationKind.Lost, $"{entry.Id}: version {now.Version} was acknowledged, and now there is no such document");
                break;
            default:
                ledger.CountUnknown();
                break;
        }

        return answer;
    }

    /// <summary>Reads what it has just written, and more than once what others could have taken back.</summary>
    private async Task ReadAsync(Entry entry)
    {
        if (entry.Possible is not null)
            return;
        try
        {
            var (fact, seen) = (entry.Acknowledged, entry.Seen);
            var told = await api.StatusAsync(entry.Id, CancellationToken.None);
            Checks.Told(entry.Id, fact, seen, told, violations);
            if (told is null || !fact.Lives)
                return;
            entry.See(told.Version);
            if (await api.VersionAsync(entry.Id, CancellationToken.None) is { } read && read < told.Version)
                violations.Add(ViolationKind.WrongVersion, $"{entry.Id}: read as version {read} after version {told.Version} was told");
            if (told.Status != "searchable" || told.Version != fact.Version)
                return;
            var (hits, whole) = await api.SearchAsync(fact.Word!, CancellationToken.None);
            if (whole && !hits.Any(hit => hit.DocumentId == entry.Id && hit.Text.Contains(fact.Word!, StringComparison.Ordinal)))
                violations.Add(ViolationKind.Lost, $"{entry.Id}: version {told.Version} was told to be searchable, and all parts of the search together don't find it");
            foreach (var hit in hits.Where(hit => hit.DocumentId == entry.Id && hit.Version < told.Version))
                violations.Add(ViolationKind.Stale, $"{entry.Id}: version {hit.Version} is found after version {told.Version} was told to be searchable");
            if (entry.Old.Count > 0 && (await api.SearchAsync(entry.Old[^1], CancellationToken.None)).Hits.Any(hit => hit.Text.Contains(entry.Old[^1], StringComparison.Ordinal)))
                violations.Add(ViolationKind.Stale, $"{entry.Id}: a word of an older version is found after version {told.Version} was told to be searchable");
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            // Down, as it may be now.
        }
    }

    private async Task WaitForAnswersAsync(Entry entry, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(UntilBack);
        while (!limit.IsCancellationRequested)
            try
            {
                await Task.Delay(100, limit.Token);
                await api.StatusAsync(entry.Id, limit.Token);
                return;
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                // Not back yet.
            }
    }
}
