using System.Diagnostics;

namespace Rag.Bench.Resilience;

/// <summary>
/// Users who come at random (Poisson), ask one question each, and may try again: open load, which does not slow down because the system does.
/// Each asks another question, so that no answer comes from the cache.
/// </summary>
internal sealed class OpenLoad(HttpClient http, int documents, TimeSpan patience, int retries, int seed)
{
    private readonly long _origin = Stopwatch.GetTimestamp();
    private readonly Random _random = new(seed);
    private readonly List<Task> _running = [];
    private int _question;

    /// <summary>Each attempt.</summary>
    public Samples Attempts { get; } = new();

    /// <summary>What each user got in the end; the time runs from the first attempt.</summary>
    public Samples Users { get; } = new();

    /// <summary>Seconds since this load was made.</summary>
    public double Now => Stopwatch.GetElapsedTime(_origin).TotalSeconds;

    /// <summary>Offers a rate for a while. Users that are still waiting afterwards go on by themselves.</summary>
    public async Task OfferAsync(double perSecond, TimeSpan duration, CancellationToken cancellationToken)
    {
        var end = Now + duration.TotalSeconds;
        for (var due = Now; due < end;)
        {
            if (due - Now is > 0 and var wait)
                await Task.Delay(TimeSpan.FromSeconds(wait), cancellationToken);
            var (number, chance) = (_question++, new Random(_random.Next()));
            _running.Add(UserAsync(number, chance, cancellationToken));
            due += -Math.Log(1 - _random.NextDouble()) / perSecond;
        }
    }

    /// <summary>Ends when every user has an answer or has given up.</summary>
    public Task DrainAsync() => Task.WhenAll(_running);

    private async Task UserAsync(int number, Random chance, CancellationToken cancellationToken)
    {
        var asker = new Asker(http, _origin, patience);
        var started = Now;
        Sample last = default;
        for (var attempt = 0; attempt <= retries; attempt++)
        {
            if (attempt > 0)
                await Task.Delay(TimeSpan.FromMilliseconds(chance.Next(100, 500)), cancellationToken);
            last = await asker.QueryAsync(Texts.Question(number % documents, number), cancellationToken);
            Attempts.Add(last);
            if (last.End is Ending.Ok or Ending.Degraded)
                break;
        }

        Users.Add(last with { Start = started, Took = Now - started });
    }
}
