using System.Collections.Concurrent;
using Xunit;

namespace EndToEnd.Tests.Durability;

/// <summary>Nothing acknowledged is lost: the real process, killed at random moments while documents are uploaded, replaced and deleted.</summary>
public class KillTests
{
    private const int Kills = 20;
    private const int Clients = 4;
    private const int WritesPerLife = 30;
    private const string Key = "durability-test-key-0123456789";

    private readonly ConcurrentBag<LedgerEntry> _ledger = [];
    private readonly MarkerWords _words = new();

    [Fact]
    public async Task After_twenty_kills_every_acknowledged_document_is_found_once_and_no_deleted_one_is()
    {
        var data = Directory.CreateTempSubdirectory("rag-durability-").FullName;
        try
        {
            const int seed = 20_26;
            var moments = new Random(seed);
            for (var life = 0; life < Kills; life++)
            {
                await using var server = await RagServer.StartAsync(data, Key);
                // Counted in acknowledgements, so that a slow machine is killed in the middle of its work too; the moment after them is any.
                using var enough = new CountdownEvent(moments.Next(1, Clients * WritesPerLife - 10));
                var clients = Enumerable.Range(0, Clients)
                    .Select(c => Task.Run(() => WriteAsync(server.Address, life * Clients + c, new Random(seed * 1_000 + life * Clients + c), enough))).ToArray();
                Assert.True(await Task.Run(() => enough.Wait(TimeSpan.FromSeconds(30))), "too few writes were acknowledged within 30 s");
                await Task.Delay(TimeSpan.FromMilliseconds(moments.Next(0, 40)));
                await server.KillAsync();
                await Task.WhenAll(clients);
            }

            await using var last = await RagServer.StartAsync(data, Key);
            using var api = new RagClient(last.Address, Key);
            Assert.True(_ledger.Count(e => e.Acknowledged is not null) > Kills * Clients, "too few acknowledged documents to prove anything");
            await Parallel.ForEachAsync(_ledger, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (entry, _) => await CheckAsync(api, entry));
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>One client of one life of the server; its documents are its own. Ends when the server dies or its work is done.</summary>
    private async Task WriteAsync(Uri address, int client, Random chance, CountdownEvent enough)
    {
        using var api = new RagClient(address, Key);
        var mine = new List<LedgerEntry>();
        for (var i = 0; i < WritesPerLife; i++)
        {
            var alive = mine.Where(e => e.Acknowledged!.Marker is not null).ToArray();
            var entry = alive.Length > 0 && chance.Next(3) == 0 ? alive[chance.Next(alive.Length)] : null;
            var deletes = entry is not null && chance.Next(2) == 0;
            if (entry is null)
                _ledger.Add(entry = new LedgerEntry($"c{client}-{i}"));
            var fact = new DocumentFact((entry.Acknowledged?.Version ?? 0) + 1, deletes ? null : _words.Next());
            entry.Possible = fact;
            try
            {
                if (deletes)
                    await api.DeleteAsync(entry.Id);
                else
                    Assert.Equal(fact.Version, await api.UploadAsync(entry.Id, $"The lighthouse keeper wrote the word {fact.Marker} into the log of the harbour."));
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
            {
                return;
            }

            entry.Acknowledge(fact);
            lock (enough)
                if (!enough.IsSet)
                    enough.Signal();
            if (!mine.Contains(entry))
                mine.Add(entry);
        }
    }

    private static async Task CheckAsync(RagClient api, LedgerEntry entry)
    {
        // Which of its possible states it is in; a state that nobody asked for is none of them.
        var status = await api.StatusAsync(entry.Id);
        var states = new[] { entry.Acknowledged ?? new DocumentFact(0, null), entry.Possible }.OfType<DocumentFact>();
        var fact = states.FirstOrDefault(f => f.Marker is null ? status is null : status?.Version == f.Version);
        Assert.True(fact is not null, $"{entry.Id}: acknowledged {entry.Acknowledged}, possible {entry.Possible}, but it is {status}");

        if (fact.Marker is not null)
        {
            await EventuallyAsync(
                async () =>
                {
                    var now = await api.StatusAsync(entry.Id);
                    Assert.True(now?.Status != "failed", $"{entry.Id} failed: {now?.Reason}");
                    return now?.Status == "searchable";
                },
                $"{entry.Id} is searchable");
            var found = await api.SearchAsync(fact.Marker);
            Assert.Equal((entry.Id, fact.Version), Assert.Single(found.Where(f => f.Text.Contains(fact.Marker, StringComparison.Ordinal)).Select(f => (f.DocumentId, f.Version))));
            Assert.Equal(found.Count, found.Select(f => f.ChunkId).Distinct().Count());
        }

        var gone = entry.Old.Append(entry.Acknowledged?.Marker).Append(entry.Possible?.Marker).OfType<string>().Where(m => m != fact.Marker).Distinct();
        foreach (var marker in gone)
            await EventuallyAsync(
                async () => !(await api.SearchAsync(marker)).Any(f => f.Text.Contains(marker, StringComparison.Ordinal) || (f.DocumentId == entry.Id && f.Version != fact.Version)),
                $"nothing of an old version of {entry.Id} is found");
    }

    /// <summary>Polls as a client would, for 30 s at most.</summary>
    private static async Task EventuallyAsync(Func<Task<bool>> holds, string what)
    {
        for (var attempt = 0; attempt < 600; attempt++)
        {
            if (await holds())
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        Assert.Fail($"not within 30 s: {what}");
    }
}
