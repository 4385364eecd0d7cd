using System.Diagnostics;

namespace Rag.Bench.Resilience;

/// <summary>A document that was uploaded, and the word that only it holds.</summary>
internal readonly record struct Upload(string Id, string Word);

/// <summary>Users who never stop: think, ask, search, upload, look at the status.</summary>
internal sealed class ClosedLoad(HttpClient http, int users, int documents, int seed, UniqueWords words)
{
    private readonly long _origin = Stopwatch.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly List<(Upload Upload, double At)> _acknowledged = [];

    public Samples Samples { get; } = new();

    /// <summary>Seconds since this load was made.</summary>
    public double Now => Stopwatch.GetElapsedTime(_origin).TotalSeconds;

    /// <summary>Documents whose upload was acknowledged since a time.</summary>
    public IReadOnlyList<Upload> AcknowledgedSince(double time)
    {
        lock (_lock)
            return [.. _acknowledged.Where(a => a.At >= time).Select(a => a.Upload)];
    }

    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, users).Select(u => UserAsync(u, cancellationToken)));

    private async Task UserAsync(int user, CancellationToken cancellationToken)
    {
        var chance = new Random(seed + user);
        var asker = new Asker(http, _origin, TimeSpan.FromSeconds(20));
        try
        {
            for (var n = 0; ; n++)
            {
                await Task.Delay(chance.Next(300, 700), cancellationToken);
                var (town, variant) = (chance.Next(documents), chance.Next());
                var upload = new Upload($"u{user}-{n}", words.Next());
                var sample = chance.Next(100) switch
                {
                    < 45 => await asker.QueryAsync(Texts.Question(town, variant), cancellationToken),
                    < 75 => await asker.SearchAsync(Texts.Question(town, variant), cancellationToken),
                    < 87 => await asker.UploadAsync(upload.Id, $"{Texts.Document(variant % 100_000)} The pilots call it {upload.Word}.", cancellationToken),
                    _ => await asker.StatusAsync(cancellationToken),
                };
                Samples.Add(sample);
                if (sample is { Kind: "upload", End: Ending.Ok or Ending.Degraded })
                    lock (_lock)
                        _acknowledged.Add((upload, sample.Start));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The measurement is over.
        }
    }
}
