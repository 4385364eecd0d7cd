using System.Collections.Concurrent;
using Loadline.Targets;
using Loadline.Users.Feeds;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>How far seeding has come.</summary>
/// <param name="Uploaded">Documents accepted.</param>
/// <param name="Searchable">Documents seen to be searchable; stays 0 where the target can't say.</param>
/// <param name="Total">Documents in all.</param>
public readonly record struct SeedProgress(int Uploaded, int Searchable, int Total);

/// <summary>
/// Gives the target its corpus before the load: uploads with bounded concurrency, waits where the target asks for it, and returns once every document is searchable.
/// First all uploads, then all polls: so seeding goes as fast as the target takes documents in, not as fast as one document becomes searchable.
/// </summary>
public sealed class CorpusSeeder(TargetProfile profile, IWire wire, IReadOnlyList<string> keys, DataFeed feed, RunClock clock)
{
    private const int Attempts = 20;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>How many requests at once. Default 16.</summary>
    public int Concurrency { get; init; } = 16;

    /// <summary>Uploads documents 0…count−1 and waits until they are searchable.</summary>
    /// <returns>The ids that the target gave the documents where they differ from the feed's; null where all are the same.</returns>
    /// <exception cref="TargetSetupException">A document was refused for good, could not be processed, or was not searchable within the profile's limit.</exception>
    public async Task<IReadOnlyList<string>?> SeedAsync(int count, IProgress<SeedProgress>? progress, CancellationToken stop)
    {
        if (count == 0)
            return null;
        var upload = profile.Upload
            ?? throw new TargetSetupException($"seeding: profile '{profile.Name}' has no operation that uploads (a body with {{{{document.text}}}}); add one or set data.documents to 0");
        var ids = new ConcurrentDictionary<int, string>();
        var handles = new ConcurrentDictionary<int, string>();
        var (uploaded, searchable) = (0, 0);
        await ForAllAsync(count, stop, async (index, token) =>
        {
            var accepted = await UploadAsync(upload, index, token).ConfigureAwait(false);
            if (accepted.DocumentId is { } id && id != DataFeed.DocumentId(index))
                ids[index] = id;
            if (accepted.DocumentHandle is { } handle)
                handles[index] = handle;
            progress?.Report(new SeedProgress(Interlocked.Increment(ref uploaded), 0, count));
        }).ConfigureAwait(false);
        if (upload.Searchable is { } rule)
        {
            await ForAllAsync(count, stop, async (index, token) =>
            {
                await AwaitSearchableAsync(rule, index, ids.GetValueOrDefault(index) ?? DataFeed.DocumentId(index), handles.GetValueOrDefault(index), token).ConfigureAwait(false);
                progress?.Report(new SeedProgress(count, Interlocked.Increment(ref searchable), count));
            }).ConfigureAwait(false);
        }
        return ids.IsEmpty ? null : [.. Enumerable.Range(0, count).Select(index => ids.GetValueOrDefault(index) ?? DataFeed.DocumentId(index))];
    }

    private async Task ForAllAsync(int count, CancellationToken stop, Func<int, CancellationToken, Task> work)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = stop };
        await Parallel.ForAsync(0, count, options, async (index, token) => await work(index, token).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task<WireReply> UploadAsync(OperationProfile upload, int index, CancellationToken stop)
    {
        var document = feed.Document(index);
        var request = Request(upload, index, document.Id);
        request.Values.DocumentTitle = document.Title;
        request.Values.DocumentText = document.Text;
        request.Values.DocumentTopic = document.Topic;
        for (var attempt = 1; ; attempt++)
        {
            var exchange = new Exchange { Operation = upload.Name };
            var reply = await wire.SendAsync(request, exchange, stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            if (exchange.Outcome is Outcome.Ok or Outcome.Degraded)
                return reply;
            if (attempt == Attempts || !WorthAnotherTry(exchange))
            {
                throw new TargetSetupException(
                    $"seeding: uploading document '{document.Id}' ended with {exchange.Reason} at try {attempt} of {Attempts}"
                    + $"{(exchange.ResponseText is { } text ? $": {text}" : "")}; check operations.{upload.Name} of profile '{profile.Name}' and the target's log");
            }
            var backoff = TimeSpan.FromMilliseconds(Math.Min(5_000, 100 * Math.Pow(1.5, attempt)));
            var wait = reply.RetryAfter is { } asked && asked > TimeSpan.Zero ? asked : backoff;
            await Task.Delay(wait < LongestWait ? wait : LongestWait, clock.Time, stop).ConfigureAwait(false);
        }
    }

    // A 4xx is a mistake that another try repeats; all else may pass.
    private static bool WorthAnotherTry(Exchange exchange) =>
        exchange.Outcome != Outcome.Failed || exchange.Status is 0 or >= 500;

    private async Task AwaitSearchableAsync(SearchableRule rule, int index, string id, string? handle, CancellationToken stop)
    {
        var request = Request(rule.Poll, index, id);
        request.Values.DocumentHandle = handle;
        var poll = new SearchablePoll(wire, rule, request, clock);
        var state = await poll.RunAsync(clock.Now, atOnce: true, stop).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        if (state != Outcome.Ok)
        {
            throw new TargetSetupException(
                $"seeding: document '{id}' {(state == Outcome.Failed ? "was given up by the target" : $"was not searchable after {rule.Limit.TotalSeconds:0.#} s")}"
                + $" (last state '{poll.LastState ?? "unknown"}'); see the target's log for why");
        }
    }

    private WireRequest Request(OperationProfile operation, int index, string id)
    {
        var user = keys.Count == 0 ? index : index % keys.Count;
        var key = keys.Count == 0 ? null : keys[user];
        return new WireRequest
        {
            Operation = operation,
            Values = new TemplateValues { DocumentId = id, User = UserKeys.NameOf(user), Key = key ?? "" },
            Authorization = UserKeys.Authorization(profile, key),
        };
    }
}
