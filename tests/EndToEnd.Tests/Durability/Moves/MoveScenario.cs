using System.Collections.Concurrent;
using Xunit;

namespace EndToEnd.Tests.Durability.Moves;

/// <summary>
/// What clients do while the embedding model is changed, and what they must be told all along. Every document has one long word; it is asked for by that word with its
/// halves the other way round, which no keyword index knows and whose letters in a row are nearly those of the document: so whatever is found, vectors have found.
/// </summary>
internal sealed class MoveScenario : IAsyncDisposable
{
    public const string Key = "key-key-key-key-key";

    private const int Documents = 520;
    private const int Calm = 400; // of those, nobody changes
    private const int Writers = 3;
    private const int Askers = 2;
    private const string Letters = "bcdfghjklmnpqrtvwxz";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Random _random = new(7);
    private readonly ConcurrentBag<Kept> _all = [];
    private readonly List<Kept> _calm = [];
    private readonly List<Kept> _changing = [];
    private readonly List<RagClient> _clients = [];
    private readonly CancellationTokenSource _over = new();
    private readonly List<Task> _tasks = [];
    private int _disturbances;
    private volatile bool _disturbed;
    private int _answered, _written;

    /// <summary>Answers with nothing missing that were right, as all of them must be.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Uploads, replacements and deletions that were acknowledged beside them.</summary>
    public int Written => Volatile.Read(ref _written);

    private RagClient Client => _clients[^1];

    /// <summary>From now on clients reach the system here.</summary>
    public void Reach(Uri address) => _clients.Add(new RagClient(address, Key));

    /// <summary>Uploads what there is before the change, and waits until all of it is searchable.</summary>
    public async Task FillAsync()
    {
        for (var i = 0; i < Documents; i++)
        {
            var kept = new Kept($"d{i}", Word());
            (i < Calm ? _calm : _changing).Add(kept);
            _all.Add(kept);
        }

        await Parallel.ForEachAsync(_all, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (kept, _) => await Client.UploadAsync(kept.Id, kept.Word!));
        await UntilAsync(async () => (await StateAsync()) is { Waiting: 0, Chunks: Documents }, "all documents are searchable");
    }

    /// <summary>Begins to ask, and to upload, replace and delete, until <see cref="EndAsync"/>.</summary>
    public void Begin()
    {
        for (var asker = 0; asker < Askers; asker++)
        {
            var random = new Random(100 + asker);
            _tasks.Add(Task.Run(() => AskAsync(random)));
        }

        for (var writer = 0; writer < Writers; writer++)
        {
            var (number, random) = (writer, new Random(200 + writer));
            _tasks.Add(Task.Run(() => WriteAsync(number, random, [.. _changing.Where((_, i) => i % Writers == number)])));
        }
    }

    /// <summary>Does something to the system that clients may notice, and waits until they no longer do.</summary>
    public async Task DisturbAsync(Func<Task> act)
    {
        Interlocked.Increment(ref _disturbances);
        _disturbed = true;
        await act();
        await UntilAsync(async () => (await Client.AskAsync(_calm[0].Question)).Degraded.Count == 0, "searches have all their parts again");
        _disturbed = false;
    }

    /// <summary>Waits until <c>/status</c> says what is wanted.</summary>
    public Task UntilAsync(Func<State, bool> holds, string what) => UntilAsync(async () => await StateAsync() is { } state && holds(state), what);

