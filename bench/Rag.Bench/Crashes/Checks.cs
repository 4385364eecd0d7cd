using System.Diagnostics;

namespace Rag.Bench.Crashes;

/// <summary>What must hold of documents once nobody writes and all work is done.</summary>
internal sealed class Checks(PublicApi api, Ledger ledger, Violations violations)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private long _made;

    /// <summary>How many documents and words were looked for so far.</summary>
    public long Made => Interlocked.Read(ref _made);

    /// <summary>What a status may be in the middle of everything.</summary>
    public static void Told(string id, Fact fact, int seen, Told? told, Violations violations)
    {
        if (told is null && fact.Lives)
            violations.Add(ViolationKind.Lost, $"{id}: version {fact.Version} was acknowledged, and there is no such document");
        else if (told is not null && !fact.Lives && fact.Version > 0)
            violations.Add(ViolationKind.Returned, $"{id}: deleted as version {fact.Version}, and told to be at version {told.Version}");
        else if (told is not null && told.Version < fact.Version)
            violations.Add(ViolationKind.Lost, $"{id}: version {fact.Version} was acknowledged, and the newest is told to be {told.Version}");
        else if (told is not null && told.Version < seen)
            violations.Add(ViolationKind.WrongVersion, $"{id}: told to be at version {told.Version} after version {seen} was told");
    }

    /// <summary>Checks every document, or those that something happened to since the last time.</summary>
    public async Task RunAsync(bool all, CancellationToken cancellationToken)
    {
        var entries = ledger.Entries.Values.Where(entry => all || entry.Changed).ToList();
        await Parallel.ForEachAsync(entries, new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = cancellationToken }, async (entry, stop) =>
        {
            await CheckAsync(entry, all, stop);
            entry.Changed = false;
        });
        await Parallel.ForEachAsync(
            ledger.Spoiled.ToArray(), new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = cancellationToken },
            async (spoiled, stop) => await CheckSpoiledAsync(spoiled.Key, spoiled.Value, stop));
        await CountAsync(cancellationToken);
    }

    /// <summary>What nobody can read is there, given up on; unless its upload's answer was cut off and it was not kept.</summary>
    private async Task CheckSpoiledAsync(string id, bool acknowledged, CancellationToken cancellationToken)
    {
        var told = await AnsweredAsync($"status of {id}", () => api.StatusAsync(id, cancellationToken), cancellationToken);
        if (!told.Answered)
            return;
        if (told.Value is null && acknowledged)
            violations.Add(ViolationKind.Lost, $"{id}: its upload was acknowledged, and there is no such document");
        else if (told.Value is null)
            ledger.Spoiled.TryRemove(id, out _);
        else if (told.Value.Status != "failed")
            violations.Add(ViolationKind.Stuck, $"{id}: nobody can read it, and it is {told.Value.Status} with nothing left to do");
        else
            ledger.Spoiled[id] = true;
    }

    private async Task CheckAsync(Entry entry, bool all, CancellationToken cancellationToken)
    {
        var told = await AnsweredAsync($"status of {entry.Id}", () => api.StatusAsync(entry.Id, cancellationToken), cancellationToken);
        if (!told.Answered)
            return;
        Resolve(entry, told.Value);
        var fact = entry.Acknowledged;
        Told(entry.Id, fact, entry.Seen, told.Value, violations);
        if (fact.Lives && told.Value is { } state)
        {
            if (state.Status != "searchable")
                violations.Add(state.Status == "failed" ? ViolationKind.Failed : ViolationKind.Stuck, $"{entry.Id}: version {state.Version} is {state.Status} ({state.Reason}) with nothing left to do");
            await CheckWordAsync(entry, fact.Word!, fact.Version, cancellationToken);
        }

        // Older words were looked for at the checkpoints before.
        foreach (var word in all ? entry.Old : entry.Old.TakeLast(3))
            await CheckWordAsync(entry, word, null, cancellationToken);
    }

    /// <summary>Which of its possible states it is in.</summary>
    private void Resolve(Entry entry, Told? told)
    {
        if (entry.Possible is not { } possible)
            return;
        var kept = possible.Lives ? told?.Version == possible.Version : told is null && entry.Acknowledged.Lives;
        if (kept)
            entry.Acknowledge(possible);
        else
            entry.Refuse();
        if (told is not null)
            entry.See(told.Version);
    }

    /// <summary>A word must be found once in the version that holds it; a version of null is none.</summary>
    private async Task CheckWordAsync(Entry entry, string word, int? version, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _made);
        var found = await AnsweredAsync($"search for {entry.Id}", async () =>
        {
            var (all, whole) = await api.SearchAsync(word, cancellationToken);
            return whole ? all : throw new HttpRequestException("a part of the search is missing");
        }, cancellationToken);
        if (!found.Answered)
            return;
        var hits = found.Value!.Where(hit => hit.Text.Contains(word, StringComparison.Ordinal)).ToList();
        var right = hits.Where(hit => hit.DocumentId == entry.Id && hit.Version == version).ToList();
        if (version is not null && right.Count == 0)
            violations.Add(ViolationKind.Lost, $"{entry.Id}: version {version} was acknowledged and is searchable, and its word is not found");
        if (right.Count > 1)
            violations.Add(ViolationKind.Duplicate, $"{entry.Id}: version {version} is found {right.Count} times ({string.Join(", ", right.Select(hit => hit.ChunkId))})");
        foreach (var wrong in hits.Except(right))
            violations.Add(entry.Acknowledged.Lives ? ViolationKind.Stale : ViolationKind.Returned,
                $"{entry.Id}: {(entry.Acknowledged.Lives ? $"at version {entry.Acknowledged.Version}" : "deleted")}, and {wrong.ChunkId} with a word of {(version is null ? "an older version" : $"version {version}")} is found");
    }

    /// <summary>Every document of the bench is one chunk long: the index holds as many chunks as there are documents that can be read.</summary>
    private async Task CountAsync(CancellationToken cancellationToken)
    {
        var lives = ledger.Entries.Values.Count(entry => entry.Acknowledged.Lives);
        var all = lives + ledger.Spoiled.Count;
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var told = await AnsweredAsync("the system's counts", async () => (await api.SystemAsync(cancellationToken)).GetProperty("index"), cancellationToken);
            if (!told.Answered)
                return;
            long? Number(string name) => told.Value.TryGetProperty(name, out var value) && value.ValueKind == System.Text.Json.JsonValueKind.Number ? value.GetInt64() : null;
            var (documents, chunks) = (Number("documents"), Number("chunks"));
            if (documents == all && chunks == lives)
                return;
            if (Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(3))
            {
                await Task.Delay(100, cancellationToken);
                continue;
            }

            violations.Add(chunks > lives || documents > all ? ViolationKind.Duplicate : ViolationKind.Lost, $"{all} documents are alive, {lives} of them readable; the system counts {documents} documents and {chunks} chunks");
            return;
        }
    }

    /// <summary>Asks until there is an answer; one that doesn't come in time is a breach.</summary>
    private async Task<(bool Answered, T? Value)> AnsweredAsync<T>(string what, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
            try
            {
                return (true, await ask());
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                if (Stopwatch.GetElapsedTime(since) > Patience)
                {
                    violations.Add(ViolationKind.Stuck, $"{what}: no answer within {Patience.TotalSeconds:0} s of calm ({error.Message})");
                    return (false, default);
                }

                await Task.Delay(100, cancellationToken);
            }
    }
}
