using System.Net.Http.Json;
using System.Text.Json;
using Rag.Bench.Crashes;

namespace Rag.Bench.Resilience;

/// <summary>What one outage did.</summary>
internal sealed record OutageFigures
{
    public required IReadOnlyList<Sample> Samples { get; init; }

    /// <summary>Neither full, nor honestly degraded, nor excused.</summary>
    public required IReadOnlyList<Sample> Bad { get; init; }

    /// <summary>Refused with 503 and Retry-After, where nothing else was possible.</summary>
    public required IReadOnlyList<Sample> Refused { get; init; }

    public required IReadOnlyList<Sample> Degraded { get; init; }

    /// <summary>Seconds from the strike until a caller's breaker was open; null for none.</summary>
    public required double? Open { get; init; }

    /// <summary>Whether anybody calls what was hurt.</summary>
    public required bool HasCallers { get; init; }

    /// <summary>Seconds from the strike to the return.</summary>
    public required double Down { get; init; }

    /// <summary>Seconds from the return to the end of the last answer that was hurt by it.</summary>
    public required double Recovery { get; init; }

    /// <summary>Seconds from the return until the oldest job was younger than two seconds; null for over two minutes.</summary>
    public required double? Drained { get; init; }

    /// <summary>The most jobs that waited.</summary>
    public required long Deepest { get; init; }

    /// <summary>Uploads that were acknowledged.</summary>
    public required int Acknowledged { get; init; }

    /// <summary>Those that are not searchable, or not found.</summary>
    public required int Lost { get; init; }

    /// <summary>Those that are found more than once.</summary>
    public required int Twice { get; init; }

    public double BadShare => Bad.Count / (double)Math.Max(1, Samples.Count);

    /// <summary>Seconds; NaN for none.</summary>
    public double DegradedP99 => Resilience.Samples.Percentile(Degraded.Select(s => s.Took), 0.99);
}

/// <summary>One outage under the load: a calm, the strike, the return, the books.</summary>
internal sealed class OutageCase(SystemUnderTest system, Fleet fleet, ClosedLoad load)
{
    public static readonly TimeSpan Calm = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Return = TimeSpan.FromSeconds(40), Drain = TimeSpan.FromMinutes(2);

    public async Task<OutageFigures> RunAsync(Outage outage, string fault, CancellationToken cancellationToken)
    {
        await Task.Delay(Calm, cancellationToken);
        var callers = new List<(Uri Caller, string Service)>();
        foreach (var service in outage.Services)
            callers.AddRange((await fleet.CallersAsync(service, cancellationToken)).Select(caller => (caller, service)));
        var struck = load.Now;
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var opened = WatchBreakersAsync(callers, struck, watching.Token);
        var deepest = WatchQueueAsync(watching.Token);
        await outage.StrikeAsync(fault, cancellationToken);
        var back = load.Now;
        var drained = DrainedAsync(back, cancellationToken);
        await Task.Delay(Return, cancellationToken);
        await watching.CancelAsync();

        var until = load.Now;
        var samples = load.Samples.All.Where(s => s.Start + s.Took >= struck && s.Start < until).ToList();
        bool IsHurt(Sample s) => s.End > Ending.Degraded || (s.End == Ending.Degraded && s.Note.Split(',').Any(outage.Causes));
        bool IsExcused(Sample s) => s.End == Ending.Rejected && outage.Excused.Contains(s.Kind);
        var acknowledged = load.AcknowledgedSince(struck - Calm.TotalSeconds);
        var (lost, twice) = await FindAsync(acknowledged, cancellationToken);
        return new OutageFigures
        {
            Samples = samples,
            Bad = [.. samples.Where(s => s.End > Ending.Degraded && !IsExcused(s))],
            Refused = [.. samples.Where(IsExcused)],
            Degraded = [.. samples.Where(s => s.End == Ending.Degraded)],
            Open = await opened,
            HasCallers = callers.Count > 0,
            Down = back - struck,
            Recovery = Math.Max(0, samples.Where(IsHurt).Select(s => s.Start + s.Took).DefaultIfEmpty(back).Max() - back),
            Drained = await drained,
            Deepest = await deepest,
            Acknowledged = acknowledged.Count,
            Lost = lost,
            Twice = twice,
        };
    }

    /// <summary>Seconds from the strike until a breaker is open in a process that calls what was hurt; null when none opens.</summary>
    private async Task<double?> WatchBreakersAsync(IReadOnlyList<(Uri Caller, string Service)> callers, double struck, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        try
        {
            while (callers.Count > 0 && await timer.WaitForNextTickAsync(cancellationToken))
                foreach (var (caller, service) in callers)
                    if (await fleet.BreakerAsync(caller, service, cancellationToken) > 0)
                        return load.Now - struck;
        }
        catch (OperationCanceledException)
        {
            // The case is over.
        }

        return null;
    }

    private async Task<long> WatchQueueAsync(CancellationToken cancellationToken)
    {
        var deepest = 0L;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                if (await QueueAsync(cancellationToken) is { } queue)
                    deepest = Math.Max(deepest, queue.GetProperty("depth").GetInt64());
        }
        catch (OperationCanceledException)
        {
            // The case is over.
        }

        return deepest;
    }

    /// <summary>Seconds from the return until the oldest job is younger than two seconds; null when that takes over two minutes.</summary>
    private async Task<double?> DrainedAsync(double back, CancellationToken cancellationToken)
    {
        while (load.Now - back < Drain.TotalSeconds)
        {
            if (await QueueAsync(cancellationToken) is { } queue && queue.GetProperty("oldest_seconds").GetDouble() < 2)
                return load.Now - back;
            await Task.Delay(250, cancellationToken);
        }

        return null;
    }

    /// <summary>The queue as the system tells of it; null where it can't say.</summary>
    private async Task<JsonElement?> QueueAsync(CancellationToken cancellationToken)
    {
        using var response = await system.Http.GetAsync("/status", cancellationToken);
        return response.IsSuccessStatusCode && (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).TryGetProperty("queue", out var queue)
            && queue.ValueKind == JsonValueKind.Object ? queue : null;
    }

    /// <summary>Looks for every document by the word that only it holds: it must be searchable, and found in one chunk.</summary>
    private async Task<(int Lost, int Twice)> FindAsync(IReadOnlyList<Upload> acknowledged, CancellationToken cancellationToken)
    {
        var (lost, twice) = (0, 0);
        using var api = new PublicApi(system.Rag.Address, system.Key);
        await Parallel.ForEachAsync(acknowledged, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken }, async (upload, stop) =>
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(Drain);
            try
            {
                var found = await FoundAsync(api, upload, limit.Token);
                if (found > 1)
                    Interlocked.Increment(ref twice);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                Interlocked.Increment(ref lost);
            }
        });
        return (lost, twice);
    }

    /// <summary>In how many chunks it is found, once it is; asks until then.</summary>
    private static async Task<int> FoundAsync(PublicApi api, Upload upload, CancellationToken cancellationToken)
    {
        while (true)
            try
            {
                if (await api.StatusAsync(upload.Id, cancellationToken) is { Status: "searchable" }
                    && (await api.SearchAsync(upload.Word, cancellationToken)).Hits.Count(hit => hit.Text.Contains(upload.Word, StringComparison.Ordinal)) is > 0 and var found)
                    return found;
                await Task.Delay(250, cancellationToken);
            }
            catch (HttpRequestException)
            {
                await Task.Delay(250, cancellationToken);
            }
    }
}