    /// <summary>Ends what <see cref="Begin"/> began; whatever was wrong is thrown here.</summary>
    public async Task EndAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_tasks);
        _tasks.Clear();
    }

    /// <summary>Every document is found as it was last left, nothing else is in the index.</summary>
    public async Task CheckAsync()
    {
        await UntilAsync(state => state.Waiting == 0, "everything that was uploaded has been processed");
        var alive = 0;
        await Parallel.ForEachAsync(_all, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (kept, _) =>
        {
            var status = await Client.StatusAsync(kept.Id);
            if (status is not null)
                Interlocked.Increment(ref alive);
            if (kept.IsUnsure)
                return;
            Assert.Equal(kept.Word is null ? null : "searchable", status?.Status);
            if (kept.Word is not null)
                CheckFound(kept, (await Client.AskAsync(kept.Question)).Results);
        });
        // Counted by vectors themselves: searches would not show what keywords have no text for.
        await UntilAsync(state => state.Chunks == alive, $"the vectors of {alive} documents, one each, are in the index and no others");
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_tasks).ContinueWith(_ => { }, TaskScheduler.Default);
        _over.Dispose();
        _clients.ForEach(client => client.Dispose());
    }

    private async Task AskAsync(Random random)
    {
        while (!_over.IsCancellationRequested)
        {
            var kept = _calm[random.Next(_calm.Count)];
            var before = Volatile.Read(ref _disturbances);
            try
            {
                var (results, degraded) = await Client.AskAsync(kept.Question);
                if (degraded.Count == 0)
                {
                    CheckFound(kept, results);
                    Interlocked.Increment(ref _answered);
                }
                else
                {
                    Assert.True(IsExcused(before), $"a search had to do without {string.Join(", ", degraded)}");
                }
            }
            catch (Exception error) when (IsOutage(error) && IsExcused(before))
            {
                await Task.Delay(20);
            }

            await Task.Delay(5); // there are only so many cores
        }
    }

    private async Task WriteAsync(int writer, Random random, List<Kept> mine)
    {
        for (var i = 0; !_over.IsCancellationRequested; i++)
        {
            var kept = random.Next(4) == 0 ? new Kept($"w{writer}-{i}", null) : mine[random.Next(mine.Count)];
            if (kept.IsUnsure)
                continue;
            if (kept.Word is null && !mine.Contains(kept))
            {
                mine.Add(kept);
                _all.Add(kept);
            }

            var word = kept.Word is not null && random.Next(3) == 0 ? null : Word();
            var before = Volatile.Read(ref _disturbances);
            try
            {
                if (word is null)
                    await Client.DeleteAsync(kept.Id);
                else
                    await Client.UploadAsync(kept.Id, word);
                kept.Word = word;
                Interlocked.Increment(ref _written);
            }
            catch (Exception error) when (IsOutage(error) && IsExcused(before))
            {
                kept.IsUnsure = true; // either is right now
            }

            await Task.Delay(25);
        }
    }

    private static void CheckFound(Kept kept, IReadOnlyList<RagClient.Found> results)
    {
        Assert.True(results.Count > 0 && results[0].DocumentId == kept.Id, $"{kept.Id} should be found first by '{kept.Question}', but it is {(results.Count == 0 ? "nothing" : results[0].DocumentId)}");
        Assert.Equal(kept.Word, results[0].Text.Trim());
        Assert.Single(results, found => found.DocumentId == kept.Id);
    }

    private static bool IsOutage(Exception error) => error is HttpRequestException or OperationCanceledException or IOException or RagClient.RefusedException;

    private bool IsExcused(int before) => _disturbed || Volatile.Read(ref _disturbances) != before;

    private string Word()
    {
        lock (_random)
            return new string(_random.GetItems(Letters.AsSpan(), 18));
    }

    /// <summary>Null while a part does not say.</summary>
    private async Task<State?> StateAsync()
    {
        var status = await Client.SystemAsync();
        if (status["unavailable"]!.AsArray().Count > 0)
            return null;
        var change = status["models"]!["change"];
        return new State(
            status["models"]!["embedding"]!["dimensions"]!.GetValue<int>(), change?["phase"]!.GetValue<string>(), change?["remaining"]!.GetValue<long>() ?? 0,
            status["queue"]!["depth"]!.GetValue<long>(), status["index"]!["chunks"]!.GetValue<long>());
    }

    private async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!patience.IsCancellationRequested)
        {
            // What went wrong meanwhile is more worth knowing than that nothing goes on.
            foreach (var task in _tasks.Where(task => task.IsFaulted))
                await task;
            try
            {
                if (await holds())
                    return;
            }
            catch (Exception error) when (IsOutage(error))
            {
                // Not yet.
            }

            await Task.Delay(50);
        }

        Assert.Fail($"not within {Patience.TotalSeconds:0} s: {what}; it is {await StateAsync()}");
    }

    /// <summary>What <c>/status</c> says.</summary>
    /// <param name="Dimensions">Of the model by which searches find.</param>
    /// <param name="Phase">How far a change is; null while there is none.</param>
    /// <param name="Remaining">Documents that the new index lacks.</param>
    /// <param name="Waiting">Jobs of ingestion.</param>
    /// <param name="Chunks">In the index of vectors.</param>
    internal sealed record State(int Dimensions, string? Phase, long Remaining, long Waiting, long Chunks);

    private sealed class Kept(string id, string? word)
    {
        public string Id => id;

        /// <summary>The only word of its newest version; null when it is deleted.</summary>
        public string? Word { get; set; } = word;

        public string Question => Word![(Word!.Length / 2)..] + Word[..(Word.Length / 2)];

        /// <summary>The answer to its last write was cut off.</summary>
        public bool IsUnsure { get; set; }
    }
}
